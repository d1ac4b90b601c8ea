//! A project with a scripted agent that writes down each time it runs.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Ao, Repository, Sandbox, eventually};

/// The first line of every script of the cases: line numbers count it as 1.
pub const META: &str = "export const meta={name:'t',description:'t'}\n";

/// A project and its agent.
pub struct Bed {
    pub sandbox: Sandbox,
    pub shop: Repository,
}

/// What came of a run.
pub struct Ran {
    pub code: i32,
    pub json: Value,
    pub err: String,
}

impl Ran {
    pub fn result(&self) -> &Value {
        &self.json["result"]
    }

    pub fn failures(&self) -> Vec<String> {
        let all = self.json["failures"]
            .as_array()
            .unwrap_or_else(|| panic!("{} {}", self.json, self.err));
        all.iter().map(|failure| failure["message"].as_str().unwrap().to_owned()).collect()
    }

    pub fn kinds(&self) -> Vec<String> {
        let all = self.json["failures"]
            .as_array()
            .unwrap_or_else(|| panic!("{} {}", self.json, self.err));
        all.iter().map(|failure| failure["kind"].as_str().unwrap().to_owned()).collect()
    }

    pub fn warnings(&self) -> String {
        self.json["warnings"].to_string()
    }
}

impl Bed {
    pub fn new() -> Self {
        Self::configured(&[])
    }

    /// With settings.
    pub fn configured(settings: &[[&str; 2]]) -> Self {
        let sandbox = Sandbox::new();
        for [name, value] in settings {
            sandbox.ao(&["config", "set", name, value]).ok();
        }
        let shop = sandbox.plain_shop();
        std::fs::create_dir_all(sandbox.path("state")).unwrap();
        Self { sandbox, shop }
    }

    pub fn script(&self, body: &str) -> PathBuf {
        let file = self.sandbox.path("t.js");
        std::fs::write(&file, format!("{META}{body}")).unwrap();
        file
    }

    /// `ao workflow run FILE OPTIONS -- the scripted agent`.
    pub fn command(&self, body: &str, options: &[&str]) -> Ao {
        let file = self.script(body);
        self.run_what(file.to_str().unwrap(), options)
    }

    pub fn run_what(&self, what: &str, options: &[&str]) -> Ao {
        let mut args = vec!["--json", "--project", "shop", "workflow", "run", what];
        args.extend(options);
        let agent = scripted();
        args.extend(["--", agent.to_str().unwrap()]);
        self.sandbox
            .ao(&args)
            .env("FAKE_LOG", self.sandbox.path("ran"))
            .env("FAKE_STATE", self.sandbox.path("state"))
    }

    /// Runs it, taking nothing from earlier runs.
    pub fn run(&self, body: &str) -> Ran {
        self.run_with(body, &["--fresh"])
    }

    pub fn run_with(&self, body: &str, options: &[&str]) -> Ran {
        let ran = self.command(body, options).run();
        let json = serde_json::from_str(&ran.out()).unwrap_or_default();
        Ran { code: ran.code(), json, err: ran.err() }
    }

    /// Starts it and returns its id.
    pub fn detach(&self, body: &str, options: &[&str]) -> String {
        let options: Vec<&str> = options.iter().copied().chain(["--detach"]).collect();
        let ran = self.command(body, &options).ok();
        ran.json()["run"]["run_id"].as_str().unwrap().to_owned()
    }

    /// The value, which must have been come to.
    pub fn is(&self, body: &str, value: Value) {
        let ran = self.run(body);
        assert_eq!(ran.code, 0, "{body}: {} {}", ran.json, ran.err);
        assert_eq!(*ran.result(), value, "{body}");
    }

    fn lines(&self, what: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.sandbox.path("ran")).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<[String; 2]>(line).unwrap());
        lines.filter(|[kind, _]| kind == what).map(|[_, prompt]| prompt).collect()
    }

    /// Prompts of agents that ran, in the order in which they did.
    pub fn ran(&self) -> Vec<String> {
        self.lines("ran")
    }

    pub fn turns(&self) -> Vec<String> {
        self.lines("turn")
    }

    pub fn tools(&self) -> usize {
        self.lines("tool").len()
    }

    /// How many agents with `!sleep` there were at the same time at most.
    pub fn peak(&self) -> usize {
        let text = std::fs::read_to_string(self.sandbox.path("ran")).unwrap_or_default();
        let (mut now, mut peak) = (0_usize, 0);
        for line in text.lines() {
            let [kind, prompt] = serde_json::from_str::<[String; 2]>(line).unwrap();
            match kind.as_str() {
                "ran" if prompt.starts_with("!sleep") => now += 1,
                "over" => now -= 1,
                _ => {}
            }
            peak = peak.max(now);
        }
        peak
    }

    /// Forgets what ran until now.
    pub fn forget(&self) {
        let _ = std::fs::remove_file(self.sandbox.path("ran"));
    }

    /// Waits until this many agents have begun.
    pub fn until_ran(&self, count: usize) {
        eventually(self.sandbox.root(), "agents have begun", || {
            (self.ran().len() >= count).then_some(())
        });
    }

    pub fn status(&self, run: &str) -> Value {
        self.sandbox.ao(&["workflow", "status", run]).json()["run"].clone()
    }

    /// What came of a run, once it is over.
    pub fn result(&self, run: &str) -> Ran {
        let ran = self.sandbox.ao(&["--json", "workflow", "result", run, "--wait"]).run();
        let json = serde_json::from_str(&ran.out()).unwrap_or_default();
        Ran { code: ran.code(), json, err: ran.err() }
    }

    /// F27: the records are whole, and of a run that is over nothing is said to be at work.
    pub fn is_sound(&self) {
        let file = self.sandbox.data().join("ao.db");
        crate::crash::rest::database(&file);
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = rusqlite::Connection::open_with_flags(&file, flags).unwrap();
        let sql = "SELECT count(*) FROM workflow_ops AS o JOIN workflow_runs AS r ON r.id = o.run \
                   WHERE r.finished_at IS NOT NULL AND o.state IN ('issued', 'running')";
        let open: u32 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(open, 0);
    }

    /// Kills the supervisor without a word; its keeper, or the next command, brings another.
    pub fn kill_supervisor(&self) {
        let supervisor = self.sandbox.supervisor();
        supervisor.signal(rustix::process::Signal::KILL);
        supervisor.wait(crate::support::SOON);
    }
}

fn scripted() -> PathBuf {
    crate::support::example("scripted")
}
