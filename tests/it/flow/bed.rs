//! A project with flows of its person, and a scripted agent that writes down each time it runs.

use std::path::PathBuf;

use serde_json::Value;

use crate::storm::kills;
use crate::support::{Ao, Repository, Sandbox, eventually, example};

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
    pub fn id(&self) -> &str {
        self.json["run_id"].as_str().unwrap_or_else(|| panic!("{} {}", self.json, self.err))
    }

    pub fn result(&self) -> &Value {
        &self.json["result"]
    }

    pub fn state_of(&self, step: &str) -> &str {
        self.json["steps"][step]
            .as_str()
            .unwrap_or_else(|| panic!("{step}: {} {}", self.json, self.err))
    }
}

impl Bed {
    pub fn new() -> Self {
        let sandbox = Sandbox::new();
        let shop = sandbox.plain_shop();
        std::fs::create_dir_all(sandbox.path("state")).unwrap();
        std::fs::create_dir_all(sandbox.config().join("flows")).unwrap();
        Self { sandbox, shop }
    }

    /// A flow of the person's own; `body` is what comes after its name.
    pub fn write(&self, body: &str) -> PathBuf {
        let file = self.sandbox.config().join("flows/t.toml");
        std::fs::write(&file, format!("name = \"t\"\n{body}")).unwrap();
        file
    }

    /// `ao flow run FILE OPTIONS -- the scripted agent`.
    pub fn command(&self, body: &str, options: &[&str]) -> Ao {
        let file = self.write(body);
        let mut args = vec!["--project", "shop", "flow", "run", file.to_str().unwrap()];
        args.extend(options);
        let agent = example("scripted");
        args.extend(["--", agent.to_str().unwrap()]);
        self.sandbox
            .ao(&args)
            .env("FAKE_LOG", self.sandbox.path("ran"))
            .env("FAKE_STATE", self.sandbox.path("state"))
    }

    pub fn run(&self, body: &str) -> Ran {
        self.run_with(body, &[])
    }

    pub fn run_with(&self, body: &str, options: &[&str]) -> Ran {
        ran(self.command(body, &[&["--json"], options].concat()))
    }

    /// Starts it and returns its id.
    pub fn detach(&self, body: &str) -> String {
        let answer = self.command(body, &["--detach"]).json();
        answer["run"]["run_id"].as_str().unwrap().to_owned()
    }

    /// What came of a run, once it is over.
    pub fn result(&self, run: &str) -> Ran {
        ran(self.sandbox.ao(&["--json", "flow", "result", run, "--wait"]))
    }

    /// `ao flow VERB RUN …`, which must succeed.
    pub fn tell(&self, args: &[&str]) -> Value {
        self.sandbox.ao(&[&["flow"], args].concat()).json()["run"].clone()
    }

    pub fn show(&self, run: &str) -> Value {
        self.tell(&["show", run])
    }

    /// One step of a run.
    pub fn step(&self, run: &str, id: &str) -> Value {
        let view = self.show(run);
        let steps = view["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("{view}")).clone()
    }

    /// Waits until a step is there.
    pub fn until(&self, run: &str, step: &str, state: &str) -> Value {
        eventually(self.sandbox.root(), &format!("{step} is {state}"), || {
            Some(self.step(run, step)).filter(|step| step["state"] == state)
        })
    }

    /// Prompts of agents that ran, in the order in which they did.
    pub fn ran(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.sandbox.path("ran")).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<[String; 2]>(line).unwrap());
        lines.filter(|[kind, _]| kind == "ran").map(|[_, prompt]| prompt).collect()
    }

    /// Waits until this many agents have begun.
    pub fn until_ran(&self, count: usize) {
        eventually(self.sandbox.root(), "agents have begun", || {
            (self.ran().len() >= count).then_some(())
        });
    }

    /// Kills the supervisor without a word; its keeper, or the next command, brings another.
    pub fn kill_supervisor(&self) {
        let supervisor = kills::supervisor(&self.sandbox).unwrap_or_else(|| {
            // The keeper waits a little before it brings another; a command does not.
            self.sandbox.ao(&["flow", "ls", "--runs"]).ok();
            self.sandbox.supervisor()
        });
        supervisor.signal(rustix::process::Signal::KILL);
        supervisor.wait(crate::support::SOON);
    }
}

fn ran(ao: Ao) -> Ran {
    let ran = ao.run();
    let json = serde_json::from_str(&ran.out()).unwrap_or_default();
    Ran { code: ran.code(), json, err: ran.err() }
}

/// `[[step]]` with these fields.
pub fn step(id: &str, fields: &str) -> String {
    format!("[[step]]\nid = {id:?}\n{fields}\n")
}
