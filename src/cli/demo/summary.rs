//! What a run came to: for people three tables, for programs one object.

use serde::Serialize;

use super::checks::Check;
use super::facts::Facts;
use super::repository::Commit;
use super::stage::Stage;
use crate::cli::error::Failure;
use crate::cli::output::{Printer, Table, messages, sessions};
use crate::config::Environment;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::message::MessageView;
use crate::wire::session::SessionView;

/// The shape of `ao demo --json`.
#[derive(Debug, Serialize)]
pub struct Summary {
    ok: bool,
    elapsed_s: f64,
    checks: Vec<Check>,
    sessions: Vec<SessionView>,
    messages: Vec<MessageView>,
    commits: Vec<Commit>,
    /// Where everything was left, and how it is ended.
    kept: Option<Kept>,
}

/// What `--keep` leaves.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    directory: String,
    data_dir: String,
    config_dir: String,
    repository: String,
    program: String,
}

impl Kept {
    /// What is left of this place.
    pub fn of(stage: &Stage) -> Self {
        Self {
            directory: stage.root().display().to_string(),
            data_dir: stage.paths.data().display().to_string(),
            config_dir: stage.paths.config().display().to_string(),
            repository: stage.repository().display().to_string(),
            program: program(&stage.environment),
        }
    }

    /// How to look at it and how to end it.
    pub fn lines(&self, panes: bool) -> String {
        let program = &self.program;
        let panes = if panes {
            format!("  {program} zellij demo           all terminals; Alt-q leaves them\n")
        } else {
            String::new()
        };
        format!(
            "Everything is left in {directory}, its supervisor and agents running.\n\nTo look at it:\n\
             \x20 export AO_DATA_DIR={data} AO_CONFIG_DIR={config}\n\
             \x20 {program} status\n\
             \x20 {program} attach demo-1         its terminal; Ctrl-] d leaves it\n{panes}\
             \nTo end it, in the same shell:\n\
             \x20 {program} stop --sessions --yes && rm -r {directory}\n",
            directory = self.directory,
            data = self.data_dir,
            config = self.config_dir,
        )
    }
}

/// `ao`, where that is this program; else its path.
fn program(environment: &Environment) -> String {
    let own = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let path = environment.get("PATH").unwrap_or_default();
    let first = std::env::split_paths(path).map(|dir| dir.join("ao")).find(|file| file.exists());
    match own {
        Some(own) if first.and_then(|file| file.canonicalize().ok()).as_ref() != Some(&own) => {
            own.display().to_string()
        }
        _ => "ao".to_owned(),
    }
}

/// Prints what came of the run.
pub fn print(
    out: &Printer,
    facts: Facts,
    checks: Vec<Check>,
    kept: Option<Kept>,
    elapsed_s: f64,
) -> Result<(), Failure> {
    let summary = Summary {
        ok: checks.iter().all(|check| check.ok),
        elapsed_s: (elapsed_s * 1000.0).round() / 1000.0,
        checks,
        sessions: facts.sessions,
        messages: facts.messages,
        commits: facts.commits,
        kept,
    };
    let ids: Vec<&str> = summary.sessions.iter().map(|session| session.id.as_str()).collect();
    out.result(&summary, &ids, || tables(out, &summary))?;
    out.flush()
}

fn tables(out: &Printer, summary: &Summary) -> Result<(), Failure> {
    out.line("")?;
    out.table(&sessions::table("SESSION", &summary.sessions, 0))?;
    out.line("")?;
    out.table(&messages::table(&summary.messages))?;
    out.line("")?;
    let mut commits = Table::new(&["COMMIT", "BRANCH", "SUBJECT"]);
    for commit in &summary.commits {
        commits.row(&[&commit.id, &commit.branch, &commit.subject]);
    }
    out.table(&commits)?;
    out.line("")?;
    for check in &summary.checks {
        let mark = if check.ok { "ok    " } else { "FAILED" };
        let found = if check.ok { String::new() } else { format!(" ({})", check.found) };
        out.line(&format!("{mark}  {}{found}", check.what))?;
    }
    Ok(())
}

/// The end of a run that did not do what it should.
pub fn failure(why: &str, kept: bool) -> Failure {
    let hint = if kept {
        "`ao events`, `ao screen` and `ao logs` tell more"
    } else {
        "`ao demo --keep` leaves everything for looking at; `ao doctor` checks the set-up"
    };
    ApiError::new(ErrorCode::WorkFailed, "the demo did not come to its end", why, hint).into()
}
