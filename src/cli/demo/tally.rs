//! What the events of a run add up to: is it over, has it failed? Pure.

use std::collections::BTreeMap;

use crate::wire::event::EventView;

/// States in which a message can do no more.
const ARRIVED: [&str; 3] = ["submitted", "answered", "read"];
/// States in which it has come to nothing, or may have.
const LOST: [&str; 4] = ["dead", "uncertain", "expired", "cancelled"];

/// Where messages, sessions and reports stand.
#[derive(Debug, Default)]
pub struct Tally {
    messages: BTreeMap<String, String>,
    activity: BTreeMap<String, String>,
    reports: Vec<(String, String)>,
    failure: Option<String>,
}

impl Tally {
    /// Takes the next event.
    pub fn take(&mut self, event: &EventView) {
        let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
        let session = event.session.clone().unwrap_or_default();
        match event.kind.as_str() {
            "session.activity" => drop(self.activity.insert(session, text("activity"))),
            "session.report" => {
                if text("state") == "stuck" {
                    self.fail(format!("{session} reported that it is stuck"));
                }
                self.reports.push((session, text("state")));
            }
            "session.ended" => self.fail(format!("{session} has ended: {}", text("reason"))),
            kind => {
                let Some(state) = kind.strip_prefix("message.") else { return };
                if LOST.contains(&state) {
                    let (id, why) = (text("message"), text("reason"));
                    self.fail(format!("the message {id} to {session} is {state} ({why})"));
                }
                self.messages.insert(text("message"), state.to_owned());
            }
        }
    }

    fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }

    /// Why the run cannot come to its end any more.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether `orchestrator` has reported that all is done, every message has arrived and every
    /// agent has ended its turn.
    pub fn is_over(&self, orchestrator: &str) -> bool {
        self.reported(orchestrator, "done") > 0
            && self.messages.values().all(|state| ARRIVED.contains(&state.as_str()))
            && self.activity.values().all(|activity| activity == "idle")
    }

    /// How often a session reported this state.
    pub fn reported(&self, session: &str, state: &str) -> usize {
        self.reports.iter().filter(|(id, said)| id == session && said == state).count()
    }

    /// What is still open, for who waited in vain.
    pub fn open(&self) -> String {
        let waiting = self.messages.iter().filter(|(_, s)| !ARRIVED.contains(&s.as_str()));
        let waiting = waiting.map(|(id, state)| format!("{id} is {state}"));
        let busy = self.activity.iter().filter(|(_, activity)| *activity != "idle");
        let busy = busy.map(|(id, activity)| format!("{id} is {}", activity.replace('_', " ")));
        let all: Vec<String> = waiting.chain(busy).collect();
        if all.is_empty() { "the orchestrator has not reported".to_owned() } else { all.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, session: &str, data: serde_json::Value) -> EventView {
        EventView {
            seq: 1,
            at: String::new(),
            kind: kind.into(),
            project: None,
            session: Some(session.into()),
            request_id: None,
            data,
        }
    }

    #[test]
    fn it_is_over_when_nothing_is_open() {
        let mut tally = Tally::default();
        let steps = [
            event("session.activity", "o", json!({"activity": "working"})),
            event("message.accepted", "o", json!({"message": "m-1"})),
            event("session.report", "o", json!({"state": "done"})),
            event("message.submitted", "o", json!({"message": "m-1"})),
        ];
        for step in &steps {
            tally.take(step);
            assert!(!tally.is_over("o"));
        }
        assert_eq!(tally.open(), "o is working");
        tally.take(&event("session.activity", "o", json!({"activity": "idle"})));
        assert!(tally.is_over("o"));
        assert_eq!((tally.reported("o", "done"), tally.failure()), (1, None));
    }

    #[test]
    fn what_cannot_be_mended_is_told() {
        for (kind, data, word) in [
            ("session.report", json!({"state": "stuck"}), "stuck"),
            ("session.ended", json!({"reason": "exited(1)"}), "exited(1)"),
            ("message.uncertain", json!({"message": "m-1", "reason": "no_receipt"}), "m-1"),
        ] {
            let mut tally = Tally::default();
            tally.take(&event(kind, "d-1", data));
            assert!(tally.failure().unwrap().contains(word), "{kind}");
        }
    }
}
