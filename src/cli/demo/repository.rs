//! The demonstration's repository: made with a first commit, read at the end. By git itself, for
//! what is shown shall not be ao's own word.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::process::Command;

use super::stage::{DEFAULT_BRANCH, Stage};
use crate::cli::error::Failure;
use crate::wire::error::{ApiError, ErrorCode};

/// How long git may take over any of this; it takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(20);

/// An identity, and nothing of the person's own settings that would sign or check commits.
const SETTINGS: &str = "[user]\n\tname = ao demo\n\temail = demo@localhost\n[commit]\n\tgpgSign = \
                        false\n[core]\n\thooksPath = /dev/null\n[gc]\n\tauto = 0\n";

const FILES: [(&str, &str); 3] = [
    ("README.md", include_str!("script/README.md")),
    ("tasks/greeting.md", include_str!("script/tasks/greeting.md")),
    ("tasks/farewell.md", include_str!("script/tasks/farewell.md")),
];

/// A commit on a worker's branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commit {
    /// The branch.
    pub branch: String,
    /// Its hash, shortened.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
}

/// Makes the repository with the tasks in it.
pub async fn make(stage: &Stage) -> Result<(), Failure> {
    let repository = stage.repository();
    let io = |e: std::io::Error| {
        Failure::system("cannot make the demo's repository", &e, "set TMPDIR to another directory")
    };
    std::fs::create_dir(&repository).map_err(io)?;
    git(stage, &["init", "--quiet"]).await?;
    let head = format!("refs/heads/{DEFAULT_BRANCH}");
    git(stage, &["symbolic-ref", "HEAD", &head]).await?;
    append(&repository.join(".git/config"), SETTINGS).map_err(io)?;
    for (name, text) in FILES {
        let file = repository.join(name);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        std::fs::write(file, text).map_err(io)?;
    }
    git(stage, &["add", "--all"]).await?;
    git(stage, &["commit", "--quiet", "--message", "Describe the tasks"]).await?;
    Ok(())
}

/// The commits of a branch that the default branch does not have, oldest first.
pub async fn commits(stage: &Stage, branch: &str) -> Result<Vec<Commit>, Failure> {
    let range = format!("{DEFAULT_BRANCH}..{branch}");
    let log = git(stage, &["log", "--reverse", "--format=%h%x09%s", &range, "--"]).await?;
    let commit = |line: &str| {
        let (id, subject) = line.split_once('\t')?;
        Some(Commit { branch: branch.to_owned(), id: id.into(), subject: subject.into() })
    };
    Ok(log.lines().filter_map(commit).collect())
}

/// The names of the files that a branch has and the default branch has not.
pub async fn new_files(stage: &Stage, branch: &str) -> Result<Vec<String>, Failure> {
    let arguments = ["diff", "--name-only", "--diff-filter=A", DEFAULT_BRANCH, branch, "--"];
    Ok(git(stage, &arguments).await?.lines().map(str::to_owned).collect())
}

fn append(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    std::fs::OpenOptions::new().append(true).open(file)?.write_all(text.as_bytes())
}

async fn git(stage: &Stage, arguments: &[&str]) -> Result<String, Failure> {
    let failed = |why: String| -> Failure {
        let what = format!("git {} failed", arguments.first().copied().unwrap_or_default());
        ApiError::new(ErrorCode::Program, what, why, "the demo needs git; `ao doctor` looks for it")
            .into()
    };
    let run = Command::new("git")
        .args(arguments)
        .current_dir(stage.repository())
        .env_clear()
        .envs(stage.environment.variables())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(DEADLINE, run).await {
        Ok(output) => output.map_err(|e| failed(format!("git cannot be started: {e}")))?,
        Err(_) => return Err(failed(format!("it took over {} s", DEADLINE.as_secs()))),
    };
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
