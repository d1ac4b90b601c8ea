//! From an agent's words to the neutral events, and back.

use std::path::Path;

use serde_json::{Map, Value};

use crate::agents::{
    Catalog, Hooks, Manifest, NeutralAnswer, NeutralEvent, TranscriptForm, claude,
};
use crate::wire::hook::HookAnswer;

/// An event in the form that every agent shares, with where in its work the agent was:
/// `conversation_id`, `turn`, `chain`, `transcript`.
#[derive(Debug, Clone, PartialEq)]
pub struct Neutral {
    /// `prompt-submitted`, `turn-ended` …
    pub event: String,
    /// The event's fields.
    pub data: Value,
}

/// In whose form an agent speaks.
#[derive(Debug)]
pub enum Dialect {
    /// The neutral form.
    Neutral,
    /// Claude Code's.
    Claude,
    /// Its own, as its manifest says.
    Mapped(Box<Manifest>),
    /// None that ao knows.
    Unknown,
}

impl Dialect {
    /// That of the agent of this name, by its manifest in `directory` or the built-in one.
    pub fn of(agent: &str, directory: &Path) -> Self {
        match agent {
            "any" => return Self::Neutral,
            "claude" => return Self::Claude,
            _ => {}
        }
        match Catalog::one(directory, agent) {
            Some(manifest) => match manifest.hooks {
                Hooks::Claude => Self::Claude,
                Hooks::Mapped => Self::Mapped(Box::new(manifest)),
                Hooks::Any => Self::Neutral,
                Hooks::None => Self::Unknown,
            },
            None => Self::Unknown,
        }
    }
}

/// What the event means; `None` if nothing to ao.
pub fn neutral(dialect: &Dialect, event: &str, payload: &Value) -> Option<Neutral> {
    let event = match dialect {
        Dialect::Neutral => NeutralEvent::read(event, payload).ok(),
        Dialect::Claude => claude::neutral(event, payload),
        Dialect::Mapped(manifest) => manifest.events.get(event)?.read(payload),
        Dialect::Unknown => None,
    };
    let mut neutral = split(&event?)?;
    if let Value::Object(fields) = &mut neutral.data {
        for (name, value) in situation(dialect, payload) {
            fields.entry(name).or_insert(value);
        }
    }
    Some(neutral)
}

/// Where in its work the agent was, as far as its payload says.
fn situation(dialect: &Dialect, payload: &Value) -> Map<String, Value> {
    match dialect {
        Dialect::Claude => claude::situation(payload),
        Dialect::Mapped(manifest) if manifest.transcript != TranscriptForm::None => {
            let names = ["transcript_path", "transcriptPath"];
            let path = names.iter().find_map(|name| payload.get(*name)).filter(|p| p.is_string());
            path.map(|path| ("transcript".to_owned(), path.clone())).into_iter().collect()
        }
        _ => {
            let field =
                |name: &str| payload.get(name).map(|value| (name.to_owned(), value.clone()));
            ["conversation_id", "turn", "chain"].into_iter().filter_map(field).collect()
        }
    }
}

/// The event's name and its fields, which the wire keeps apart.
fn split(event: &NeutralEvent) -> Option<Neutral> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(event) else { return None };
    let Some(Value::String(event)) = fields.remove("event") else { return None };
    Some(Neutral { event, data: Value::Object(fields) })
}

/// What the agent reads on standard output, which may be nothing, and the exit code it expects.
pub fn answer(dialect: &Dialect, event: &str, answer: &HookAnswer) -> (String, u8) {
    match dialect {
        Dialect::Claude => {
            let (text, code) = claude::answer(event, &told(answer));
            (text, u8::try_from(code).unwrap_or(0))
        }
        // Strings and options of them always have a JSON form.
        Dialect::Neutral | Dialect::Unknown => {
            (serde_json::to_string(&told(answer)).unwrap_or_else(|_| "{}".to_owned()), 0)
        }
        // What it would make of an answer is not known.
        Dialect::Mapped(_) => (String::new(), 0),
    }
}

/// The supervisor's answer in the agents' form; a decision that is not known decides nothing.
fn told(answer: &HookAnswer) -> NeutralAnswer {
    let decision = answer.decision.as_ref().map(|word| Value::String(word.clone()));
    NeutralAnswer {
        decision: decision.and_then(|word| serde_json::from_value(word).ok()),
        reason: answer.reason.clone(),
        context: answer.context.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_program_speaks_the_neutral_form() {
        let payload = json!({"text": "x", "event": "forged"});
        let event = neutral(&Dialect::Neutral, "prompt-submitted", &payload).unwrap();
        let data = json!({"text": "x"});
        assert_eq!(event, Neutral { event: "prompt-submitted".into(), data });
        assert_eq!(neutral(&Dialect::Neutral, "made-up", &json!({})), None);
        assert_eq!(neutral(&Dialect::Unknown, "turn-ended", &json!({})), None);
        assert_eq!(
            answer(&Dialect::Neutral, "turn-ended", &HookAnswer::default()),
            ("{}".into(), 0)
        );
    }

    #[test]
    fn claude_is_translated_both_ways() {
        let event =
            neutral(&Dialect::Claude, "UserPromptSubmit", &json!({"prompt": "do it"})).unwrap();
        assert_eq!(event.event, "prompt-submitted");
        assert_eq!(event.data, json!({"text": "do it"}));
        assert_eq!(neutral(&Dialect::Claude, "Notification", &json!({})), None);
        assert_eq!(answer(&Dialect::Claude, "Stop", &HookAnswer::default()), (String::new(), 0));
        let block = HookAnswer {
            decision: Some("block".into()),
            reason: Some("seen".into()),
            ..HookAnswer::default()
        };
        let (text, code) = answer(&Dialect::Claude, "UserPromptSubmit", &block);
        assert_eq!(code, 0);
        assert!(text.contains("block") && text.contains("seen"), "{text}");
    }

    #[test]
    fn the_manifest_says_how_an_agent_speaks() {
        let none = Path::new("/nonexistent");
        assert!(matches!(Dialect::of("codex", none), Dialect::Claude));
        assert!(matches!(Dialect::of("nobody", none), Dialect::Unknown));
        assert!(matches!(Dialect::of("../claude", none), Dialect::Unknown));
        let gemini = Dialect::of("gemini", none);
        let payload = json!({"prompt": "do it", "transcript_path": "/c/chat.jsonl"});
        let event = neutral(&gemini, "BeforeAgent", &payload).unwrap();
        assert_eq!(event.event, "prompt-submitted");
        assert_eq!(event.data, json!({"text": "do it", "transcript": "/c/chat.jsonl"}));
        assert_eq!(answer(&gemini, "BeforeAgent", &HookAnswer::default()), (String::new(), 0));
    }
}
