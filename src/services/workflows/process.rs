//! A run's host from the supervisor's side: started with nothing but its pipes, spoken to in lines,
//! killed when it does not come back in time.

use std::process::Stdio;

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Duration, timeout};

use crate::script::{FromHost, Limits, MAX_LINE, Program, Rejected, ToHost};
use crate::services::{ServiceError, World};

/// How long it may take to start and to compile.
const START: Duration = Duration::from_secs(30);
/// How long it may take to be gone once its output has ended.
const END: Duration = Duration::from_secs(2);

/// A run's host.
pub(super) struct HostProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    line: Vec<u8>,
}

impl HostProcess {
    /// Starts it with the script, which is compiled; with `check` no more than that.
    pub(super) async fn start(
        world: &World,
        program: &Program,
        limits: Limits,
        total: Option<f64>,
        check: bool,
    ) -> Result<Result<Self, Rejected>, ServiceError> {
        let failed = |source| ServiceError::File { path: world.ao.clone(), source };
        let mut child = Command::new(&world.ao)
            .arg("workflow-host")
            .env_clear()
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut host = Self { child, input, output, line: Vec::new() };
        let init = ToHost::Init { v: 1, program: program.clone(), limits, total, check };
        let answer = timeout(START, async {
            host.send(&init).await?;
            host.next().await
        });
        let answer = answer.await.ok().and_then(Result::ok).flatten();
        Ok(match answer {
            Some(FromHost::Compiled) => Ok(host),
            Some(FromHost::Rejected { line, column, reason }) => {
                Err(Rejected { file: program.file.clone(), line, column, reason })
            }
            _ => {
                let reason = "it could not be compiled within its limits".to_owned();
                Err(Rejected { file: program.file.clone(), line: 1, column: 1, reason })
            }
        })
    }

    /// Says something. The host reads only while it waits, so there is always room.
    pub(super) async fn send(&mut self, message: &ToHost) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.input.write_all(&line).await
    }

    /// The next message; nothing at the end. May be dropped and asked again: what has been read of
    /// a line is kept.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<FromHost>> {
        loop {
            let part = self.output.fill_buf().await?;
            if part.is_empty() {
                return Ok(None);
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(part.len(), |at| at + 1);
            self.line.extend_from_slice(&part[..used]);
            self.output.consume(used);
            if self.line.len() > MAX_LINE {
                return Err(std::io::Error::other("a message is too long"));
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return Ok(Some(serde_json::from_slice(&line)?));
            }
        }
    }

    /// By which signal it has ended, after its output has; one that lives on is killed.
    pub(super) async fn end_signal(mut self) -> Option<Signal> {
        use std::os::unix::process::ExitStatusExt;
        let ended = timeout(END, self.child.wait()).await;
        if ended.is_err() {
            let _ = self.child.start_kill();
            let _ = self.child.wait().await;
        }
        ended.ok()?.ok()?.signal().and_then(Signal::from_named_raw)
    }

    /// Ends it.
    pub(super) async fn kill(mut self) {
        // It may be gone already; what matters is that it is afterwards.
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
    }
}
