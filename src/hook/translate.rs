//! From an agent's words to the neutral events, and back.

use serde_json::{Map, Value};

use crate::agents::{NeutralAnswer, NeutralEvent, claude};
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

/// What the event means; `None` if nothing to ao.
pub fn neutral(agent: &str, event: &str, payload: &Value) -> Option<Neutral> {
    let event = match agent {
        "any" => NeutralEvent::read(event, payload).ok(),
        "claude" => claude::neutral(event, payload),
        _ => None,
    };
    let mut neutral = split(&event?)?;
    if let Value::Object(fields) = &mut neutral.data {
        for (name, value) in situation(agent, payload) {
            fields.entry(name).or_insert(value);
        }
    }
    Some(neutral)
}

/// Where in its work the agent was, as far as its payload says.
fn situation(agent: &str, payload: &Value) -> Map<String, Value> {
    match agent {
        "claude" => claude::situation(payload),
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
pub fn answer(agent: &str, event: &str, answer: &HookAnswer) -> (String, u8) {
    if agent == "claude" {
        let (text, code) = claude::answer(event, &told(answer));
        return (text, u8::try_from(code).unwrap_or(0));
    }
    // Strings and options of them always have a JSON form.
    (serde_json::to_string(answer).unwrap_or_else(|_| "{}".to_owned()), 0)
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
        let event = neutral("any", "prompt-submitted", &payload).unwrap();
        let data = json!({"text": "x"});
        assert_eq!(event, Neutral { event: "prompt-submitted".into(), data });
        assert_eq!(neutral("any", "made-up", &json!({})), None);
        assert_eq!(neutral("nobody", "turn-ended", &json!({})), None);
        assert_eq!(answer("any", "turn-ended", &HookAnswer::default()), ("{}".into(), 0));
    }

    #[test]
    fn claude_is_translated_both_ways() {
        let event = neutral("claude", "UserPromptSubmit", &json!({"prompt": "do it"})).unwrap();
        assert_eq!(event.event, "prompt-submitted");
        assert_eq!(event.data, json!({"text": "do it"}));
        assert_eq!(neutral("claude", "PreCompact", &json!({})), None);
        assert_eq!(answer("claude", "Stop", &HookAnswer::default()), (String::new(), 0));
        let block = HookAnswer {
            decision: Some("block".into()),
            reason: Some("seen".into()),
            context: None,
        };
        let (text, code) = answer("claude", "UserPromptSubmit", &block);
        assert_eq!(code, 0);
        assert!(text.contains("block") && text.contains("seen"), "{text}");
    }
}
