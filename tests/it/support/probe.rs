//! The test's end of the scripted agent: what it recorded, and telling it what to do.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::files::eventually;

/// One launch of one session's agent.
pub struct Probe {
    directory: PathBuf,
    stem: String,
}

/// The program, built if this test run was started without it (`cargo test --test it`).
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let ao = Path::new(env!("CARGO_BIN_EXE_ao"));
        let profile = ao.parent().unwrap();
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        build.args(["build", "--quiet", "--example", "probe", "--example", "scripted"]);
        build.arg("--target-dir").arg(profile.parent().unwrap());
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the scripted agents must build");
        profile.join("examples/probe")
    })
}

/// Another program that the tests build.
pub fn example(name: &str) -> PathBuf {
    program().with_file_name(name)
}

impl Probe {
    /// Of a session's launch, once it has set itself up.
    pub fn of(ledger: &Path, session: &str, generation: u32) -> Self {
        let probe = Self { directory: ledger.to_owned(), stem: format!("{session}.{generation}") };
        probe.lines("ready", 1);
        probe
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", self.stem))
    }

    /// The records of a kind so far.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(kind)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The records of a kind, once there are `count`.
    pub fn lines(&self, kind: &str, count: usize) -> Vec<Value> {
        eventually(&self.directory, &format!("{count} {kind} of {}", self.stem), || {
            let text = std::fs::read_to_string(self.path(kind)).unwrap_or_default();
            let whole = text.matches('\n').count();
            (whole >= count).then(|| self.records(kind))
        })
    }

    /// What was submitted to it so far.
    pub fn said(&self) -> Vec<String> {
        self.records("said").iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
    }

    /// What was submitted to it, once there are `count` of that.
    pub fn hears(&self, count: usize) -> Vec<String> {
        self.lines("said", count);
        self.said()
    }

    /// Every byte typed into it so far.
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path("bytes")).unwrap_or_default()
    }

    /// What it was started with: `pid`, `cwd`, `argv`, `env`.
    pub fn started(&self) -> Value {
        self.lines("started", 1).remove(0)
    }

    pub fn pid(&self) -> u64 {
        self.started()["pid"].as_u64().unwrap()
    }

    /// Runs a command inside the session: `code`, `out`, `err`.
    pub fn run(&self, argv: &[&str]) -> Value {
        self.run_with(argv, json!({}), "")
    }

    /// The same with changes of the environment (null takes a variable out) and an input.
    pub fn run_with(&self, argv: &[&str], env: Value, input: &str) -> Value {
        self.tell(json!({ "op": "run", "argv": argv, "env": env, "input": input }))
    }

    /// Keeps its turns open, or closes the open one and no more.
    pub fn hold(&self, on: bool) {
        self.tell(json!({ "op": "hold", "on": on }));
        if !on {
            self.tell(json!({ "op": "end-turn" }));
        }
    }

    /// Does not hear so many Escapes.
    pub fn is_deaf_to(&self, escapes: u32) {
        self.tell(json!({ "op": "deaf", "escapes": escapes }));
    }

    /// Puts the prompt of a turn that was stopped so late into its composer.
    pub fn gives_back_late(&self, late: Duration) {
        self.tell(json!({ "op": "late", "ms": u64::try_from(late.as_millis()).unwrap() }));
    }

    /// Does something by its name.
    pub fn does(&self, op: &str) {
        self.tell(json!({ "op": op }));
    }

    /// Opens a dialog so long after the first byte of the next paste.
    pub fn opens_dialog_on_paste(&self, after: Duration) {
        let ms = u64::try_from(after.as_millis()).unwrap();
        self.tell(json!({ "op": "dialog-on-paste", "ms": ms }));
    }

    /// Says hello at a session host's socket from inside the session; what the host says.
    pub fn knocks(&self, socket: &Path, hello: &Value) -> String {
        let request = json!({ "op": "knock", "socket": socket, "hello": hello.to_string() });
        self.tell(request)["said"].as_str().unwrap().to_owned()
    }

    /// Reads its terminal, or does not.
    pub fn reads(&self, on: bool) {
        self.tell(json!({ "op": "read", "on": on }));
    }

    pub fn prints(&self, text: &str) {
        self.tell(json!({ "op": "print", "text": text }));
    }

    /// Does something after which it answers no more.
    pub fn does_not_answer(&self, op: &str) {
        writeln!(self.connect(), "{}", json!({ "op": op })).unwrap();
    }

    /// Ends.
    pub fn exits(&self, code: i32) {
        let request = json!({ "op": "exit", "code": code });
        writeln!(self.connect(), "{request}").unwrap();
    }

    fn tell(&self, request: Value) -> Value {
        let mut connection = self.connect();
        writeln!(connection, "{request}").unwrap();
        let mut answer = String::new();
        BufReader::new(connection)
            .read_line(&mut answer)
            .unwrap_or_else(|error| panic!("{} does not answer {request}: {error}", self.stem));
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{request}: {answer:?}"))
    }

    fn connect(&self) -> UnixStream {
        let connection = UnixStream::connect(self.path("ctl")).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        connection
    }
}
