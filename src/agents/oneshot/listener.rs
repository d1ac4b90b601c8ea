//! Who hears what a one-shot run does while it does it: the supervisor, by the neutral hook, and a
//! person who looks at its terminal.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::agents::headless::{Said, Spent};

/// Longest line of a tool's arguments that is painted, in characters.
const SHOWN: usize = 200;

/// Takes the neutral hook's events, in order: name and fields. Never fails and never waits long:
/// an agent must not suffer for it.
pub trait Listener: Send {
    /// One event.
    fn tell(&mut self, event: &str, data: Value);
}

/// One that hears nothing: outside of every session.
pub struct Deaf;

impl Listener for Deaf {
    fn tell(&mut self, _: &str, _: Value) {}
}

/// Tells a listener and paints, where the run is in a session.
pub(super) struct Audience {
    listener: Box<dyn Listener>,
    paints: bool,
}

impl Audience {
    pub(super) fn new(listener: Box<dyn Listener>, paints: bool) -> Self {
        Self { listener, paints }
    }

    pub(super) fn prompt(&mut self, text: &str) {
        self.listener.tell("prompt-submitted", json!({ "text": text }));
        for line in text.lines() {
            self.paint(&format!("> {line}"));
        }
    }

    /// What the agent has said.
    pub(super) fn hear(&mut self, said: &Said) {
        match said {
            Said::Conversation(id) => {
                self.listener.tell("session-started", json!({ "conversation_id": id }));
            }
            Said::Words(words) => words.lines().for_each(|line| self.paint(line)),
            Said::ToolStarted { tool, call_id, parent, input } => {
                self.paint(&format!("* {tool} {}", short(input)));
                let mut data = json!({ "tool": tool, "call_id": call_id, "input": input,
                    "source": "stream" });
                if let Some(parent) = parent {
                    data["parent"] = parent.as_str().into();
                }
                self.listener.tell("tool-started", data);
            }
            Said::ToolEnded { tool, call_id, output, error, run_ms } => {
                if let Some(error) = error {
                    self.paint(&format!("  failed: {}", cut(error)));
                }
                let mut data = Map::new();
                let mut set = |name: &str, value: Value| {
                    if !value.is_null() {
                        data.insert(name.to_owned(), value);
                    }
                };
                set("tool", tool.as_str().into());
                set("call_id", call_id.as_str().into());
                set("output", output.clone());
                set("error", json!(error));
                set("run_ms", json!(run_ms));
                set("source", "stream".into());
                self.listener.tell("tool-ended", Value::Object(data));
            }
            Said::Denied(tool) => self.paint(&format!("  not allowed: {tool}")),
            Said::Failed(words) => self.paint(&format!("failed: {}", cut(words))),
            Said::Attempt | Said::Spent(_) => {}
        }
    }

    /// A turn is over.
    pub(super) fn turn_ended(&mut self, answer: &str, spent: Option<&Spent>) {
        let mut data = json!({ "text": answer });
        if let Some(spent) = spent {
            data["usage"] = json!(spent.tokens);
            data["usage"]["provider"] = "neutral".into();
            data["usage"]["exact"] = spent.exact.into();
            if let Some(model) = &spent.model {
                data["usage"]["model"] = model.as_str().into();
            }
        }
        self.listener.tell("turn-ended", data);
    }

    /// A line for a person. Control characters in it could do things to the terminal.
    pub(super) fn paint(&mut self, line: &str) {
        if !self.paints {
            return;
        }
        let plain: String =
            line.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect();
        // A terminal that is gone has nobody who looks at it.
        let _ = writeln!(std::io::stdout(), "{plain}");
    }
}

fn short(input: &Value) -> String {
    match input.get("command").and_then(Value::as_str) {
        Some(command) => cut(command),
        None if input.is_null() => String::new(),
        None => cut(&input.to_string()),
    }
}

fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
