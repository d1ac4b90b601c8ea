//! Runs git itself: an argument list, a scrubbed environment, no hooks, no terminal, a deadline.
//! Used for every change, and for reading what libgit2 cannot judge (filters, status).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::WorkspaceError;
use super::locks::GitLock;
use crate::config::Environment;

/// Most that is kept of standard output, in bytes; the status of a big repository fits.
const OUTPUT_LIMIT: usize = 16 << 20;

/// Most that is kept of git's own words, in bytes.
const WORDS_LIMIT: usize = 4 << 10;

/// How long git has to clean up after itself when its time is over.
const GRACE: Duration = Duration::from_secs(1);

/// How long one that nobody waits for any more may finish by itself. Ended by a signal at the wrong
/// moment, git leaves a lock file of the whole repository behind (seen with 2.47: one of six), and
/// most of what it does takes less than this.
const LEFT: Duration = Duration::from_secs(2);

/// Configuration that no repository and no user overrides: nothing of a repository runs as us,
/// and nothing is left running in the background.
const CONFIGURATION: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    // Relative worktrees set an extension that locks older readers out of the repository.
    "worktree.useRelativePaths=false",
];

/// How long git may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// For reading: status.
    pub read: Duration,
    /// For changes: adding a worktree, checking out.
    pub change: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { read: Duration::from_secs(10), change: Duration::from_secs(120) }
    }
}

/// The git program with the environment it gets.
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
    environment: BTreeMap<OsString, OsString>,
    deadlines: Deadlines,
}

/// What git said.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) stdout: Vec<u8>,
    /// Standard output was longer than what is kept.
    pub(super) cut: bool,
}

impl Git {
    /// The first git on the environment's PATH.
    ///
    /// # Errors
    /// [`WorkspaceError::GitMissing`].
    pub fn find(environment: &Environment) -> Result<Self, WorkspaceError> {
        let path = environment.get("PATH").ok_or(WorkspaceError::GitMissing)?;
        let program = std::env::split_paths(path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join("git"))
            .find(|file| is_executable(file))
            .ok_or(WorkspaceError::GitMissing)?;
        Ok(Self {
            program,
            environment: scrubbed(environment.variables()),
            deadlines: Deadlines::default(),
        })
    }

    /// The same with other deadlines.
    #[must_use]
    pub fn with_deadlines(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }

    /// The deadlines of this git.
    #[must_use]
    pub fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    /// Runs a reading command in `directory`.
    pub(super) async fn read<S: AsRef<OsStr>>(
        &self,
        directory: &Path,
        arguments: &[S],
    ) -> Result<Output, WorkspaceError> {
        self.run(directory, arguments, Stdio::null(), self.deadlines.read).await
    }

    /// Runs a changing command in `directory`. It keeps `lock` for as long as it lives, so that
    /// whoever comes after a supervisor that was killed can wait for it.
    pub(super) async fn change<S: AsRef<OsStr>>(
        &self,
        directory: &Path,
        arguments: &[S],
        lock: &GitLock,
    ) -> Result<Output, WorkspaceError> {
        self.run(directory, arguments, lock.as_stdin()?, self.deadlines.change).await
    }

    /// Runs a command that waits for the network, in `directory`.
    pub(super) async fn network<S: AsRef<OsStr>>(
        &self,
        directory: &Path,
        arguments: &[S],
    ) -> Result<Output, WorkspaceError> {
        self.run(directory, arguments, Stdio::null(), self.deadlines.change).await
    }

    async fn run<S: AsRef<OsStr>>(
        &self,
        directory: &Path,
        arguments: &[S],
        stdin: Stdio,
        deadline: Duration,
    ) -> Result<Output, WorkspaceError> {
        let name = command_name(arguments);
        let mut command = Command::new(&self.program);
        for setting in CONFIGURATION {
            command.arg("-c").arg(setting);
        }
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .envs(&self.environment)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let child = command.spawn().map_err(WorkspaceError::io("start", &self.program))?;
        let Some(ended) = Running::new(child).within(deadline).await else {
            return Err(WorkspaceError::Deadline { command: name, after: deadline });
        };
        let (status, output, words) =
            ended.map_err(WorkspaceError::io("hear from", &self.program))?;
        if status.success() {
            return Ok(output);
        }
        Err(WorkspaceError::Git { command: name, words: own_words(&words, status) })
    }
}

/// What a git that has ended leaves: its status, its output, its words.
type Ended = io::Result<(ExitStatus, Output, Vec<u8>)>;

/// A child that leads a process group of its own; the group is killed when this is dropped before
/// the child has ended.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    fn new(child: Child) -> Self {
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Self { child, group }
    }

    /// Its end, or nothing after the deadline. Where nobody waits for this any more it may finish
    /// for a moment, and is ended then; until it has ended it keeps the lock that it was given.
    async fn within(mut self, deadline: Duration) -> Option<Ended> {
        let (waits, mut is_left) = oneshot::channel::<()>();
        let work = tokio::spawn(async move {
            let ended = {
                let finish = self.finish();
                tokio::pin!(finish);
                tokio::select! {
                    ended = tokio::time::timeout(deadline, &mut finish) => ended.ok(),
                    _ = &mut is_left => tokio::time::timeout(LEFT, &mut finish).await.ok(),
                }
            };
            if ended.is_none() {
                self.kill().await;
            }
            ended
        });
        let ended = work.await;
        drop(waits);
        ended.unwrap_or_else(|cut_off| Some(Err(io::Error::other(cut_off))))
    }

    async fn finish(&mut self) -> Ended {
        let stdout = self.child.stdout.take();
        let stderr = self.child.stderr.take();
        let (stdout, stderr) =
            tokio::try_join!(read_capped(stdout, OUTPUT_LIMIT), read_capped(stderr, WORDS_LIMIT))?;
        let status = self.child.wait().await?;
        // Reaped: the number may belong to somebody else from now on.
        self.group = None;
        Ok((status, Output { stdout: stdout.0, cut: stdout.1 }, stderr.0))
    }

    /// Asks first: git takes its lock files away when it is asked to end.
    async fn kill(&mut self) {
        if let Some(group) = self.group {
            // It may have ended just now; there is nothing else to do about an error.
            let _ = kill_process_group(group, Signal::TERM);
            let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        }
        // The leader may be gone, its children not.
        self.end_group();
        // Killed, so this returns as soon as the system has taken note.
        let _ = self.child.wait().await;
    }

    fn end_group(&mut self) {
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end_group();
    }
}

/// All of a stream, of which `limit` bytes are kept; whether there was more.
async fn read_capped<R: AsyncRead + Unpin>(
    stream: Option<R>,
    limit: usize,
) -> io::Result<(Vec<u8>, bool)> {
    let Some(mut stream) = stream else { return Ok((Vec::new(), false)) };
    let mut kept = Vec::new();
    (&mut stream).take(limit as u64).read_to_end(&mut kept).await?;
    let rest = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok((kept, rest > 0))
}

/// The environment without whatever steers git, speaking English and asking nobody.
fn scrubbed(variables: &BTreeMap<OsString, OsString>) -> BTreeMap<OsString, OsString> {
    let steers = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_");
    let mut environment: BTreeMap<OsString, OsString> = variables
        .iter()
        .filter(|(name, _)| !steers(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (name, value) in [
        ("LC_ALL", "C"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_EDITOR", "false"),
    ] {
        environment.insert(name.into(), value.into());
    }
    environment
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// The subcommand with its own first word: `worktree add`.
fn command_name<S: AsRef<OsStr>>(arguments: &[S]) -> String {
    let words = arguments.iter().map(|a| a.as_ref().to_string_lossy());
    let words = words.skip_while(|w| w.starts_with('-'));
    let plain: Vec<_> = words.take(2).take_while(|w| !w.starts_with('-')).collect();
    let two = plain.first().is_some_and(|w| w == "worktree");
    plain.into_iter().take(if two { 2 } else { 1 }).collect::<Vec<_>>().join(" ")
}

/// What git wrote, on one line and without control characters, or how it ended.
fn own_words(stderr: &[u8], status: ExitStatus) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let line: String = lines.join("; ").chars().filter(|c| !c.is_control()).collect();
    if line.is_empty() { status.to_string() } else { line }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn fake(directory: &Path, script: &str) -> Git {
        let program = directory.join("git");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", directory.display());
        let environment = Environment::of([("PATH", path.as_str()), ("GIT_DIR", "/x")]);
        let deadlines =
            Deadlines { read: Duration::from_millis(300), change: Duration::from_millis(300) };
        Git::find(&environment).unwrap().with_deadlines(deadlines)
    }

    #[tokio::test]
    async fn the_environment_is_scrubbed_and_input_is_empty() {
        let root = tempfile::tempdir().unwrap();
        let git = fake(root.path(), "cat; env; echo \"$@\"");
        let output = git.read(root.path(), &["status"]).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("GIT_DIR"), "{text}");
        assert!(text.contains("GIT_TERMINAL_PROMPT=0") && text.contains("LC_ALL=C"), "{text}");
        assert!(text.contains("-c core.hooksPath=/dev/null"), "{text}");
    }

    #[tokio::test]
    async fn what_hangs_is_killed_with_its_children() {
        let root = tempfile::tempdir().unwrap();
        // Long enough for a busy machine to have started the child by then.
        let second = Duration::from_secs(1);
        let git = fake(root.path(), "sleep 300 & echo $! > pid; wait")
            .with_deadlines(Deadlines { read: second, change: second });
        let error = git.read(root.path(), &["status", "-z"]).await.unwrap_err();
        assert!(matches!(&error, WorkspaceError::Deadline { command, .. } if command == "status"));
        let pid = fs::read_to_string(root.path().join("pid")).unwrap();
        // The kill has been sent; the kernel carries it out in its own time.
        let pid = pid.trim().parse().unwrap();
        let Some(child) = crate::process::ProcessId::observe(pid) else { return };
        let late = tokio::time::Instant::now() + Duration::from_secs(5);
        while child.is_alive() != crate::process::Evidence::Gone {
            assert!(tokio::time::Instant::now() < late, "the child of a killed git lives on");
            tokio::task::yield_now().await;
        }
    }

    /// It may finish, is then asked to end, and may take its lock files away.
    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_ended_gently() {
        let root = tempfile::tempdir().unwrap();
        let script = "trap 'rm ref.lock; exit 1' TERM; touch ref.lock; sleep 300 & wait";
        let git = fake(root.path(), script);
        let lock = root.path().join("ref.lock");
        let is_there = |wanted: bool| {
            let lock = lock.clone();
            async move {
                while lock.exists() != wanted {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        };
        tokio::select! {
            ended = git.read(root.path(), &["update-ref"]) => panic!("{ended:?}"),
            () = is_there(true) => {}
        }
        let gone = tokio::time::timeout(Duration::from_secs(5), is_there(false)).await;
        assert!(gone.is_ok(), "the lock file is still there");
    }

    #[tokio::test]
    async fn its_own_words_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let git = fake(root.path(), "echo 'fatal: no' >&2; echo ' really' >&2; exit 128");
        let error = git.read(root.path(), &["worktree", "add", "x"]).await.unwrap_err();
        assert_eq!(error.to_string(), "git worktree add: fatal: no; really");
        let git = fake(root.path(), "exit 3");
        let error = git.read(root.path(), &["status"]).await.unwrap_err();
        assert_eq!(error.to_string(), "git status: exit status: 3");
    }

    #[tokio::test]
    async fn long_output_is_cut_and_does_not_block() {
        let root = tempfile::tempdir().unwrap();
        let git = fake(root.path(), "head -c 17000000 /dev/zero; head -c 100000 /dev/zero >&2")
            .with_deadlines(Deadlines::default());
        let output = git.read(root.path(), &["status"]).await.unwrap();
        assert!(output.cut);
        assert_eq!(output.stdout.len(), OUTPUT_LIMIT);
    }

    #[test]
    fn no_git_is_a_typed_error() {
        let none = Git::find(&Environment::of([("PATH", "/nonexistent")]));
        assert!(matches!(none, Err(WorkspaceError::GitMissing)));
    }
}
