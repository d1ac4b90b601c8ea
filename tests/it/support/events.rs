//! The journal, followed: what tests wait by.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{SOON, Sandbox};

/// A running `ao events --follow --json`.
pub struct Events {
    child: Child,
    limit: Duration,
    lines: Receiver<Value>,
    /// What came so far, for the message of a failure.
    seen: Vec<Value>,
}

impl Events {
    /// Everything after number `since`.
    pub fn since(sandbox: &Sandbox, since: u64) -> Self {
        let mut command =
            sandbox.ao(&["--json", "events", "--follow", "--since", &since.to_string()]).command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let Ok(event) = serde_json::from_str(&line) else { break };
                if sender.send(event).is_err() {
                    break;
                }
            }
        });
        Self { child, limit: SOON, lines, seen: Vec::new() }
    }

    /// Waits longer for each event.
    pub fn within(self, limit: Duration) -> Self {
        let mut events = self;
        events.limit = limit;
        events
    }

    /// The next event that `wanted` is true of.
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let deadline = Instant::now() + self.limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(event) = self.lines.recv_timeout(left) else {
                let last: Vec<String> =
                    self.seen.iter().rev().take(10).rev().map(Value::to_string).collect();
                panic!("not within {:?}: {what}; the last events: {}", self.limit, last.join("\n"));
            };
            self.seen.push(event.clone());
            if wanted(&event) {
                return event;
            }
        }
    }

    /// The next event of a kind about a session.
    pub fn session(&mut self, kind: &str, session: &str) -> Value {
        self.until(&format!("{kind} of {session}"), |event| {
            event["kind"] == kind && event["session"] == session
        })
    }

    /// The next event of a kind about a message.
    pub fn message(&mut self, kind: &str, message: &str) -> Value {
        self.until(&format!("{kind} of {message}"), |event| {
            event["kind"] == kind && event["data"]["message"] == message
        })
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
