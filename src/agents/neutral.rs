//! The neutral hook: what any agent may tell about itself, and what it may be told back.
//! `ao hook any EVENT` speaks it directly; the folders of agents turn their own events into it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an agent tells. On the wire the event's name is beside its fields, as `event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum NeutralEvent {
    /// It is up.
    SessionStarted {
        /// What to resume it by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<String>,
        /// Where it takes context from the answers to its hooks, if its manifest does not say so:
        /// `tool`, `turn`. Whoever takes one shows it in a `prompt-submitted`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        takes_context: Vec<String>,
    },
    /// A prompt has been taken, perhaps only into its queue.
    PromptSubmitted {
        /// As the agent got it.
        text: String,
    },
    /// A tool is about to run.
    ToolStarted {
        /// Its name.
        tool: String,
        /// Same for start and end of one call.
        call_id: String,
        /// Its arguments.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
    },
    /// A tool has run.
    ToolEnded {
        /// Its name.
        tool: String,
        /// Same for start and end of one call.
        call_id: String,
        /// What it gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// How long it ran, in milliseconds, without the time that a permission took.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_ms: Option<u64>,
        /// Whether a context in the answer would reach the agent: not where a subagent of it ran
        /// the tool.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        takes_context: bool,
    },
    /// A dialog is open: Enter would answer it.
    PermissionAsked {
        /// Of the call that it is about.
        call_id: String,
        /// The tool to be allowed.
        tool: String,
        /// Its arguments.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
        /// It waits for the answer and goes by it.
        #[serde(default, skip_serializing_if = "is_no")]
        waits: bool,
    },
    /// It asks a person something: Enter would answer it, and nobody but a person can.
    QuestionAsked {
        /// Of the call that asks.
        call_id: String,
        /// The tool that asks.
        tool: String,
        /// What it asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
    },
    /// The dialog is closed.
    PermissionSettled {
        /// Of the call that it was about.
        call_id: String,
        /// The tool.
        tool: String,
        /// How it was answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<Decision>,
    },
    /// It is idle.
    TurnEnded {
        /// The last thing it said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Tokens, in the agent's own form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Value>,
        /// Why the turn ended early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Whether it would go on with a context in the answer.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        takes_context: bool,
        /// How many of its subagents go on in the background.
        #[serde(default, skip_serializing_if = "is_none")]
        background: u32,
    },
    /// One of its subagents has finished. The turn goes on.
    SubagentEnded {
        /// Which one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chain: Option<String>,
    },
    /// Its conversation is made shorter, or has been; that says nothing of what it does.
    Compacted {},
    /// It goes.
    SessionEnded {
        /// In its own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Which conversation ended: one that is not the session's is none of ours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation_id: Option<String>,
    },
}

fn yes() -> bool {
    true
}

fn is_no(value: &bool) -> bool {
    !*value
}

fn is_yes(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

impl NeutralEvent {
    /// Reads the neutral form: the event's name, and its fields as a JSON object.
    ///
    /// # Errors
    /// When the event is not known, a field is missing, or it is not an object.
    pub fn read(event: &str, fields: &Value) -> Result<Self, serde_json::Error> {
        let mut object = match fields {
            Value::Object(object) => object.clone(),
            Value::Null => serde_json::Map::new(),
            _ => return Err(serde::de::Error::custom("the input is not a JSON object")),
        };
        object.insert("event".into(), event.into());
        serde_json::from_value(Value::Object(object))
    }
}

/// Yes or no, to a permission or a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Go on.
    Allow,
    /// A permission that is refused.
    Deny,
    /// A prompt that is not taken.
    Block,
}

/// What an agent is told back; an empty one changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NeutralAnswer {
    /// To a prompt or a permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Why, for the agent or the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Text for the model at this boundary; at the end of a turn, the agent goes on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_neutral_form_is_read() {
        let event = NeutralEvent::read("prompt-submitted", &json!({"text": "x", "more": 1}));
        assert_eq!(event.unwrap(), NeutralEvent::PromptSubmitted { text: "x".into() });
        let event = NeutralEvent::read("turn-ended", &Value::Null).unwrap();
        assert_eq!(
            event,
            NeutralEvent::TurnEnded {
                text: None,
                usage: None,
                error: None,
                takes_context: true,
                background: 0,
            }
        );
        let event = NeutralEvent::read("turn-ended", &json!({"event": "session-ended"})).unwrap();
        assert!(matches!(event, NeutralEvent::TurnEnded { .. }), "the name is not the input's");
        assert!(NeutralEvent::read("prompt-submitted", &json!({})).is_err());
        assert!(NeutralEvent::read("nonsense", &json!({})).is_err());
        assert!(NeutralEvent::read("turn-ended", &json!([1])).is_err());
    }

    #[test]
    fn an_empty_answer_is_an_empty_object() {
        assert_eq!(serde_json::to_string(&NeutralAnswer::default()).unwrap(), "{}");
        let answer = NeutralAnswer { decision: Some(Decision::Block), ..Default::default() };
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"decision":"block"}"#);
    }
}
