//! Makes a fresh worktree usable: links, copies, and the project's own commands, these only where a
//! person has agreed to exactly them. What `ao.toml` and `.worktreeinclude` of the main checkout say.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::config::{ProjectFile, SetupSection};
use crate::model::session::Step;
use crate::model::trust::Trust;
use crate::process::{self, Outcome, Program};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::projects::Project;
use crate::store::sessions::Session;
use crate::workspace;

use super::environment::Surroundings;
use super::prepare::{at, blocking};

/// By these a command's processes are known, as a session's are.
const MARKS: [&str; 3] = ["AO_SESSION_ID", "AO_GENERATION", "AO_DATA_DIR"];
/// Lines of a command's output in the error.
const LINES: usize = 5;

/// Sets the session's worktree up; returns lines for a person: what was left out, and why. Done
/// again it links and copies what is missing, and runs the commands anew.
///
/// # Errors
/// With what a command said last, when it fails or is over its time; nothing of it runs then.
pub(super) async fn set_up(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
    surroundings: &Surroundings,
) -> Result<Vec<String>, ServiceError> {
    at(Step::SetUp, all(world, request, project, session, surroundings).await)
}

async fn all(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
    surroundings: &Surroundings,
) -> Result<Vec<String>, ServiceError> {
    let (main, worktree) = (Path::new(&project.path), Path::new(&session.worktree));
    let checkout = main.to_owned();
    let setup = blocking(move || ProjectFile::load(&checkout)).await?.setup;
    let (from, to, paths) = (main.to_owned(), worktree.to_owned(), setup.symlinks.clone());
    let mut notices = blocking(move || workspace::link(&from, &to, &paths)).await?;
    let copied = workspace::include(&world.git, main, worktree).await?;
    notices.extend(copied.left_out);
    let trust = projects::trust_in(project, &setup);
    match trust {
        Trust::Nothing => {}
        Trust::Trusted => run_all(world, project, session, surroundings, &setup).await?,
        Trust::Untrusted | Trust::Changed => notices.push(untrusted(project, trust)),
    }
    let data = json!({
        "linked": setup.symlinks.len(),
        "copied": copied.files,
        "copied_bytes": copied.bytes,
        "commands": trust.as_str(),
        "notices": notices,
    });
    let (project, id) = (project.id.to_string(), session.id.to_string());
    world
        .store
        .write(request.origin(world.now()), move |change| {
            change.record("session.set_up", Some(&project), Some(&id), &data)
        })
        .await?;
    Ok(notices)
}

fn untrusted(project: &Project, trust: Trust) -> String {
    let why = match trust {
        Trust::Changed => "have changed since you agreed to them",
        _ => "are not trusted",
    };
    format!("the commands in ao.toml {why} and were not run: ao project trust {}", project.id)
}

async fn run_all(
    world: &Arc<World>,
    project: &Project,
    session: &Session,
    surroundings: &Surroundings,
    setup: &SetupSection,
) -> Result<(), ServiceError> {
    let bell = world.interrupts.bell(&session.id);
    let limit = Duration::from_secs(setup.timeout_s);
    let until = tokio::time::Instant::now() + limit;
    let mut env = surroundings.for_session(world, session, "");
    env.remove("AO_SESSION_TOKEN");
    env.insert("AO_MAIN_CHECKOUT".to_owned(), project.path.clone());
    for command in &setup.post_create {
        let argv = resolved(command, Path::new(&session.worktree), env.get("PATH"));
        let log = open_log(world, session).await?;
        let program = Program {
            argv: &argv,
            folder: Path::new(&session.worktree),
            environment: &env,
            marks: &MARKS,
        };
        let cut_short = async {
            tokio::select! {
                () = bell.rung() => {}
                () = tokio::time::sleep_until(until) => {}
            }
        };
        let ran = process::run(&program, log, cut_short).await?;
        let words = || (command.join(" "), last_lines(&ran.tail));
        match ran.outcome {
            Outcome::Ended(status) if status.success() => {}
            Outcome::Ended(status) => {
                let (command, said) = words();
                return Err(ServiceError::SetUp { command, how: status.to_string(), said });
            }
            Outcome::CutShort if tokio::time::Instant::now() < until => {
                return Err(ServiceError::Interrupted(session.id.to_string()));
            }
            Outcome::CutShort => {
                let (command, said) = words();
                let how = format!("not over within {} s", setup.timeout_s);
                return Err(ServiceError::SetUp { command, how, said });
            }
        }
    }
    Ok(())
}

/// A program of the worktree by its path there, any other from PATH; one that is not found is left
/// as it is, for the system to say so.
fn resolved(command: &[String], worktree: &Path, path: Option<&String>) -> Vec<String> {
    let mut argv = command.to_vec();
    if let Some(program) = argv.first_mut() {
        let found = if program.contains('/') {
            Some(worktree.join(&*program))
        } else {
            crate::agents::find_program(program, path.map(OsStr::new))
        };
        if let Some(found) = found.and_then(|found| found.into_os_string().into_string().ok()) {
            *program = found;
        }
    }
    argv
}

/// `set-up.log` of the session; all commands of one set-up are in one file.
async fn open_log(world: &World, session: &Session) -> Result<std::fs::File, ServiceError> {
    use std::os::unix::fs::OpenOptionsExt;
    let folder = world.paths.session_dir(&session.id);
    blocking(move || {
        crate::config::create_private_dir(&folder).map_err(ServiceError::from)?;
        let path = folder.join("set-up.log");
        let opened = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        opened.map_err(|source| ServiceError::File { path, source })
    })
    .await
}

/// The last lines that say something, on one line and without control characters.
fn last_lines(text: &str) -> String {
    let plain = |line: &str| line.chars().filter(|c| !c.is_control()).collect::<String>();
    let lines: Vec<String> =
        text.lines().map(plain).filter(|line| !line.trim().is_empty()).collect();
    match &lines[lines.len().saturating_sub(LINES)..] {
        [] => "it said nothing".to_owned(),
        last => last.join(" | "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_one_line() {
        assert_eq!(last_lines("a\n\n\x1b[1mb\n"), "a | [1mb");
        assert_eq!(last_lines("\n"), "it said nothing");
        let many: String = (0..9).map(|n| format!("{n}\n")).collect();
        assert_eq!(last_lines(&many), "4 | 5 | 6 | 7 | 8");
    }

    #[test]
    fn a_program_of_the_worktree_is_found_there() {
        let command = ["./set-up.sh", "x"].map(str::to_owned);
        assert_eq!(resolved(&command, Path::new("/w"), None), ["/w/./set-up.sh", "x"]);
        let command = ["no-such-program".to_owned()];
        assert_eq!(resolved(&command, Path::new("/w"), None), command);
    }
}
