//! The scripted agent of the tests: a program in a raw terminal that records every byte typed into
//! it and every prompt submitted to it, outside its worktree, and does what a test tells it through
//! a socket of its own. Built by `cargo test`, never installed.
//!
//! `probe --ledger DIR [--hooks] [--plain] [--exit CODE] [PROMPT]`

mod control;
mod ledger;
mod terminal;

use std::sync::{Arc, Mutex};

use ledger::Ledger;
use terminal::Composer;

/// How it behaves, from its arguments and, later, from the test.
#[derive(Debug, Default)]
pub struct Behaviour {
    /// Calls `ao hook any …` as an agent with hooks does.
    hooks: bool,
    /// Does not ask for bracketed paste.
    plain: bool,
    /// Ends at once with this code.
    exit: Option<i32>,
    /// A prompt given as an argument.
    prompt: Option<String>,
    /// Keeps its turn open until it is told to end it.
    holds: bool,
    /// Shows a dialog in which Enter means yes.
    dialog: bool,
    /// Reads its terminal.
    reads: bool,
}

/// What its two threads share.
pub struct Probe {
    ledger: Ledger,
    behaviour: Mutex<Behaviour>,
    reading: std::sync::Condvar,
}

fn main() {
    let (behaviour, directory) = arguments(std::env::args().skip(1));
    let ledger = Ledger::open(&directory);
    ledger.started();
    let (plain, exit) = (behaviour.plain, behaviour.exit);
    let prompt = behaviour.prompt.clone();
    if let Some(code) = exit {
        std::process::exit(code);
    }
    let probe = Arc::new(Probe {
        ledger,
        behaviour: Mutex::new(behaviour),
        reading: std::sync::Condvar::new(),
    });
    terminal::prepare(plain);
    control::listen(probe.clone());
    probe.hook("session-started", "{}");
    if let Some(prompt) = prompt {
        probe.submitted(&prompt);
    }
    probe.ledger.ready();
    terminal::read(&probe, &mut Composer::default());
}

fn arguments(mut args: impl Iterator<Item = String>) -> (Behaviour, String) {
    let mut behaviour = Behaviour { reads: true, ..Behaviour::default() };
    let mut ledger = None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--ledger" => ledger = args.next(),
            "--hooks" => behaviour.hooks = true,
            "--plain" => behaviour.plain = true,
            "--exit" => behaviour.exit = args.next().and_then(|code| code.parse().ok()),
            _ => behaviour.prompt = Some(arg),
        }
    }
    (behaviour, ledger.expect("--ledger is given"))
}

impl Probe {
    /// A prompt as an agent takes it: told to the hook, recorded unless that blocks it, answered.
    pub fn submitted(&self, text: &str) {
        let holds = self.behaviour.lock().unwrap().holds;
        let payload = serde_json::json!({ "text": text }).to_string();
        let answer = self.hook("prompt-submitted", &payload);
        if answer.contains("\"block\"") {
            return self.ledger.blocked(text);
        }
        self.ledger.said(text);
        terminal::print(&format!("said: {text}\n"));
        if !holds {
            self.hook("turn-ended", "{}");
        }
    }

    /// Calls the hook, if this agent has hooks, and returns its answer.
    pub fn hook(&self, event: &str, payload: &str) -> String {
        if !self.behaviour.lock().unwrap().hooks {
            return String::new();
        }
        let argv = ["ao", "hook", "any", event].map(str::to_owned);
        let ran = control::run(&argv, &[], payload);
        self.ledger.hooked(event, &ran);
        ran["out"].as_str().unwrap_or_default().to_owned()
    }
}
