//! The command line as a whole: global options and the list of commands.

use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::ArgValueCandidates;

use super::candidates;
use super::commands::{
    agents, attach, clean, config, demo, demo_agent, doctor, events, flow, generate, hook, host,
    inbox, kill, logs, ls, mcp, messages, one_shot, orchestrator, permit, project, report, restore,
    restore_work, result, run_agent, scratchpad, screen, send, show, spawn, start, status, stop,
    supervisor, task, trace, usage, wait, workflow, workflow_host, zellij,
};

/// Runs a team of coding agents: one orchestrator and its workers per repository
///
/// Every session is a real agent in a git worktree, on a branch and in a terminal of its own. A
/// supervisor in the background keeps them; commands that need it start it. Without a command the
/// status is shown.
#[derive(Debug, Parser)]
#[command(name = "ao", version, max_term_width = 100, after_long_help = AFTER_HELP)]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  the work failed, or an internal error (the error's code tells)
  2  usage, or refused before it began
  3  not found, or no longer running
  4  a limit: queue full, too large
  5  conflict: exists already, or changed meanwhile
  6  the wait timed out
  7  forbidden
  8  the supervisor is unreachable or of another version
  9  another program or the system failed: git, zellij, the agent, no space left

Errors go to standard error in three lines: what failed, why, what to do. With --json it is one
line: {\"error\":{\"code\",\"message\",\"reason\",\"hint\",\"request_id\"}}.

Environment:
  AO_DATA_DIR    the data directory, instead of the platform's
  AO_CONFIG_DIR  the configuration directory, instead of the platform's
  AO_SOCKET      the supervisor's socket
  NO_COLOR       no colours";

/// Options of all commands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Print JSON, in one stable shape per command, also for errors
    #[arg(long, global = true)]
    pub json: bool,
    /// Print ids only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// The project [default: the session's, else that of the current folder]
    #[arg(long, global = true, value_name = "ID",
        add = ArgValueCandidates::new(candidates::projects))]
    pub project: Option<String>,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Say more: with an error the id of its request, to be found in the supervisor's log
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// Makes repeating a command safe.
#[derive(Debug, Clone, Default, Args)]
pub struct Key {
    /// Do it once for this key, however often it is asked
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // One value per process; boxes would only hide the fields.
pub enum Command {
    Start(start::StartArgs),
    Stop(stop::StopArgs),
    Status(status::StatusArgs),
    Spawn(spawn::SpawnArgs),
    RunAgent(run_agent::RunAgentArgs),
    Send(send::SendArgs),
    Ls(ls::LsArgs),
    Show(show::ShowArgs),
    Attach(attach::AttachArgs),
    Screen(screen::ScreenArgs),
    Logs(logs::LogsArgs),
    Wait(wait::WaitArgs),
    Kill(kill::KillArgs),
    Restore(restore::RestoreArgs),
    Clean(clean::CleanArgs),
    RestoreWork(restore_work::RestoreWorkArgs),
    Orchestrator(orchestrator::OrchestratorArgs),
    Permit(permit::PermitArgs),
    Project(project::ProjectArgs),
    Inbox(inbox::InboxArgs),
    Messages(messages::MessagesArgs),
    Report(report::ReportArgs),
    Result(result::ResultArgs),
    Task(task::TaskArgs),
    Scratchpad(scratchpad::ScratchpadArgs),
    Flow(flow::FlowArgs),
    Trace(trace::TraceArgs),
    Usage(usage::UsageArgs),
    Events(events::EventsArgs),
    Workflow(workflow::WorkflowArgs),
    Zellij(zellij::ZellijArgs),
    Agents(agents::AgentsArgs),
    Doctor(doctor::DoctorArgs),
    Config(config::ConfigArgs),
    Generate(generate::GenerateArgs),
    Demo(demo::DemoArgs),
    DemoAgent(demo_agent::DemoAgentArgs),
    Supervisor(supervisor::SupervisorArgs),
    Host(host::HostArgs),
    WorkflowHost(workflow_host::WorkflowHostArgs),
    OneShot(one_shot::OneShotArgs),
    Hook(hook::HookArgs),
    Mcp(mcp::McpArgs),
}

/// The command line as clap knows it: for completions, man pages and the check of the prompts.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// `30`, `1.5`, `30s`, `5m`, `2h`: seconds where no unit is given.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let value: f64 =
        number.parse().map_err(|_| "a number of seconds, or 30s, 5m, 2h".to_owned())?;
    Duration::try_from_secs_f64(value * unit).map_err(|_| "a time from 0 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn durations() {
        for (text, seconds) in
            [("30", 30.0), ("1.5", 1.5), ("2s", 2.0), ("5m", 300.0), ("1h", 3600.0)]
        {
            assert_eq!(duration(text).unwrap().as_secs_f64(), seconds, "{text}");
        }
        for bad in ["", "s", "-1", "x", "1d", "nan", "inf", "é"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_changing_command_takes_a_key() {
        let root = command();
        for path in [
            &["start"][..],
            &["stop"],
            &["spawn"],
            &["send"],
            &["kill"],
            &["restore"],
            &["clean"],
            &["restore-work"],
            &["report"],
            &["orchestrator", "start"],
            &["orchestrator", "send"],
            &["orchestrator", "stop"],
            &["orchestrator", "relaunch"],
            &["project", "add"],
            &["project", "set"],
            &["project", "trust"],
            &["project", "rm"],
            &["workflow", "run"],
            &["workflow", "stop"],
            &["workflow", "pause"],
            &["workflow", "resume"],
            &["task", "add"],
            &["task", "claim"],
            &["task", "update"],
            &["task", "done"],
            &["task", "fail"],
            &["task", "release"],
            &["task", "cancel"],
            &["scratchpad", "put"],
            &["scratchpad", "rm"],
        ] {
            let mut at = &root;
            for name in path {
                at = at.find_subcommand(name).unwrap();
            }
            assert!(at.get_arguments().any(|a| a.get_id() == "idempotency_key"), "{path:?}");
        }
    }
}
