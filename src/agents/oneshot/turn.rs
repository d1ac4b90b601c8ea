//! One turn of a one-shot run: the command from its start to its end, with what it prints, and what
//! it tells through the pipe `AO_EVENTS`: tools it starts, tokens it took, its result, or that it
//! failed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::pipe;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::listener::Audience;
use super::order::{Files, Order};
use crate::agents::CONVERSATION;
use crate::agents::headless::{Output, Reader, Said, Spent};
use crate::config::read_regular;
use crate::model::usage::Tokens;
use crate::process;

/// Most output that is read, in bytes.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;
/// Most of a result file that is read, in bytes: so much output, and as much again for how JSON
/// writes it.
const MAX_RESULT_FILE: u64 = 2 * MAX_OUTPUT;
/// Lines of output that may wait to be read.
const WAITING_LINES: usize = 64;
/// How long output may be held open by what the command has left running.
const LINGER: Duration = Duration::from_secs(2);
/// Our own line behind everything that the command told before its end.
const LAST: &str = "{\"event\":\"ao_end\"}\n";
/// Most of the last words on standard error that are told, in characters.
const LAST_WORDS: usize = 300;

/// A turn that came to its end.
pub(super) struct Turn {
    /// Its result as text.
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
    Usage {
        output_tokens: u64,
        #[serde(default)]
        input_tokens: u64,
        #[serde(default)]
        model: Option<String>,
    },
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
    reader: Reader,
    pub(super) audience: Audience,
    pub(super) told: Told,
    submitted: Option<Value>,
    failed: Option<(String, String)>,
    /// Tokens of the present turn.
    spent: Option<Spent>,
}

/// What it has told of itself, all turns together.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) output_tokens: u64,
    pub(super) tool_calls: u32,
    pub(super) tokens: Tokens,
    pub(super) model: Option<String>,
    pub(super) conversation: Option<String>,
    pub(super) warnings: Vec<String>,
}

impl Told {
    /// Tokens that a model took; one that is not named is the one before.
    fn count(&mut self, tokens: Tokens, model: Option<String>) {
        self.tokens += tokens;
        self.output_tokens = self.output_tokens.saturating_add(tokens.output);
        self.model = model.or(self.model.take());
    }
}

impl<'a> Turns<'a> {
    /// Makes the pipe, and the files that the command may read.
    pub(super) fn open(dir: &'a Path, order: &'a Order, audience: Audience) -> io::Result<Self> {
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
        if let Some(role) = &order.role {
            std::fs::write(files.role(), role)?;
        }
        Ok(Self {
            dir,
            order,
            events: BufReader::new(events).lines(),
            last,
            deadline: Instant::now() + Duration::from_millis(order.timeout_ms),
            number: 0,
            reader: Reader::new(order.form.clone()),
            audience,
            told: Told::default(),
            submitted: None,
            failed: None,
            spent: None,
        })
    }

    /// Whether its next turn goes on with the conversation of this one.
    pub(super) fn goes_on(&self) -> bool {
        self.order.again.is_some() && self.told.conversation.is_some()
    }

    /// Runs the command once.
    pub(super) async fn take(&mut self, prompt: &str) -> io::Result<TurnEnd> {
        let argv = self.argv();
        self.number += 1;
        self.reader.begin_turn();
        (self.submitted, self.spent) = (None, None);
        let _ = std::fs::remove_file(Files(self.dir).result());
        if let Some(record) = &self.order.form.record {
            let _ = std::fs::remove_file(record);
        }
        self.audience.prompt(prompt);
        let end = self.run(&argv, prompt).await?;
        let answer = match &end {
            TurnEnd::Over(turn) => turn.output.as_str(),
            TurnEnd::Nothing { message, .. } => message,
        };
        self.audience.turn_ended(answer, self.spent.as_ref());
        Ok(end)
    }

    /// The command of the next turn.
    fn argv(&self) -> Vec<String> {
        match (&self.order.again, &self.told.conversation) {
            (Some(again), Some(id)) if self.number > 0 => {
                let word = |word: &String| if word == CONVERSATION { id } else { word }.clone();
                again.iter().map(word).collect()
            }
            _ => self.order.argv.clone(),
        }
    }

    async fn run(&mut self, argv: &[String], prompt: &str) -> io::Result<TurnEnd> {
        let mut child = match self.command(argv)?.spawn() {
            Ok(child) => child,
            Err(error) => return Ok(nothing("crash", format!("{}: {error}", argv[0]))),
        };
        let mut stdin = child.stdin.take().expect("it is piped");
        let words = prompt.to_owned();
        // One that reads nothing is told nothing.
        let told = tokio::spawn(async move { stdin.write_all(words.as_bytes()).await });
        let (sender, mut lines) = mpsc::channel(WAITING_LINES);
        let stdout = child.stdout.take().expect("it is piped");
        let reading = tokio::spawn(read(stdout, self.order.form.output == Output::Text, sender));
        let status = self.follow(&mut child, &mut lines).await;
        told.abort();
        let status = match status? {
            Ok(status) => status,
            Err((why, message)) => {
                end_all(&mut child).await;
                self.read_record();
                return Ok(TurnEnd::Nothing { why, message });
            }
        };
        self.drain().await?;
        let rest = async {
            while let Some(line) = lines.recv().await {
                self.hear(&line);
            }
        };
        if timeout(LINGER, rest).await.is_err() {
            // What it has left running holds the pipe: told apart from a result by nothing.
            return Ok(nothing("crash", "it ended and left its output open"));
        }
        if self.order.is_data && !reading.await.unwrap_or(true) {
            let message = "its output is no UTF-8 text: let it write a file, or encode it";
            return Ok(nothing("not_text", message));
        }
        self.read_record();
        if let Some((why, message)) = self.failed.take() {
            return Ok(TurnEnd::Nothing { why, message });
        }
        if !status.success() && !self.reader.gave_up() {
            let words = last_words(&Files(self.dir).log());
            return Ok(nothing("crash", format!("the agent ended with {status}{words}")));
        }
        Ok(self.result())
    }

    /// What was left out must not pass for the whole.
    fn result(&mut self) -> TurnEnd {
        let mut submitted = self.submitted.take().or_else(|| self.reader.structured().cloned());
        if submitted.is_none() {
            // What stands there is the agent's doing.
            match read_regular(&Files(self.dir).result(), MAX_RESULT_FILE) {
                Ok(text) => submitted = serde_json::from_slice(&text).ok(),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return nothing("result_too_large", format!("its result file: {error}"));
                }
                Err(_) => {}
            }
        }
        let output = self.reader.answer().to_owned();
        if output.len() as u64 > MAX_OUTPUT {
            let message = format!("it put out more than {MAX_OUTPUT} bytes");
            return nothing("result_too_large", message);
        }
        TurnEnd::Over(Turn { output, submitted })
    }

    fn command(&self, argv: &[String]) -> io::Result<Command> {
        let files = Files(self.dir);
        let log = std::fs::OpenOptions::new().append(true).create(true).open(files.log())?;
        let mut command = Command::new(&argv[0]);
        let place = |name: &str, path: PathBuf| (name.to_owned(), path.display().to_string());
        command
            .args(&argv[1..])
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
        if self.order.role.is_some() {
            command.env("AO_SYSTEM_PROMPT_FILE", files.role());
        }
        Ok(command)
    }

    /// Until it ends, or has to be ended.
    async fn follow(
        &mut self,
        child: &mut Child,
        lines: &mut mpsc::Receiver<String>,
    ) -> io::Result<Result<ExitStatus, (String, String)>> {
        let mut heard = Instant::now();
        loop {
            let (deadline, stalled) = (self.deadline, self.stalls_at(heard));
            tokio::select! {
                status = child.wait() => return Ok(Ok(status?)),
                line = self.events.next_line() => {
                    if let Some(line) = line? {
                        self.note(&line);
                    }
                }
                Some(line) = lines.recv() => self.hear(&line),
                () = tokio::time::sleep_until(deadline) => {
                    let message = format!("it took longer than {} ms", self.order.timeout_ms);
                    let why = if self.order.is_run_time { "run_time" } else { "timeout" };
                    return Ok(Err((why.to_owned(), message)));
                }
                () = sleep_until(stalled) => {
                    let seconds = self.order.stall_ms.unwrap_or_default() / 1000;
                    let message = format!("it said nothing for {seconds} s, with no tool at work");
                    return Ok(Err(("stalled".to_owned(), message)));
                }
            }
            heard = Instant::now();
            let (calls, most) = (self.told.tool_calls, self.order.max_tool_calls);
            if let Some(most) = most.filter(|most| calls > *most) {
                let message = format!("it started tool call {calls}, {most} are allowed");
                return Ok(Err(("tool_limit".to_owned(), message)));
            }
        }
    }

    /// When it has said nothing for too long; never while a tool runs.
    fn stalls_at(&self, heard: Instant) -> Option<Instant> {
        let most = self.order.stall_ms.filter(|_| self.reader.waits_for_words())?;
        Some(heard + Duration::from_millis(most))
    }

    /// What it has written beside its output. Its result does not depend on it.
    fn read_record(&mut self) {
        let Some(record) = &self.order.form.record else { return };
        match read_regular(record, MAX_OUTPUT) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).lines().for_each(|line| self.hear(line)),
            Err(error) => self.told.warnings.push(format!("its record cannot be read: {error}")),
        }
    }

    /// A line that it has printed.
    fn hear(&mut self, line: &str) {
        for said in self.reader.line(line) {
            if let Said::Conversation(id) = &said {
                // Some say it with each step.
                if self.told.conversation.as_deref() == Some(id) {
                    continue;
                }
            }
            self.audience.hear(&said);
            match said {
                Said::Conversation(id) => self.told.conversation = Some(id),
                Said::ToolStarted { .. } => self.told.tool_calls += 1,
                Said::Spent(spent) => self.spend(spent),
                Said::Denied(tool) => {
                    let warning = format!("it was not allowed to use {tool}");
                    if !self.told.warnings.contains(&warning) {
                        self.told.warnings.push(warning);
                    }
                }
                Said::Attempt => self.failed = None,
                Said::Failed(words) => self.failed = Some(("api_error".to_owned(), words)),
                Said::Words(_) | Said::ToolEnded { .. } => {}
            }
        }
    }

    fn spend(&mut self, spent: Spent) {
        self.told.count(spent.tokens, spent.model.clone());
        self.spent = Some(match self.spent.take() {
            // Several calls are a sum.
            Some(before) => Spent { tokens: before.tokens + spent.tokens, exact: false, ..before },
            None => spent,
        });
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
            Ok(Event::ToolStarted) => self.told.tool_calls += 1,
            Ok(Event::Usage { output_tokens, input_tokens, model }) => {
                let tokens =
                    Tokens { input: input_tokens, output: output_tokens, ..Tokens::default() };
                self.told.count(tokens, model);
            }
            Ok(Event::Result { value }) => self.submitted = Some(value),
            Ok(Event::Failed { why, message }) => self.failed = Some((why, message)),
            Ok(Event::AoEnd | Event::Unknown) | Err(_) => {}
        }
    }
}

fn nothing(why: &str, message: impl Into<String>) -> TurnEnd {
    TurnEnd::Nothing { why: why.to_owned(), message: message.into() }
}

/// At that time, or never.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Hands on what it prints, line by line. The limit is for the whole of a text, and for each line
/// where most of them say nothing that is kept. Returns whether nothing of it had to be changed to
/// be UTF-8.
async fn read(output: ChildStdout, is_text: bool, lines: mpsc::Sender<String>) -> bool {
    let whole = if is_text { MAX_OUTPUT + 1 } else { u64::MAX };
    let mut output = BufReader::new(output.take(whole));
    let mut bytes = Vec::new();
    let mut is_utf8 = true;
    loop {
        let read = (&mut output).take(MAX_OUTPUT + 1).read_until(b'\n', &mut bytes).await;
        if !read.is_ok_and(|count| count > 0 && (is_text || count as u64 <= MAX_OUTPUT)) {
            return is_utf8;
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = String::from_utf8_lossy(line);
        is_utf8 &= matches!(line, std::borrow::Cow::Borrowed(_));
        if lines.send(line.into_owned()).await.is_err() {
            return is_utf8;
        }
        bytes.clear();
    }
}

/// What it wrote last on standard error, for the message of a failure.
fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let from = text.len().saturating_sub(4096);
    let text = String::from_utf8_lossy(&text[from..]);
    let Some(line) = text.lines().map(str::trim).rfind(|line| !line.is_empty()) else {
        return String::new();
    };
    let plain: String = line.chars().filter(|c| !c.is_control()).take(LAST_WORDS).collect();
    format!(": {plain}")
}

/// Ends the command and what it has started.
async fn end_all(child: &mut Child) {
    let find = || process::descendants(std::process::id());
    let _ = process::end(find, Duration::from_millis(500), LINGER).await;
    let _ = child.wait().await;
}
