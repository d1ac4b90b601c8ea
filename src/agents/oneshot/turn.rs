//! One turn of a one-shot run: the command from its start to its end, with what it tells through
//! the pipe `AO_EVENTS`: tools it starts, tokens it took, its result, or that it failed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::pipe;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout, timeout_at};

use super::order::{Files, Order};
use crate::process;

/// Most output that is kept, in bytes.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;
/// How long output may be held open by what the command has left running.
const LINGER: Duration = Duration::from_secs(2);
/// Our own line behind everything that the command told before its end.
const LAST: &str = "{\"event\":\"ao_end\"}\n";

/// A turn that came to its end.
pub(super) struct Turn {
    /// Standard output.
    pub(super) output: String,
    /// A result that was submitted.
    pub(super) submitted: Option<Value>,
}

/// How a turn ended.
pub(super) enum TurnEnd {
    /// By itself.
    Over(Turn),
    /// With no hope of a result.
    Nothing { why: String, message: String },
}

/// A line from the pipe.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    /// A tool starts.
    ToolStarted,
    /// Tokens were taken.
    Usage { output_tokens: u64 },
    /// The result.
    Result { value: Value },
    /// The model's side has failed.
    Failed {
        why: String,
        #[serde(default)]
        message: String,
    },
    /// Ours.
    AoEnd,
    /// Of a later version.
    #[serde(other)]
    Unknown,
}

/// All turns of a run.
pub(super) struct Turns<'a> {
    dir: &'a Path,
    order: &'a Order,
    events: Lines<BufReader<pipe::Receiver>>,
    last: std::fs::File,
    deadline: Instant,
    number: u32,
    pub(super) output_tokens: u64,
    pub(super) tool_calls: u32,
    submitted: Option<Value>,
    failed: Option<(String, String)>,
}

impl<'a> Turns<'a> {
    /// Makes the pipe, and the files that the command may read.
    pub(super) fn open(dir: &'a Path, order: &'a Order) -> io::Result<Self> {
        let files = Files(dir);
        let path = files.events();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0)?;
        // For reading and writing: it never ends because nobody writes just now.
        let events = pipe::OpenOptions::new().read_write(true).open_receiver(&path)?;
        let last = std::fs::OpenOptions::new().write(true).open(&path)?;
        if let Some(schema) = &order.schema {
            std::fs::write(files.schema(), schema.to_string())?;
        }
        Ok(Self {
            dir,
            order,
            events: BufReader::new(events).lines(),
            last,
            deadline: Instant::now() + Duration::from_millis(order.timeout_ms),
            number: 0,
            output_tokens: 0,
            tool_calls: 0,
            submitted: None,
            failed: None,
        })
    }

    /// Runs the command once.
    pub(super) async fn take(&mut self, prompt: &str) -> io::Result<TurnEnd> {
        self.number += 1;
        self.submitted = None;
        let _ = std::fs::remove_file(Files(self.dir).result());
        let mut child = self.command()?.spawn()?;
        let mut stdin = child.stdin.take().expect("it is piped");
        let words = prompt.to_owned();
        // One that reads nothing is told nothing.
        let told = tokio::spawn(async move { stdin.write_all(words.as_bytes()).await });
        let output = tokio::spawn(read(child.stdout.take().expect("it is piped")));
        let status = self.follow(&mut child).await;
        told.abort();
        let status = match status? {
            Ok(status) => status,
            Err((why, message)) => {
                end_all(&mut child).await;
                return Ok(TurnEnd::Nothing { why, message });
            }
        };
        self.drain().await?;
        let output = match timeout(LINGER, output).await {
            Ok(Ok(output)) => output?,
            // What it has left running holds the pipe: told apart from a result by nothing.
            _ => return Ok(nothing("crash", "it ended and left its output open")),
        };
        if output.len() as u64 > MAX_OUTPUT {
            let message = format!("it put out more than {MAX_OUTPUT} bytes");
            return Ok(nothing("result_too_large", message));
        }
        if let Some((why, message)) = self.failed.take() {
            return Ok(TurnEnd::Nothing { why, message });
        }
        if !status.success() {
            return Ok(nothing("crash", format!("the agent ended with {status}")));
        }
        if self.submitted.is_none() {
            let file = std::fs::read(Files(self.dir).result()).ok();
            self.submitted = file.and_then(|text| serde_json::from_slice(&text).ok());
        }
        let output = String::from_utf8_lossy(&output).into_owned();
        Ok(TurnEnd::Over(Turn { output, submitted: self.submitted.take() }))
    }

    fn command(&self) -> io::Result<Command> {
        let files = Files(self.dir);
        let log = std::fs::OpenOptions::new().append(true).create(true).open(files.log())?;
        let mut command = Command::new(&self.order.argv[0]);
        let place = |name: &str, path: PathBuf| (name.to_owned(), path.display().to_string());
        command
            .args(&self.order.argv[1..])
            .current_dir(&self.order.cwd)
            .env_clear()
            .envs(&self.order.env)
            .envs([place("AO_EVENTS", files.events()), place("AO_RESULT_FILE", files.result())])
            .env("AO_TURN", self.number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        if self.order.schema.is_some() {
            command.env("AO_SCHEMA_FILE", files.schema());
        }
        Ok(command)
    }

    /// Until it ends, or has to be ended.
    async fn follow(
        &mut self,
        child: &mut Child,
    ) -> io::Result<Result<ExitStatus, (String, String)>> {
        loop {
            let deadline = self.deadline;
            tokio::select! {
                status = child.wait() => return Ok(Ok(status?)),
                line = self.events.next_line() => {
                    if let Some(line) = line? {
                        self.note(&line);
                    }
                    let most = self.order.max_tool_calls.unwrap_or(u32::MAX);
                    if self.tool_calls > most {
                        let message = format!("it started tool call {}, {most} are allowed", self.tool_calls);
                        return Ok(Err(("tool_limit".to_owned(), message)));
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    let message = format!("it took longer than {} ms", self.order.timeout_ms);
                    return Ok(Err(("timeout".to_owned(), message)));
                }
            }
        }
    }

    /// What it told before its end and was not read yet.
    async fn drain(&mut self) -> io::Result<()> {
        self.last.write_all(LAST.as_bytes())?;
        let until = Instant::now() + LINGER;
        while let Ok(line) = timeout_at(until, self.events.next_line()).await {
            match line? {
                Some(line) if line == LAST.trim_end() => break,
                Some(line) => {
                    self.note(&line);
                }
                None => break,
            }
        }
        Ok(())
    }

    /// A line that is no event is the command's own fault and changes nothing.
    fn note(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(Event::ToolStarted) => self.tool_calls += 1,
            Ok(Event::Usage { output_tokens }) => self.output_tokens += output_tokens,
            Ok(Event::Result { value }) => self.submitted = Some(value),
            Ok(Event::Failed { why, message }) => self.failed = Some((why, message)),
            Ok(Event::AoEnd | Event::Unknown) | Err(_) => {}
        }
    }
}

fn nothing(why: &str, message: impl Into<String>) -> TurnEnd {
    TurnEnd::Nothing { why: why.to_owned(), message: message.into() }
}

async fn read(output: ChildStdout) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    output.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// Ends the command and what it has started.
async fn end_all(child: &mut Child) {
    let find = || process::descendants(std::process::id());
    let _ = process::end(find, Duration::from_millis(500), LINGER).await;
    let _ = child.wait().await;
}
