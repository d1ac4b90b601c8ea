//! The scripted agent of the tests: a program in a raw terminal that records every byte typed into
//! it and every prompt submitted to it, outside its worktree, and does what a test tells it through
//! a socket of its own. Built by `cargo test`, never installed.
//!
//! `probe --ledger DIR [switches of behaviour.rs] [PROMPT]`, or `probe --version`

mod behaviour;
mod composer;
mod control;
mod ledger;
mod terminal;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use behaviour::Behaviour;
use composer::Composer;
use ledger::Ledger;

/// What its threads share.
pub struct Probe {
    ledger: Ledger,
    behaviour: Mutex<Behaviour>,
    reading: std::sync::Condvar,
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        return println!("probe 2.0");
    }
    let (behaviour, directory) = Behaviour::of(std::env::args().skip(1));
    let ledger = Ledger::open(&directory);
    ledger.started();
    let (plain, exit, delay) = (behaviour.plain, behaviour.exit, behaviour.slow_echo);
    let prompt = behaviour.prompt.clone();
    if let Some(code) = exit {
        std::process::exit(code);
    }
    let probe = Arc::new(Probe {
        ledger,
        behaviour: Mutex::new(behaviour),
        reading: std::sync::Condvar::new(),
    });
    terminal::prepare(plain, delay);
    control::listen(probe.clone());
    let takes = probe.behaviour.lock().unwrap().takes_context;
    let words = if takes { r#"{"takes_context":["tool","turn"]}"# } else { "{}" };
    probe.hook("session-started", words);
    if let Some(prompt) = prompt {
        probe.submitted(&prompt);
    }
    probe.ledger.ready();
    terminal::read(&probe, &mut Composer::default());
}

impl Probe {
    /// A prompt as an agent takes it: told to the hook, recorded unless that blocks it, answered.
    pub fn submitted(self: &Arc<Self>, text: &str) {
        let (holds, busy) = {
            let behaviour = self.behaviour.lock().unwrap();
            (behaviour.holds, behaviour.busy)
        };
        let payload = serde_json::json!({ "text": text }).to_string();
        let answer = self.hook("prompt-submitted", &payload);
        if answer.contains("\"block\"") {
            return self.ledger.blocked(text);
        }
        self.ledger.said(text);
        terminal::print(&format!("said: {text}\n"));
        if !busy.is_zero() {
            let probe = self.clone();
            drop(std::thread::spawn(move || probe.works(busy)));
        } else if holds {
            self.behaviour.lock().unwrap().held = Some(text.to_owned());
            terminal::print("\x1b7\x1b[1;1Hworking\x1b8");
        } else {
            self.end_turn();
        }
    }

    /// Escape: stops the turn that is kept open. Its prompt comes back, and no hook tells.
    pub fn stops(&self) -> Option<String> {
        let prompt = {
            let mut behaviour = self.behaviour.lock().unwrap();
            if let Some(left) = behaviour.deaf.checked_sub(1) {
                behaviour.deaf = left;
                None
            } else {
                behaviour.holds = false;
                behaviour.held.take()
            }
        };
        self.ledger.escaped(prompt.is_some());
        if prompt.is_some() {
            terminal::print("\x1b[2J\x1b[Hstopped\n");
        }
        prompt
    }

    /// The turn ends, unless there is something to go on with.
    pub fn end_turn(&self) {
        if self.behaviour.lock().unwrap().held.take().is_some() {
            terminal::print("\x1b7\x1b[1;1H       \x1b8");
        }
        while self.takes(&self.hook("turn-ended", r#"{"text":"ready"}"#)) {
            if self.behaviour.lock().unwrap().holds {
                return;
            }
        }
    }

    /// Takes the context of a hook's answer, as an agent does that can; whether there was one.
    pub fn takes(&self, answer: &str) -> bool {
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
        let acknowledges = self.behaviour.lock().unwrap().acknowledges;
        let Some(context) = answer["context"].as_str() else { return false };
        self.ledger.said(context);
        self.ledger.took(context);
        if acknowledges {
            let payload = serde_json::json!({ "text": context }).to_string();
            self.hook("prompt-submitted", &payload);
        }
        true
    }

    /// Shows that it works, and then that it is through; reads its terminal meanwhile.
    fn works(&self, busy: Duration) {
        let end = Instant::now() + busy;
        while Instant::now() < end {
            terminal::print("\x1b7\x1b[1;1Hworking\x1b8");
            std::thread::sleep(Duration::from_millis(200).min(busy));
        }
        self.end_turn();
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
