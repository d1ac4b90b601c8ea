//! Journal events for people: one line each.

use serde_json::Value;

use super::neutral;
use crate::wire::event::EventView;

/// `123  2026-03-01T09:30:00.250Z  session.live  shop-1  agent_pid=42`
pub fn line(event: &EventView) -> String {
    let subject = event.session.as_deref().or(event.project.as_deref()).unwrap_or("-");
    let text =
        format!("{}  {}  {}  {subject}  {}", event.seq, event.at, event.kind, data(&event.data));
    neutral::one_line(&text)
}

/// `name=value` pairs; what is nested stays JSON.
fn data(data: &Value) -> String {
    let Value::Object(fields) = data else {
        return if data.is_null() { String::new() } else { data.to_string() };
    };
    let pair = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::String(text) => Some(format!("{name}={text}")),
        value => Some(format!("{name}={value}")),
    };
    fields.iter().filter_map(pair).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_harmless_line() {
        let event = EventView {
            seq: 7,
            at: "2026-03-01T09:30:00.250Z".into(),
            kind: "session.live".into(),
            project: Some("shop".into()),
            session: Some("shop-1".into()),
            request_id: None,
            data: serde_json::json!({"title": "a\n\u{1b}[2J", "pid": 4, "none": null}),
        };
        let line = line(&event);
        assert!(line.starts_with("7  2026") && line.contains("shop-1") && line.contains("pid=4"));
        assert!(!line.contains('\x1b') && !line.contains('\n') && !line.contains("none"));
    }
}
