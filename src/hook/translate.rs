//! From an agent's words to the neutral events, and back.

use serde_json::Value;

use crate::wire::hook::HookAnswer;

/// An event in the form that every agent shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Neutral {
    /// `prompt-submitted`, `turn-ended` …
    pub event: String,
    /// The event's fields.
    pub data: Value,
}

/// The neutral events, in the words of the command line.
const EVENTS: [&str; 8] = [
    "session-started",
    "prompt-submitted",
    "tool-started",
    "tool-ended",
    "permission-asked",
    "permission-settled",
    "turn-ended",
    "session-ended",
];

/// What the event means; `None` if nothing to ao.
pub fn neutral(agent: &str, event: &str, payload: Value) -> Option<Neutral> {
    match agent {
        "any" => {
            EVENTS.contains(&event).then(|| Neutral { event: event.to_owned(), data: payload })
        }
        _ => None,
    }
}

/// What the agent reads on standard output, and the exit code it expects.
pub fn answer(_agent: &str, _event: &str, answer: &HookAnswer) -> (String, u8) {
    // Strings and options of them always have a JSON form.
    (serde_json::to_string(answer).unwrap_or_else(|_| "{}".to_owned()), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_program_speaks_the_neutral_form() {
        let payload = serde_json::json!({"text": "x"});
        let event = neutral("any", "prompt-submitted", payload.clone()).unwrap();
        assert_eq!(event, Neutral { event: "prompt-submitted".into(), data: payload });
        assert_eq!(neutral("any", "made-up", Value::Null), None);
        assert_eq!(neutral("nobody", "turn-ended", Value::Null), None);
        assert_eq!(answer("any", "turn-ended", &HookAnswer::default()), ("{}".into(), 0));
    }
}
