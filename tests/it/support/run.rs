//! `ao`, or another program, run to its end within a deadline.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No command takes longer, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command before it runs.
pub struct Ao {
    command: Command,
    input: Vec<u8>,
    deadline: Duration,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Ran {
    what: String,
    status: ExitStatus,
    out: Vec<u8>,
    err: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

impl Ao {
    pub fn new(command: Command) -> Self {
        Self { command, input: Vec::new(), deadline: DEADLINE }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The command itself, for a test that needs its process.
    pub fn command(self) -> Command {
        self.command
    }

    /// Runs it to its end, and to the end of its output: what it leaves running must not hold on
    /// to that.
    pub fn run(mut self) -> Ran {
        let what = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let begun = Instant::now();
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.input);
        // One that refuses early does not read it all.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        let out = drain(child.stdout.take().unwrap());
        let err = drain(child.stderr.take().unwrap());
        let left = || self.deadline.saturating_sub(begun.elapsed());
        let (Ok(out), Ok(err)) = (out.recv_timeout(left()), err.recv_timeout(left())) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("ao {what} was not over within {:?}", self.deadline);
        };
        let status = child.wait().unwrap();
        Ran { what, status, out, err, took: begun.elapsed() }
    }

    /// Runs it; it must succeed.
    pub fn ok(self) -> Ran {
        let ran = self.run();
        assert_eq!(ran.code(), 0, "ao {}: {}{}", ran.what, ran.out(), ran.err());
        ran
    }

    /// Adds `--json`, runs it, and takes its answer apart.
    pub fn json(self) -> Value {
        self.json_flag().ok().json()
    }

    /// Runs it; it must fail with this code, with three lines on standard error, all of them with
    /// words, and no trace of a panic.
    pub fn fails(self, code: i32) -> Ran {
        let ran = self.run();
        let (out, err) = (ran.out(), ran.err());
        assert_eq!(ran.code(), code, "ao {}: {out}{err}", ran.what);
        let lines: Vec<&str> = err.lines().filter(|line| !line.starts_with("note: ")).collect();
        assert_eq!(lines.len(), 3, "ao {}: {err}", ran.what);
        for (line, begin) in lines.iter().zip(["error: ", "  why: ", "  try: "]) {
            assert!(line.starts_with(begin) && line.len() > begin.len() + 3, "{err}");
        }
        assert!(!err.contains("panicked"), "{err}");
        ran
    }

    /// Adds `--json`, runs it; it must fail with this code and say so in the one shape of errors.
    pub fn fails_json(self, code: i32) -> Value {
        let ran = self.json_flag().run();
        assert_eq!(ran.code(), code, "ao {}: {}{}", ran.what, ran.out(), ran.err());
        let error: Value = serde_json::from_str(&ran.err())
            .unwrap_or_else(|error| panic!("{error}: {}", ran.err()));
        let error = error["error"].clone();
        for field in ["code", "message", "reason", "hint"] {
            assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        }
        error
    }

    /// In front of the arguments: behind `--` it would be the agent's.
    fn json_flag(self) -> Self {
        let mut command = Command::new(self.command.get_program());
        command.arg("--json").args(self.command.get_args());
        if let Some(dir) = self.command.get_current_dir() {
            command.current_dir(dir);
        }
        command.env_clear();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Self { command, ..self }
    }
}

impl Ran {
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ao {}: {}", self.what, self.status))
    }

    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out())
            .unwrap_or_else(|error| panic!("ao {}: {error}: {}", self.what, self.out()))
    }

    /// The one line that it printed.
    pub fn line(&self) -> String {
        let out = self.out();
        assert_eq!(out.lines().count(), 1, "ao {}: {out}", self.what);
        out.trim_end().to_owned()
    }
}

fn drain(mut from: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}
