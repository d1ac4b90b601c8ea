//! An agent that does not read its terminal, and one that is busy.

use std::time::Duration;

use super::field::{Field, Manifest, RULES};
use super::history::mark;
use super::seed::{full, size};
use super::sender::Sender;
use crate::support::eventually;

fn stalls(hooks: bool, inject: &str) {
    let field = Field::new(1, &Manifest { hooks, switches: &[], inject });
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    sender.send(session, &mark(0), &mark(0));
    field.hears(1, Duration::from_secs(30));
    // One read is under way: it takes in what comes next.
    probe.reads(false);
    let count = size("AO_STORM_STALLED", 30, 100);
    for message in 1..count {
        let text = format!("{} {}", mark(message), "big ".repeat(30_000));
        sender.send(session, &text, &mark(message));
    }
    eventually(&field.sandbox.data(), "one is held, for the agent does not read", || {
        let reasons = ["not_reading", "draft", "agent_busy"];
        let is_held = |message: &serde_json::Value| {
            message["reason"].as_str().is_some_and(|reason| reasons.contains(&reason))
        };
        field.messages(session).iter().any(is_held).then_some(())
    });
    if full() {
        std::thread::sleep(Duration::from_secs(50));
    }
    probe.reads(true);
    field.hears(count, Duration::from_secs(120));
    field.settles(&["written", "submitted", "answered"], Duration::from_secs(30));
    assert_spilled(&field, session, &sender);
}

/// Each long text lies in a file that the agent was told of, whole, once and in order.
fn assert_spilled(field: &Field, session: &str, sender: &Sender) {
    let said = field.probe(session).said();
    assert_eq!(said.len(), sender.ledger.len());
    assert_eq!(said[0], sender.ledger[0].text);
    for (said, accepted) in said.iter().zip(&sender.ledger).skip(1) {
        let path =
            said.split(' ').find(|word| word.starts_with('/')).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(std::fs::read_to_string(path).unwrap(), accepted.text);
    }
}

#[test]
fn an_agent_that_stops_reading_misses_nothing_with_rules() {
    stalls(false, &format!("settle_ms = 20\n{RULES}"));
}

#[test]
fn an_agent_that_stops_reading_misses_nothing_without_rules() {
    stalls(false, "settle_ms = 20\n");
}

#[test]
fn an_agent_with_hooks_that_stops_reading_misses_nothing() {
    stalls(true, "settle_ms = 20\n");
}

#[test]
fn a_busy_agent_gets_each_message_after_the_turn_before() {
    let field = Field::new(1, &Manifest { switches: &["--busy", "700"], ..Manifest::HOOKED });
    let session = field.sessions[0].as_str();
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    for message in 0..5 {
        sender.send(session, &mark(message), &mark(message));
    }
    field.hears(5, Duration::from_secs(60));
    field.settles(&["submitted", "answered"], Duration::from_secs(10));
    field.verdict(&sender.ledger).assert_perfect();
    let hooks = field.probe(session).records("hooks");
    let turns: Vec<&str> = hooks
        .iter()
        .map(|hook| hook["event"].as_str().unwrap())
        .filter(|event| matches!(*event, "prompt-submitted" | "turn-ended"))
        .collect();
    let begun = turns.iter().step_by(2).all(|event| *event == "prompt-submitted");
    assert!(begun, "no prompt within a turn: {turns:?}");
}
