//! Runs a program of the project's own to its end, or to the end of its time: its output goes to a
//! file of bounded size, and nothing that it has started outlives it.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use super::{ProcessError, ProcessId, descendants, end};

/// Most that is written to the log, in bytes.
const MOST_LOG: usize = 1 << 20;
/// The end of the output that is kept for an error, in bytes.
const TAIL: usize = 2048;
/// Between SIGTERM and SIGKILL for what is over its time or left behind.
const GRACE: Duration = Duration::from_secs(2);
/// After SIGKILL, until what is left is given up.
const LIMIT: Duration = Duration::from_secs(5);
/// After the end of everything, until the output is taken to be complete.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What is to be run.
#[derive(Debug)]
pub struct Program<'a> {
    /// The program as a path, and its arguments.
    pub argv: &'a [String],
    /// Where.
    pub folder: &'a Path,
    /// Its whole environment.
    pub environment: &'a BTreeMap<String, String>,
    /// Variables of it by which what it leaves behind is known.
    pub marks: &'a [&'a str],
}

/// How it ended.
#[derive(Debug)]
pub enum Outcome {
    /// By itself.
    Ended(ExitStatus),
    /// It was ended before that.
    CutShort,
}

/// A program that has run.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub outcome: Outcome,
    /// The end of what it wrote.
    pub tail: String,
}

/// Runs it until it ends or `cut_short` is ready. Standard output and error go to `log`; standard
/// input is empty. Then everything that carries its marks, or hangs below it, is ended.
///
/// # Errors
/// When it cannot be started.
pub async fn run(
    program: &Program<'_>,
    log: File,
    cut_short: impl Future<Output = ()>,
) -> Result<Ran, ProcessError> {
    let name = program.argv.first().cloned().unwrap_or_default();
    let failed = |source| ProcessError::Start { program: name.clone(), source };
    let (reader, writer) = io::pipe().map_err(failed)?;
    let output = Receiver::from_owned_fd(reader.into()).map_err(failed)?;
    let mut child = {
        let mut command = Command::new(&name);
        command
            .args(program.argv.iter().skip(1))
            .current_dir(program.folder)
            .env_clear()
            .envs(program.environment)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(failed)?)
            .stderr(writer)
            .process_group(0)
            .kill_on_drop(true);
        // The command goes with the block, and with it our end for writing.
        command.spawn().map_err(failed)?
    };
    let taking = tokio::spawn(take(output, log));
    let status = tokio::select! {
        status = child.wait() => Some(status.map_err(failed)?),
        () = cut_short => None,
    };
    end_all(program, &mut child, status.is_none()).await?;
    let tail = tokio::time::timeout(LAST_WORDS, taking).await;
    let tail = tail.ok().and_then(Result::ok).unwrap_or_default();
    let outcome = status.map_or(Outcome::CutShort, Outcome::Ended);
    Ok(Ran { outcome, tail })
}

async fn end_all(
    program: &Program<'_>,
    child: &mut Child,
    still_runs: bool,
) -> Result<(), ProcessError> {
    let marks: Vec<(&str, &str)> = program
        .marks
        .iter()
        .filter_map(|name| Some((*name, program.environment.get(*name)?.as_str())))
        .collect();
    let root = child.id().filter(|_| still_runs).and_then(ProcessId::observe);
    let find = || {
        let mut found = match marks.is_empty() {
            true => Vec::new(),
            false => super::find_by_environ(&marks)?.found,
        };
        if let Some(root) = root {
            found.push(root);
            found.extend(descendants(root.pid)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    };
    end(find, GRACE, LIMIT).await?;
    if still_runs {
        // Reaped, so that its pid means nobody else.
        let _ = tokio::time::timeout(LIMIT, child.wait()).await;
    }
    Ok(())
}

/// Takes the output to its end; what does not fit into the log is dropped.
async fn take(mut output: Receiver, mut log: File) -> String {
    let mut buffer = vec![0; 8192];
    let mut tail: VecDeque<u8> = VecDeque::with_capacity(TAIL);
    let mut room = MOST_LOG;
    while let Ok(count @ 1..) = output.read(&mut buffer).await {
        let fits = count.min(room);
        // A full disk costs the log, not the command.
        let _ = log.write_all(&buffer[..fits]);
        room -= fits;
        tail.extend(&buffer[..count]);
        tail.drain(..tail.len().saturating_sub(TAIL));
    }
    String::from_utf8_lossy(tail.make_contiguous()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sh(script: &str, limit: Duration) -> (Ran, String) {
        let dir = tempfile::tempdir().unwrap();
        let argv = ["/bin/sh", "-c", script].map(str::to_owned);
        let mark = format!("{}-{:?}", std::process::id(), std::time::Instant::now());
        let environment = [("PATH", "/usr/bin:/bin"), ("AO_TEST_MARK", &mark)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let program = Program {
            argv: &argv,
            folder: dir.path(),
            environment: &environment,
            marks: &["AO_TEST_MARK"],
        };
        let path = dir.path().join("log");
        let log = File::create(&path).unwrap();
        let ran = run(&program, log, tokio::time::sleep(limit)).await.unwrap();
        let left = crate::process::find_by_environ(&[("AO_TEST_MARK", &mark)]).unwrap();
        assert_eq!(left.found, [], "nothing outlives it");
        (ran, std::fs::read_to_string(path).unwrap())
    }

    #[tokio::test]
    async fn output_is_kept_and_what_is_left_behind_is_ended() {
        let script = "echo out; echo err >&2; setsid -f sleep 1000; exit 3";
        let (ran, log) = sh(script, Duration::from_secs(60)).await;
        assert!(matches!(ran.outcome, Outcome::Ended(status) if status.code() == Some(3)));
        assert_eq!(log, "out\nerr\n");
        assert_eq!(ran.tail, log);
    }

    #[tokio::test]
    async fn its_time_ends() {
        let (ran, log) = sh("echo on; sleep 1000 & wait", Duration::from_secs(1)).await;
        assert!(matches!(ran.outcome, Outcome::CutShort));
        assert_eq!(log, "on\n");
    }

    #[tokio::test]
    async fn a_flood_is_bounded() {
        let (ran, log) =
            sh("head -c 3000000 /dev/zero | tr '\\0' x", Duration::from_secs(60)).await;
        assert_eq!(log.len(), MOST_LOG);
        assert_eq!(ran.tail.len(), TAIL);
    }
}
