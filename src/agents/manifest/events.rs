//! What an agent's own hook events mean, as data.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::pick::{Conditions, field};
use crate::agents::neutral::NeutralEvent;

/// What one event means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EventRule {
    /// The neutral event: `prompt-submitted` …
    pub is: String,
    /// Only when these fields of the payload have these values.
    #[serde(default)]
    pub when: Conditions,
    /// The neutral event's other fields: for each the field of the payload it is taken from.
    /// Fields within fields have a dot between them.
    #[serde(flatten)]
    pub fields: BTreeMap<String, String>,
}

impl EventRule {
    /// The event that a payload is; `None` when it is not meant, or lacks what the event needs.
    #[must_use]
    pub fn read(&self, payload: &Value) -> Option<NeutralEvent> {
        if !self.when.hold(payload) {
            return None;
        }
        let mut fields = serde_json::Map::new();
        for (name, path) in &self.fields {
            if let Some(value) = field(payload, path).filter(|value| !value.is_null()) {
                fields.insert(name.clone(), value.clone());
            }
        }
        if NEEDS_CALL.contains(&self.is.as_str()) {
            for name in ["tool", "call_id"] {
                fields.entry(name).or_insert_with(|| "".into());
            }
        }
        NeutralEvent::read(&self.is, &Value::Object(fields)).ok()
    }

    /// The mistake in it, if there is one.
    pub(super) fn mistake(&self) -> Option<String> {
        let known = KNOWN.iter().find(|(event, _)| *event == self.is);
        let Some((_, fields)) = known else {
            return Some(format!("{:?} is not a neutral event", self.is));
        };
        let unknown = self.fields.keys().find(|name| !fields.contains(&name.as_str()))?;
        Some(format!("{} has no field {unknown:?}", self.is))
    }
}

/// Events about a call; agents without names for calls have none to give.
const NEEDS_CALL: &[&str] =
    &["tool-started", "tool-ended", "permission-asked", "question-asked", "permission-settled"];

/// The neutral events and their fields.
const KNOWN: &[(&str, &[&str])] = &[
    ("session-started", &["conversation_id"]),
    ("prompt-submitted", &["text"]),
    ("tool-started", &["tool", "call_id", "input"]),
    ("tool-ended", &["tool", "call_id", "output", "error"]),
    ("permission-asked", &["tool", "call_id", "input"]),
    ("question-asked", &["tool", "call_id", "input"]),
    ("permission-settled", &["tool", "call_id", "decision"]),
    ("turn-ended", &["text", "usage", "error"]),
    ("subagent-ended", &["chain"]),
    ("compacted", &[]),
    ("session-ended", &["reason", "conversation_id"]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(text: &str) -> EventRule {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_rule_picks_fields() {
        let asked = rule(
            "is = \"permission-asked\"\nwhen = { kind = \"ToolPermission\" }\n\
             tool = \"details.title\"\ninput = \"details\"\n",
        );
        assert_eq!(asked.mistake(), None);
        let payload = json!({"kind": "ToolPermission", "details": {"title": "shell"}});
        let expected = NeutralEvent::PermissionAsked {
            call_id: String::new(),
            tool: "shell".into(),
            input: Some(json!({"title": "shell"})),
            waits: false,
        };
        assert_eq!(asked.read(&payload), Some(expected));
        assert_eq!(asked.read(&json!({"kind": "other"})), None);
        assert_eq!(asked.read(&Value::Null), None);
        let prompt = rule("is = \"prompt-submitted\"\ntext = \"prompt\"\n");
        assert_eq!(prompt.read(&json!({"prompt": 3})), None, "a text is needed");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(rule("is = \"prompt\"\n").mistake().unwrap().contains("not a neutral event"));
        let text = "is = \"turn-ended\"\nwords = \"x\"\n";
        assert_eq!(rule(text).mistake().unwrap(), "turn-ended has no field \"words\"");
    }
}
