//! A sandbox with several scripted agents, and what is known of them afterwards.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use serde_json::Value;

use super::history::{Heard, Verdict};
use super::sender::Accepted;
use crate::support::{Probe, Sandbox};

/// The world and its agents.
pub struct Field {
    pub sandbox: Sandbox,
    pub sessions: Vec<String>,
}

/// An agent's manifest, but for what is the same for all.
pub struct Manifest<'a> {
    pub hooks: bool,
    /// More switches of the scripted agent.
    pub switches: &'a [&'a str],
    /// Lines of its section `inject`.
    pub inject: &'a str,
}

/// Rules by which the scripted agent's composer and dialog are known.
pub const RULES: &str = "[[inject.dialog]]\nname = \"dialog\"\ntext = \"Do you want to\"\n\
    last_rows = 20\n\n[inject.composer]\nprompts = [\">\"]\n";

impl Manifest<'_> {
    /// With hooks, and nothing but them.
    pub const HOOKED: Self = Self { hooks: true, switches: &[], inject: "settle_ms = 20\n" };
    /// Without any.
    pub const PLAIN: Self = Self { hooks: false, switches: &[], inject: "settle_ms = 20\n" };

    /// Writes it as that of the agent `name`.
    pub fn write(&self, sandbox: &Sandbox, name: &str) {
        let mut argv = sandbox.quiet_probe();
        let program = argv.remove(0);
        if self.hooks {
            argv.push("--hooks".to_owned());
        }
        argv.extend(self.switches.iter().map(|&switch| switch.to_owned()));
        let (kind, idle) = if self.hooks { ("any", "hooks") } else { ("none", "quiet") };
        let text = format!(
            "name = \"{name}\"\nbinary = {program:?}\nargv = {argv:?}\nprompt = \"paste\"\n\
             system_prompt = \"file\"\nhooks = \"{kind}\"\nidle_evidence = \"{idle}\"\n\n[inject]\n\
             bracketed_only = true\n{}",
            self.inject
        );
        std::fs::write(sandbox.config().join(format!("agents/{name}.toml")), text).unwrap();
    }
}

impl Field {
    /// `count` agents of this manifest, all of them idle.
    pub fn new(count: usize, manifest: &Manifest<'_>) -> Self {
        let sandbox = Sandbox::new();
        manifest.write(&sandbox, "stormed");
        let settings = "agent = \"stormed\"\n\n[limits]\nqueue = 2000\n";
        std::fs::write(sandbox.config().join("config.toml"), settings).unwrap();
        sandbox.plain_shop();
        let sessions = (0..count).map(|_| sandbox.worker()).collect();
        Self { sandbox, sessions }
    }

    pub fn probe(&self, session: &str) -> Probe {
        self.sandbox.probe(session)
    }

    /// Waits until the agents have taken so many prompts altogether.
    pub fn hears(&self, count: usize, limit: Duration) {
        let probes: Vec<Probe> = self.sessions.iter().map(|id| self.probe(id)).collect();
        let heard = || probes.iter().map(|probe| probe.said().len()).sum::<usize>();
        let in_time = until(&self.sandbox.ledger(), limit, || heard() >= count);
        if !in_time {
            eprintln!("not within {limit:?}: {} of {count} prompts", heard());
        }
    }

    /// Waits until every message is in one of these states; those that are not are in the verdict.
    pub fn settles(&self, states: &[&str], limit: Duration) {
        let settled = |message: &Value| states.contains(&message["state"].as_str().unwrap());
        let all = || self.sessions.iter().all(|id| self.messages(id).iter().all(settled));
        until(&self.sandbox.data(), limit, all);
    }

    /// `ao messages` of a session.
    pub fn messages(&self, session: &str) -> Vec<Value> {
        let list = self.sandbox.ao(&["messages", "--session", session, "--limit", "10000"]).json();
        list["messages"].as_array().unwrap().clone()
    }

    /// Compares everything.
    pub fn verdict(&self, accepted: &[Accepted]) -> Verdict {
        let mut verdict = Verdict::default();
        for session in &self.sessions {
            let said = self.probe(session).said();
            let messages = self.messages(session);
            verdict.compare(accepted, &Heard { session, said: &said, messages: &messages });
        }
        verdict
    }
}

/// Calls `look` after changes in the directory until it is content; not more often than ten times
/// a second, for looking costs.
pub fn until(directory: &std::path::Path, limit: Duration, mut look: impl FnMut() -> bool) -> bool {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
        .expect("the limit of inotify instances is not reached");
    inotify::add_watch(
        &watch,
        directory,
        inotify::WatchFlags::MODIFY | inotify::WatchFlags::CREATE,
    )
    .unwrap();
    let deadline = Instant::now() + limit;
    loop {
        let looked = Instant::now();
        if look() {
            return true;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let mut fds = [PollFd::new(&watch, PollFlags::IN)];
        let _ = poll(&mut fds, Some(&Timespec::try_from(left).unwrap()));
        let mut buffer = [0; 4096];
        while rustix::io::read(&watch, &mut buffer).is_ok_and(|count| count > 0) {}
        std::thread::sleep(Duration::from_millis(100).saturating_sub(looked.elapsed()));
    }
}
