//! A project whose agents are one real program, in a home of its own, with the scripted model.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Ao, Events, LATER, ModelServer, Repository, Sandbox, eventually_within, installed,
};

/// A real program and how a person would have set it up for the scripted model.
pub struct Agent {
    pub name: &'static str,
    /// Files of the home: path and text, with `{url}` for the server's address and `{world}` for the
    /// folder that everything of the test is in.
    pub home: &'static [(&'static str, &'static str)],
    /// Variables of the person's shell.
    pub env: &'static [(&'static str, &'static str)],
    /// The words of `--permission` that ask before each command; empty for an agent without modes.
    pub ask: &'static str,
    /// Those that never ask.
    pub free: &'static str,
}

/// The test's world.
pub struct Team {
    // Dropped first: the sandbox proves that nothing is left.
    pub model: ModelServer,
    pub sandbox: Sandbox,
    pub shop: Repository,
    agent: &'static Agent,
    bin: PathBuf,
}

/// A real program needs a while to start on a busy machine.
pub const PATIENCE: &str = "110";

impl Team {
    /// A registered repository without an orchestrator.
    pub fn new(agent: &'static Agent) -> Self {
        let sandbox = Sandbox::in_own_place();
        let model = ModelServer::start(&sandbox.path("model"));
        let world = sandbox.root().display().to_string();
        let fill = |text: &str| text.replace("{url}", &model.url()).replace("{world}", &world);
        for (file, text) in agent.home {
            let file = sandbox.path("home").join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, fill(text)).unwrap();
        }
        let text = format!("agent = \"{}\"\n", agent.name);
        std::fs::write(sandbox.config().join("config.toml"), text).unwrap();
        let shop = sandbox.repository("shop");
        let team = Self { model, sandbox, shop, agent, bin: installed(agent.name) };
        team.ao(&["start", "--no-orchestrator"]).dir(team.shop.path()).ok();
        team
    }

    /// `ao` with the environment that a person with this agent would have.
    pub fn ao(&self, args: &[&str]) -> Ao {
        let path = std::env::var("PATH").unwrap();
        let mut ao = self.sandbox.ao(args).env("PATH", format!("{}:{path}", self.bin.display()));
        for (name, value) in self.agent.env {
            ao = ao.env(name, value.replace("{url}", &self.model.url()));
        }
        ao.dir(self.shop.path()).within(Duration::from_secs(120))
    }

    /// A worker that does what it is told without asking, once it is idle.
    pub fn worker(&self, task: &str) -> String {
        self.spawn(self.agent.free, task)
    }

    /// A worker that asks before each command.
    pub fn asking_worker(&self, task: &str) -> String {
        self.spawn(self.agent.ask, task)
    }

    /// The orchestrator, once it is idle.
    pub fn orchestrator(&self) -> String {
        let id = "shop-orchestrator".to_owned();
        self.ao(&["orchestrator", "start"]).ok();
        self.idle(&id);
        id
    }

    /// The orchestrator, doing what it is told without asking, once it is idle.
    pub fn free_orchestrator(&self) -> String {
        let id = "shop-orchestrator".to_owned();
        self.ao(&["orchestrator", "start", "--permission", self.agent.free]).ok();
        self.idle(&id);
        id
    }

    /// Speaks to the session until its model is offered this tool: servers come up in the
    /// background.
    pub fn until_tool(&self, id: &str, tool: &str) {
        for number in 0..30 {
            let message = self.send(id, &format!("hello number {number}"));
            self.until_reply(&message);
            // Some offer it by name only, and load it when it is asked for.
            let offers = |request: &Value| self.model.body(request).to_string().contains(tool);
            if self.model.requests().iter().any(offers) {
                return;
            }
        }
        panic!("the model was never offered {tool}: {:?}", self.model.requests().last());
    }

    fn spawn(&self, permission: &str, task: &str) -> String {
        let mut all = vec!["-q", "spawn"];
        if !permission.is_empty() {
            all.extend(["--permission", permission]);
        }
        all.extend(Some(task).filter(|task| !task.is_empty()));
        self.ao(&all).ok().line()
    }

    /// Waits until the session is idle by its agent's own word.
    pub fn idle(&self, id: &str) {
        self.ao(&["wait", id, "--for", "idle", "--timeout", PATIENCE]).ok();
    }

    /// Waits until the turn of this message has ended.
    pub fn until_reply(&self, message: &str) {
        let wait = ["wait", message, "--for", "reply", "--timeout", PATIENCE];
        let waited = self.ao(&wait).json();
        assert_eq!(self.sandbox.message(message)["state"], "answered", "{waited}");
    }

    /// Waits until the first prompt of a session has been answered.
    pub fn until_answered(&self, id: &str) {
        self.events().until("an answer", |event| {
            event["kind"] == "message.answered" && event["session"] == id
        });
    }

    /// Sends and returns the message's id.
    pub fn send(&self, id: &str, text: &str) -> String {
        self.ao(&["-q", "send", id, text]).ok().line()
    }

    /// The markers that begin with `stem` and end with two digits, in the order in which the model
    /// was told of them in the longest conversation, each as often as it is there.
    pub fn heard(&self, stem: &str) -> Vec<String> {
        let conversations = self.model.requests().into_iter().map(|request| {
            let text = whole(&self.model.body(&request));
            let marker = |(at, _): (usize, &str)| text.get(at..at + stem.len() + 2);
            text.match_indices(stem).filter_map(marker).map(str::to_owned).collect::<Vec<_>>()
        });
        conversations.max_by_key(Vec::len).unwrap_or_default()
    }

    /// Waits until the model has been told of the marker.
    pub fn until_heard(&self, marker: &str) {
        self.model.request(marker, |request| {
            request["user"].as_str().is_some_and(|text| text.contains(marker))
                || whole(&self.model.body(request)).contains(marker)
        });
    }

    /// Waits until the session's status has been this since the test began.
    pub fn until_status(&self, id: &str, status: &str) {
        self.events().until(&format!("{id} is {status}"), |event| {
            event["kind"] == "session.activity"
                && event["session"] == id
                && event["data"]["activity"] == status
                && event["data"]["source"] == "hook"
        });
    }

    /// Looks again after every change of the supervisor's records, until there is something.
    pub fn eventually<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        eventually_within(LATER, &self.sandbox.data(), what, look)
    }

    /// A task in the headless mode, which asks nobody.
    pub fn run_agent(&self, args: &[&str]) -> Ao {
        let mut all = vec!["run-agent"];
        if !self.agent.free.is_empty() {
            all.extend(["--permission", self.agent.free]);
        }
        all.extend(args);
        self.ao(&all)
    }

    /// The outcome of such a task.
    pub fn one_task(&self, args: &[&str]) -> Value {
        self.run_agent(args).json()["outcome"].clone()
    }

    /// Prompt and output tokens of a usage answer.
    pub fn counted(&self, usage: &Value) -> [u64; 2] {
        let number = |name: &str| usage["total"][name].as_u64().unwrap_or(0);
        [number("input") + number("cache_read") + number("cache_write"), number("output")]
    }

    /// The same as the server logged it, of all requests of turns whose prompt contains `text`.
    pub fn logged(&self, text: &str) -> [u64; 2] {
        let mut sum = [0, 0];
        for request in self.model.requests() {
            let has_tools = request["tools"].as_array().is_some_and(|tools| !tools.is_empty());
            if has_tools && request["user"].as_str().is_some_and(|user| user.contains(text)) {
                let number = |name: &str| request["usage"][name].as_u64().unwrap_or(0);
                sum[0] += number("in") + number("read") + number("write");
                sum[1] += number("out");
            }
        }
        sum
    }

    pub fn status(&self, id: &str) -> Value {
        self.sandbox.session(id)["status"].clone()
    }

    pub fn events(&self) -> Events {
        self.sandbox.events().within(LATER)
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for session in
            self.sandbox.ao(&["ls", "--json"]).run().json()["sessions"].as_array().unwrap()
        {
            let id = session["id"].as_str().unwrap();
            let (screen, mail) =
                (self.sandbox.ao(&["screen", id]), self.sandbox.ao(&["messages", id]));
            eprintln!("--- {session}\n{}\n{}", screen.run().out(), mail.run().out());
        }
    }
}

/// Every text of a request: role, tools and turns.
pub fn whole(body: &Value) -> String {
    json!(body).to_string()
}
