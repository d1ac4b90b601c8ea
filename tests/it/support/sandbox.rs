//! One test's whole world: home, data, configuration, repositories, scripted agent. When the test
//! ends everything in it is ended through `ao` itself, and it is proven that nothing is left.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::files::eventually;
use super::processes::{described, marked};
use super::{Ao, Events, Probe, Process, Repository, probe, wait_gone};

/// The world of one test.
pub struct Sandbox {
    dir: Option<tempfile::TempDir>,
    zellij: Option<PathBuf>,
}

/// How long what has been told to end may take for it.
const END: Duration = Duration::from_secs(20);

impl Sandbox {
    /// Without zellij.
    pub fn new() -> Self {
        Self::with(None)
    }

    /// With the real zellij; the test fails if there is none.
    pub fn with_zellij() -> Self {
        Self::with(Some(super::zellij()))
    }

    /// Where only this user may write, all the way up: some agents read nothing from elsewhere.
    pub fn in_own_place() -> Self {
        let place = std::env::home_dir().unwrap().join(".cache/aot");
        std::fs::create_dir_all(&place).unwrap();
        Self::within(&place, None)
    }

    fn with(zellij: Option<PathBuf>) -> Self {
        Self::within(Path::new("/tmp"), zellij)
    }

    fn within(place: &Path, zellij: Option<PathBuf>) -> Self {
        // Short, for the sockets in it.
        let dir = tempfile::Builder::new().prefix("aot").tempdir_in(place).unwrap();
        let sandbox = Self { dir: Some(dir), zellij };
        for folder in ["home", "config/agents", "ledger", "tmp"] {
            std::fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        let identity = "[user]\nname = Tester\nemail = tester@example.org\n";
        std::fs::write(sandbox.path("home/.gitconfig"), identity).unwrap();
        std::fs::write(sandbox.config().join("config.toml"), "agent = \"probe\"\n").unwrap();
        sandbox.write_manifest("probe", true, "paste");
        sandbox
    }

    /// A worker whose agent takes a context from the answers to its hooks, by its own word.
    pub fn listener(&self) -> String {
        let mut argv = vec!["-q", "--project", "shop", "spawn", "--"];
        let probe = self.quiet_probe();
        argv.extend(probe.iter().map(String::as_str));
        argv.extend(["--hooks", "--takes-context"]);
        let id = self.ao(&argv).ok().line();
        self.ao(&["wait", &id, "--for", "idle", "--timeout", "30"]).ok();
        id
    }

    /// A manifest for the scripted agent.
    pub fn write_manifest(&self, name: &str, hooks: bool, prompt: &str) {
        let program = probe::program().display().to_string();
        let ledger = self.ledger().display().to_string();
        let (flag, kind, idle) =
            if hooks { ("[\"--hooks\"], ", "any", "hooks") } else { ("", "none", "quiet") };
        let argument = if prompt == "argv" { ", \"{prompt}\"" } else { "" };
        let text = format!(
            "name = \"{name}\"\nabout = \"records what it is told\"\nbinary = {program:?}\n\
             argv = [{flag}[\"--ledger\", {ledger:?}]{argument}]\n\
             prompt = \"{prompt}\"\nsystem_prompt = \"file\"\nhooks = \"{kind}\"\n\
             idle_evidence = \"{idle}\"\n\n[inject]\nsettle_ms = 50\nbracketed_only = true\n\n\
             [[inject.dialog]]\nname = \"dialog\"\ntext = \"Do you want to\"\nlast_rows = 20\n"
        );
        std::fs::write(self.config().join(format!("agents/{name}.toml")), text).unwrap();
    }

    /// An agent that fails right after its start is not started again.
    pub fn starts_once(&self) {
        let file = self.config().join("config.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{text}[restart]\nattempts = 1\n")).unwrap();
    }

    pub fn root(&self) -> &Path {
        self.dir.as_ref().expect("only the end takes it").path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn config(&self) -> PathBuf {
        self.path("config")
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("ledger")
    }

    pub fn socket(&self) -> PathBuf {
        self.path("data/run/ao.sock")
    }

    /// A program in this world, with nothing of the surrounding environment but PATH.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("LANG", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("AO_DATA_DIR", self.data())
            .env("AO_CONFIG_DIR", self.config());
        match &self.zellij {
            Some(program) => command.env("AO_ZELLIJ_PATH", program),
            None => command.env("AO_ZELLIJ", "off"),
        };
        command
    }

    /// `ao` with these arguments.
    pub fn ao(&self, args: &[&str]) -> Ao {
        let mut command = self.command(env!("CARGO_BIN_EXE_ao"));
        command.args(args);
        Ao::new(command)
    }

    /// A repository with one commit.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::new(self.path(name), &self.path("home"))
    }

    /// A repository `shop` with its orchestrator `shop-orchestrator`, a scripted agent that is idle.
    pub fn shop(&self) -> Repository {
        let shop = self.repository("shop");
        self.ao(&["start"]).dir(shop.path()).ok();
        self.probe("shop-orchestrator");
        self.ao(&["wait", "shop-orchestrator", "--for", "idle", "--timeout", "30"]).ok();
        shop
    }

    /// The same without an orchestrator.
    pub fn plain_shop(&self) -> Repository {
        let shop = self.repository("shop");
        self.ao(&["start", "--no-orchestrator"]).dir(shop.path()).ok();
        shop
    }

    /// Spawns a worker that is a scripted agent; returns its id, once it is idle.
    pub fn worker(&self) -> String {
        let id = self.ao(&["-q", "--project", "shop", "spawn"]).ok().line();
        self.ao(&["wait", &id, "--for", "idle", "--timeout", "30"]).ok();
        id
    }

    /// The words of a command that runs the scripted agent without hooks.
    pub fn quiet_probe(&self) -> Vec<String> {
        let program = probe::program().display().to_string();
        vec![program, "--ledger".into(), self.ledger().display().to_string()]
    }

    /// The scripted agent of a session's first launch.
    pub fn probe(&self, session: &str) -> Probe {
        Probe::of(&self.ledger(), session, 1)
    }

    /// The scripted agent of a later launch.
    pub fn probe_of(&self, session: &str, generation: u32) -> Probe {
        Probe::of(&self.ledger(), session, generation)
    }

    pub fn session(&self, id: &str) -> Value {
        self.ao(&["show", id]).json()["session"].clone()
    }

    pub fn message(&self, id: &str) -> Value {
        self.ao(&["messages", "show", id]).json()["message"].clone()
    }

    /// The journal, from its begin.
    pub fn events(&self) -> Events {
        Events::since(self, 0)
    }

    /// All journal rows of a kind.
    pub fn journal(&self, kind: &str) -> Vec<Value> {
        let all = self.ao(&["events", "--since", "0", "--limit", "10000", "--kind", kind]).json();
        all["events"].as_array().unwrap().clone()
    }

    /// The supervisor. Where one was killed a moment ago, its keeper waits a little before it brings
    /// another; a command does not.
    pub fn supervisor(&self) -> Process {
        let pid = || self.ao(&["status"]).json()["supervisor"]["pid"].as_u64();
        let brought = || {
            self.ao(&["project", "ls"]).ok();
            pid()
        };
        Process::of(pid().or_else(brought).unwrap())
    }

    /// Every process of this world.
    pub fn processes(&self) -> Vec<Process> {
        marked(self.root())
    }

    /// There are so many supervisors, session hosts and scripted agents, once what one of them has
    /// just begun to start is no longer its double.
    pub fn has_roles(&self, wanted: [usize; 3]) {
        eventually(&self.data(), &format!("{wanted:?} supervisors, hosts, agents"), || {
            let all: Vec<String> = self.processes().into_iter().map(described).collect();
            let count = |part: &str| all.iter().filter(|process| process.contains(part)).count();
            let roles = [
                count(" supervisor --kept"),
                count(" host --launch "),
                count("/examples/probe --"),
            ];
            (roles == wanted).then_some(())
        });
    }

    /// What `ao` knows, for the message of a failure.
    fn report(&self) {
        let events = self.ao(&["events", "--limit", "40"]).env("AO_SESSION_ID", "report");
        let socket = std::os::unix::net::UnixStream::connect(self.socket());
        if socket.is_ok() {
            let events = events.without("AO_SESSION_ID").within(Duration::from_secs(10)).run();
            eprintln!("--- the last events\n{}{}", events.out(), events.err());
        }
        let log = std::fs::read_to_string(self.data().join("log/supervisor.log"));
        let log = log.unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(40).collect();
        eprintln!("--- the supervisor's log");
        for line in lines.iter().rev() {
            eprintln!("{line}");
        }
        for process in self.processes() {
            eprintln!("--- process {}", described(process));
        }
    }

    /// Ends everything through `ao`; returns what that did not end.
    fn end(&self) -> Vec<Process> {
        if self.processes().is_empty() {
            return Vec::new();
        }
        let running = self.ao(&["--json", "status"]).run();
        if running.code() == 0 && running.json()["supervisor"]["pid"].is_null() {
            // One that adopts the sessions, to end them.
            self.ao(&["ls"]).run();
        }
        self.ao(&["stop", "--sessions", "--yes"]).run();
        wait_gone(&self.processes(), END)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        if failed {
            let report = std::panic::AssertUnwindSafe(|| self.report());
            let _ = std::panic::catch_unwind(report);
        }
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.end()));
        let left: Vec<String> = self.processes().into_iter().map(described).collect();
        for process in self.processes() {
            process.signal(rustix::process::Signal::KILL);
        }
        let root = self.root().to_owned();
        let closed = self.dir.take().expect("only the end takes it").close();
        if !failed {
            assert!(ended.is_ok(), "ao could not end what it had started");
            assert!(left.is_empty(), "processes are left: {left:#?}");
            closed.unwrap();
            assert!(!root.exists());
        }
    }
}
