//! From arguments to an exit code.

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use super::args::{Cli, Command};
use super::commands as c;
use super::context::Context;
use super::error::{self, Failure};
use crate::wire::error::{ApiError, ErrorCode};

/// Runs one command line, the program's name first, and returns the exit code.
#[must_use]
pub fn run(args: &[OsString]) -> u8 {
    clap_complete::CompleteEnv::with_factory(super::command).complete();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(answer) => return unparsed(&answer, args),
    };
    let (json, verbose) = (cli.global.json, cli.global.verbose);
    let context = Context::new(cli.global);
    let outcome = dispatch(cli.command, &context).and_then(|()| context.out.flush());
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            if let Failure::Error(error) = &failure {
                error::tell(error, json, verbose);
            }
            failure.exit_code()
        }
    }
}

/// Help and version are answers; everything else that is not understood is an error.
fn unparsed(answer: &clap::Error, args: &[OsString]) -> u8 {
    if !answer.use_stderr() {
        // Whoever does not read the help misses nothing else.
        let _ = answer.print();
        let _ = std::io::stdout().flush();
        return 0;
    }
    let json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    let error = error::of_clap(answer);
    error::tell(&error, json, false);
    error.code.exit_code()
}

/// Roles that have a runtime of their own run outside of ours.
fn dispatch(command: Option<Command>, context: &Context) -> Result<(), Failure> {
    match command {
        Some(Command::Supervisor(args)) => c::supervisor::run(&args),
        Some(Command::Host(args)) => c::host::run(&args),
        Some(Command::Hook(args)) => c::hook::run(&args),
        Some(Command::Mcp(_)) => c::mcp::run(context),
        Some(Command::WorkflowHost(_)) => c::workflow_host::run(),
        Some(Command::OneShot(args)) => c::one_shot::run(&args),
        Some(Command::Generate(args)) => c::generate::run(&args, context),
        Some(Command::DemoAgent(args)) => c::demo_agent::run(&args),
        Some(Command::Config(args)) => c::config::run(args, context),
        command => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|e| Failure::system("cannot begin", &e, "see the limits of this shell"))?;
            runtime.block_on(asynchronous(command, context))
        }
    }
}

async fn asynchronous(command: Option<Command>, context: &Context) -> Result<(), Failure> {
    match command {
        None => c::status::run(&c::status::StatusArgs::default(), context).await,
        Some(Command::Start(args)) => c::start::run(args, context).await,
        Some(Command::Stop(args)) => c::stop::run(&args, context).await,
        Some(Command::Status(args)) => c::status::run(&args, context).await,
        Some(Command::Spawn(args)) => c::spawn::run(args, context).await,
        Some(Command::RunAgent(args)) => c::run_agent::run(args, context).await,
        Some(Command::Send(args)) => c::send::run(args, context).await,
        Some(Command::Ls(args)) => c::ls::run(&args, context).await,
        Some(Command::Show(args)) => c::show::run(&args, context).await,
        Some(Command::Attach(args)) => c::attach::run(&args, context).await,
        Some(Command::Screen(args)) => c::screen::run(&args, context).await,
        Some(Command::Logs(args)) => c::logs::run(&args, context).await,
        Some(Command::Wait(args)) => c::wait::run(&args, context).await,
        Some(Command::Inbox(args)) => c::inbox::run(&args, context).await,
        Some(Command::Kill(args)) => c::kill::run(&args, context).await,
        Some(Command::Restore(args)) => c::restore::run(&args, context).await,
        Some(Command::Clean(args)) => c::clean::run(&args, context).await,
        Some(Command::RestoreWork(args)) => c::restore_work::run(&args, context).await,
        Some(Command::Orchestrator(args)) => c::orchestrator::run(args, context).await,
        Some(Command::Permit(args)) => c::permit::run(args, context).await,
        Some(Command::Project(args)) => c::project::run(args, context).await,
        Some(Command::Messages(args)) => c::messages::run(args, context).await,
        Some(Command::Report(args)) => c::report::run(&args, context).await,
        Some(Command::Result(args)) => c::result::run(&args, context).await,
        Some(Command::Usage(args)) => c::usage::run(args, context).await,
        Some(Command::Task(args)) => c::task::run(args, context).await,
        Some(Command::Scratchpad(args)) => c::scratchpad::run(args, context).await,
        Some(Command::Trace(args)) => c::trace::run(args, context).await,
        Some(Command::Events(args)) => c::events::run(args, context).await,
        Some(Command::Flow(args)) => c::flow::run(args, context).await,
        Some(Command::Workflow(args)) => c::workflow::run(args, context).await,
        Some(Command::Zellij(args)) => c::zellij::run(&args, context).await,
        Some(Command::Agents(args)) => c::agents::run(&args, context).await,
        Some(Command::Doctor(args)) => c::doctor::run(&args, context).await,
        Some(Command::Demo(args)) => c::demo::run(&args, context).await,
        Some(
            Command::Supervisor(_)
            | Command::Host(_)
            | Command::Hook(_)
            | Command::Mcp(_)
            | Command::WorkflowHost(_)
            | Command::OneShot(_)
            | Command::DemoAgent(_)
            | Command::Generate(_)
            | Command::Config(_),
        ) => {
            // `dispatch` has run these; said as an error rather than a panic.
            Err(ApiError::new(ErrorCode::Internal, "this command has no runtime", "", "").into())
        }
    }
}
