//! From the services' errors to the wire's: a code, what failed, why, and what to do.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::config::ConfigError;
use crate::model::admission::Full;
use crate::services::ServiceError;
use crate::store::StoreError;
use crate::wire::error::{ApiError, ErrorBody, ErrorCode};
use crate::workspace::WorkspaceError;

use super::SupervisorError;
use super::identity::Unidentified;

/// An answer with a body, or an error.
pub fn answer<T: serde::Serialize>(result: Result<T, ApiError>) -> Response {
    match result {
        Ok(body) => Json(body).into_response(),
        Err(error) => error_response(error),
    }
}

/// An error as a response.
pub fn error_response(error: ApiError) -> Response {
    let status = StatusCode::from_u16(error.code.status())
        .expect("the statuses of error codes are statuses");
    (status, Json(ErrorBody { error })).into_response()
}

/// The error of `verb`, a fragment that reads after "failed to".
pub fn api_error(verb: &str, error: &ServiceError) -> ApiError {
    let (code, hint) = code_and_hint(error);
    let mut told = ApiError::new(code, format!("failed to {verb}"), error.to_string(), hint);
    if let ServiceError::Stale { current, .. } = error {
        told.current = Some(current.clone());
    }
    told
}

/// A caller who is not believed.
pub fn unidentified(error: &Unidentified) -> ApiError {
    match error {
        Unidentified::Refused(refusal) => ApiError::new(
            ErrorCode::Unverified,
            "refused the request",
            refusal.to_string(),
            "call ao from the terminal of the session itself, or from outside every session without AO_ variables",
        ),
        Unidentified::Failed(error) => api_error("find out who is calling", error),
    }
}

/// Why the supervisor does not come up.
pub fn startup(error: SupervisorError) -> ApiError {
    of_supervisor("failed to start the supervisor", error)
}

/// Why the database is not made anew.
pub fn rebuild(error: SupervisorError) -> ApiError {
    of_supervisor("failed to rebuild the database", error)
}

fn of_supervisor(what: &str, error: SupervisorError) -> ApiError {
    let reason = error.to_string();
    let (code, hint) = match &error {
        SupervisorError::Running { .. } => {
            (ErrorCode::Conflict, "`ao status` shows it; `ao stop` ends it".to_owned())
        }
        SupervisorError::NotWanted => {
            (ErrorCode::Conflict, "any command that needs one starts it".to_owned())
        }
        SupervisorError::InsideSession => {
            (ErrorCode::Unreachable, "start it from a terminal outside every session".to_owned())
        }
        SupervisorError::SocketTaken(_) => {
            (ErrorCode::Conflict, "set AO_SOCKET or AO_DATA_DIR to another place".to_owned())
        }
        SupervisorError::Config(_) => {
            (ErrorCode::Usage, "correct the setting, or see `ao doctor`".to_owned())
        }
        SupervisorError::Store(error) => store(error),
        SupervisorError::Service(error) => code_and_hint(error),
        SupervisorError::Host(_) | SupervisorError::Process(_) | SupervisorError::File { .. } => {
            (ErrorCode::System, "see `ao doctor`".to_owned())
        }
    };
    ApiError::new(code, what, reason, hint)
}

fn code_and_hint(error: &ServiceError) -> (ErrorCode, String) {
    use ServiceError as E;
    let (code, hint) = match error {
        E::NotFound { what, .. } => {
            return (
                ErrorCode::NotFound,
                format!("`ao {}` shows those there are", list_verb(what)),
            );
        }
        E::AgentMissing { installed, .. } => return (ErrorCode::AgentMissing, agents(installed)),
        E::Store(error) => return store(error),
        E::Workspace(error) => return workspace(error),
        E::Launch { error, .. } => return code_and_hint(error),
        E::Ended { id, .. } => return (ErrorCode::NotRunning, instead(id)),
        E::NotLive { .. } => (ErrorCode::NotRunning, "wait for it: ao wait ID --for live"),
        E::Usage(_) | E::Id(_) => (ErrorCode::Usage, "see the command's --help"),
        E::Script(_) => (ErrorCode::Refused, "`ao workflow check FILE` says what is wrong with it"),
        E::Flow(_) => (ErrorCode::Refused, "`ao flow check FILE` says what is wrong with a file"),
        E::UntrustedFlow { project, .. } => {
            let hint = format!(
                "look at it and agree: ao project trust {project}; or keep it with your own flows"
            );
            return (ErrorCode::Refused, hint);
        }
        E::UsedUp { id, raise, .. } => {
            return (ErrorCode::Limit, format!("raise it: ao flow resume {id} {raise}"));
        }
        E::NotFinished { id, .. } => {
            let run = run_of(id);
            let hint = format!("wait for it: ao {} result {run} --wait", noun(id));
            return (ErrorCode::NotRunning, hint);
        }
        E::NoResult { id, state, .. } => {
            let code =
                if *state == "failed" { ErrorCode::WorkFailed } else { ErrorCode::NotRunning };
            return (code, how_it_was(id));
        }
        E::Denied(_) => {
            (ErrorCode::Forbidden, "ask the person at the machine, or the orchestrator")
        }
        E::Full { full, .. } => (ErrorCode::Limit, room(full)),
        E::PermitOver { .. } => (ErrorCode::Conflict, "`ao permit ls` shows those that wait"),
        E::Registered { .. } => (ErrorCode::Conflict, "`ao project ls` shows it"),
        E::InUse { .. } => (ErrorCode::Conflict, "end them first: ao kill ID, ao workflow stop ID"),
        E::SetUp { .. } => {
            (ErrorCode::Program, "correct [setup] in ao.toml or what it calls; then again")
        }
        E::Interrupted(_) => (ErrorCode::NotRunning, "`ao events` tells who ended it"),
        E::Joined(_) => (ErrorCode::System, "`ao events` tells more; then try again"),
        E::TrustChanged(_) => (ErrorCode::Conflict, "look at them again: ao project trust"),
        E::NotEnded { .. } => (ErrorCode::System, "`ao doctor` names the processes"),
        E::Stale { now, .. } => return (ErrorCode::Conflict, now.clone()),
        E::Timeout(_) => {
            (ErrorCode::Timeout, "nothing is lost; wait again, or with a longer --timeout")
        }
        E::NoInterrupt(_) => (ErrorCode::Refused, "send it without --interrupt"),
        E::NoZellij(_) => {
            (ErrorCode::Program, "install zellij 0.44 or newer, or use `ao attach ID`")
        }
        E::Text(crate::model::message::TextError::TooLarge(_)) => {
            (ErrorCode::TooLarge, "put it into a file and send the file's path")
        }
        E::Text(_) => (ErrorCode::Usage, "give a text with at least one visible character"),
        E::Host(_) => (ErrorCode::System, "`ao show ID` says what is known of the session"),
        E::Panes(_) => {
            (ErrorCode::Program, "`ao doctor` checks zellij; `ao attach ID` works without")
        }
        E::Agents(_) => {
            (ErrorCode::Usage, "see the agent's manifest in the configuration directory")
        }
        E::Config(ConfigError::Text { .. }) => {
            (ErrorCode::Refused, "correct that line; nothing has been changed")
        }
        E::Config(_) => (ErrorCode::System, "`ao doctor` checks the directories"),
        E::Process(_) | E::File { .. } => (ErrorCode::System, "see the supervisor's log"),
        E::Prompt(_) | E::CutOff(_) => (ErrorCode::Internal, "see the supervisor's log"),
    };
    (code, hint.to_owned())
}

/// What an id is of: the prefix says it.
fn noun(id: &str) -> &'static str {
    match id.split_once('-') {
        Some(("fl", _)) => "flow",
        Some(("sa", _)) => "subagent",
        _ => "workflow",
    }
}

/// Of the name of a step the run's.
fn run_of(id: &str) -> &str {
    id.split_once(' ').map_or(id, |(run, _)| run)
}

/// What can be done instead with what has ended.
fn instead(id: &str) -> String {
    if id.starts_with("fl-") {
        return format!(
            "`ao flow show {id}` shows how; `ao flow retry {id} STEP` has a step done again"
        );
    }
    if id.starts_with("wf-") {
        return format!(
            "`ao workflow status {id}` shows how; `ao workflow run … --resume-from {id}` takes what \
             it has"
        );
    }
    "spawn a new one; `ao ls --all` shows the ended ones".to_owned()
}

/// Where more is told of what ended without a result.
fn how_it_was(id: &str) -> String {
    match noun(id) {
        "flow" => format!("`ao flow show {}` tells more", run_of(id)),
        "subagent" => format!("`ao subagent status {id}` tells more; start another one"),
        _ => format!("`ao workflow logs {id}` tells more"),
    }
}

fn store(error: &StoreError) -> (ErrorCode, String) {
    let (code, hint) = match error {
        StoreError::Newer { .. } => {
            (ErrorCode::Incompatible, "use the newer ao; this one has changed nothing")
        }
        StoreError::Damaged { .. } => (
            ErrorCode::System,
            "nothing is changed; `ao stop`, then `ao doctor --rebuild` makes a new one of what can be \
             read and keeps the damaged file",
        ),
        StoreError::NoSpace => (ErrorCode::System, "free some space; nothing was accepted"),
        StoreError::Busy => (ErrorCode::System, "end the program that has the database open"),
        StoreError::NotFound { .. } => {
            (ErrorCode::NotFound, "`ao ls --all` and `ao project ls` show what there is")
        }
        StoreError::Exists { .. } => (ErrorCode::Conflict, "choose another name"),
        StoreError::KeyReused { .. } => (ErrorCode::Conflict, "use a new key for a new request"),
        StoreError::QueueFull { .. } => {
            (ErrorCode::Limit, "`ao messages --session ID` shows what is waiting, and why")
        }
        StoreError::SubagentsFull { .. } => {
            (ErrorCode::Limit, "wait for one of them, or end one: `ao subagent ls`")
        }
        StoreError::TooLarge { .. } => {
            (ErrorCode::TooLarge, "leave it in a file and name the file")
        }
        StoreError::TooFast(_) => {
            (ErrorCode::Limit, "wait a little; say more in one message instead of more messages")
        }
        StoreError::Transition(_)
        | StoreError::MessageState { .. }
        | StoreError::RunState { .. } => {
            (ErrorCode::Conflict, "look again: it has changed meanwhile")
        }
        StoreError::Stale { .. } => (ErrorCode::Conflict, "look again: it has changed meanwhile"),
        StoreError::TaskState { .. } => {
            (ErrorCode::Conflict, "`ao task show ID` says how it stands")
        }
        StoreError::TaskCycle { .. } => (ErrorCode::Refused, "leave one of these dependencies out"),
        StoreError::BoardFull { .. } => (ErrorCode::Limit, "`ao task ls` shows them; cancel some"),
        StoreError::ScratchpadFull { .. } => {
            (ErrorCode::Limit, "remove some: ao scratchpad rm KEY")
        }
        StoreError::Value { .. } | StoreError::Stopped => {
            (ErrorCode::Internal, "see the supervisor's log")
        }
        StoreError::Sqlite(_) | StoreError::File { .. } => {
            (ErrorCode::System, "`ao doctor` checks the data directory")
        }
    };
    (code, hint.to_owned())
}

fn workspace(error: &WorkspaceError) -> (ErrorCode, String) {
    use WorkspaceError as W;
    let (code, hint) = match error {
        W::MissingPath(_) | W::NotARepository(_) => {
            (ErrorCode::Refused, "give the path of a git repository, or make one: git init")
        }
        W::Bare(_) => (ErrorCode::Refused, "clone it to where there is a checkout"),
        W::UnbornHead(_) => {
            (ErrorCode::Refused, "make a first commit: git commit --allow-empty -m start")
        }
        W::NoSuchBranch(_) | W::NoSuchBase(_) => {
            (ErrorCode::Refused, "`git branch` shows those there are")
        }
        W::NoUpstream(_) => (
            ErrorCode::Refused,
            "leave --fetch out, or: git branch --set-upstream-to REMOTE/BRANCH BRANCH",
        ),
        W::NoDefaultBranch(_) => {
            (ErrorCode::Refused, "name one: ao project add PATH --default-branch NAME")
        }
        W::BranchExists(_) | W::BranchCheckedOut { .. } | W::DefaultBranch(_) => {
            (ErrorCode::Conflict, "choose another name: --branch NAME")
        }
        W::BadBranchName { .. } => (ErrorCode::Usage, "choose another name: --branch NAME"),
        W::Unsupported { .. } => (ErrorCode::Refused, "use a clone without that extension"),
        W::ForeignRepository(_) => {
            (ErrorCode::Refused, "git config --global --add safe.directory PATH, if you trust it")
        }
        W::PathTaken(_) => {
            (ErrorCode::Conflict, "move away what is there; what was preserved stays preserved")
        }
        W::NothingPreserved(_) => {
            (ErrorCode::NotFound, "`ao events --session ID --kind session.clean` tells what was")
        }
        W::Changed { .. } => {
            (ErrorCode::Conflict, "end what works in it, then try again; nothing was removed")
        }
        W::NotScanned | W::NotPreserved(_) => {
            (ErrorCode::Internal, "nothing was removed; see the supervisor's log")
        }
        W::NotOurs { .. } => {
            (ErrorCode::Refused, "look at it with git; ao touches only what it made")
        }
        _ => (ErrorCode::Program, "the words are git's; nothing was left half-made"),
    };
    (code, hint.to_owned())
}

/// How there can be room.
fn room(full: &Full) -> &'static str {
    match full {
        Full::Depth { .. } => "ask the person at the machine, who may raise limits.spawn_depth",
        Full::Spawner { .. } => {
            "end a worker, wait in line (--queue), or ask the person to raise \
             limits.orchestrator_sessions"
        }
        Full::Project { .. } => {
            "end a session, wait in line (--queue), or raise limits.sessions_per_project and \
             [limits] sessions in ao.toml"
        }
        Full::Machine { .. } => {
            "end a session, wait in line (--queue), or raise the setting limits.sessions"
        }
        Full::Memory { .. } => "wait in line (--queue), or lower the setting limits.memory_mb",
        Full::Load { .. } => "wait in line (--queue), or raise the setting limits.load_per_cpu",
        Full::Descriptors { .. } => {
            "end a session, or start the supervisor with a higher limit (ulimit -n)"
        }
        Full::Waiting { .. } => "wait in line: --queue",
        Full::Queue { .. } => {
            "end what waits (ao ls), or raise the setting limits.waiting_sessions"
        }
    }
}

fn list_verb(what: &str) -> &'static str {
    match what {
        "project" => "project ls",
        "message" => "messages",
        "workflow" => "workflow list",
        "workflow run" => "workflow status",
        "flow" => "flow ls",
        "flow run" | "gate that waits in" => "flow ls --runs",
        "agent" => "workflow agents RUN",
        "task" | "result of" => "task ls",
        "key" => "scratchpad ls",
        _ => "ls --all",
    }
}

fn agents(installed: &[String]) -> String {
    if installed.is_empty() {
        return "install it, or run any command: -- CMD ARGS".to_owned();
    }
    format!("install it, or choose one that is: --agent {}", installed.join(", "))
}
