//! Dialogs in which an Enter means yes, and a person's unsent text: nothing is typed into them.

use std::time::Duration;

use super::field::{Field, Manifest, RULES};
use super::history::mark;
use super::seed::{Seed, size};
use super::sender::{Accepted, Sender};
use crate::support::{Probe, Terminal, eventually};

const SOON: Duration = Duration::from_secs(40);

/// Settles soon, and knows dialog and composer.
fn rules(settle_ms: u32) -> String {
    format!("settle_ms = {settle_ms}\nhuman_quiet_ms = 300\n{RULES}")
}

/// Three senders, ten messages each, while the dialog is open.
fn thirty_in_a_dialog(manifest: &Manifest<'_>) {
    let field = Field::new(1, manifest);
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    probe.does("dialog");
    let typed = probe.bytes();
    let mut accepted = Vec::new();
    for number in 0..3 {
        let mut sender = Sender::new(&field.sandbox.socket(), number);
        for message in 0..10 {
            let text = mark(number * 10 + message);
            sender.send(session, &text, &text);
        }
        accepted.extend(sender.ledger);
    }
    let first = accepted[0].id.clone();
    eventually(&field.sandbox.data(), "the first is held for the dialog", || {
        (field.sandbox.message(&first)["reason"] == "dialog").then_some(())
    });
    assert_eq!(probe.bytes(), typed, "not one byte");
    probe.does("close-dialog");
    field.hears(30, SOON);
    field.settles(&["written", "submitted", "answered"], SOON);
    field.verdict(&accepted).assert_perfect();
    assert_eq!(probe.records("answered").len(), 0);
}

#[test]
fn thirty_messages_wait_for_a_dialog_that_a_hook_told_of() {
    thirty_in_a_dialog(&Manifest::HOOKED);
}

#[test]
fn thirty_messages_wait_for_a_dialog_that_only_the_screen_shows() {
    thirty_in_a_dialog(&Manifest { inject: &rules(20), ..Manifest::PLAIN });
}

/// A dialog opens at a random moment around the Enter.
fn dialog_races(name: &str, hooks: bool) {
    let mut seed = Seed::of(name);
    let field = Field::new(1, &Manifest { hooks, switches: &[], inject: &rules(100) });
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    let mut before = 0;
    for round in 0..size("AO_STORM_RACES", 20, 100) {
        probe.opens_dialog_on_paste(seed.between(Duration::ZERO, Duration::from_millis(200)));
        sender.send(session, &mark(round), &format!("race-{round}"));
        probe.lines("opened", round + 1);
        // The Enter was withheld, or the agent has read it as the one thing or the other.
        eventually(&field.sandbox.ledger(), "it is known what became of the Enter", || {
            let held = field.sandbox.message(&sender.ledger[round].id)["state"] == "queued";
            let read = probe.records("answered").len() > before || probe.said().len() > round;
            (held || read).then_some(())
        });
        let answered = probe.records("answered").len() - before;
        before += answered;
        if answered == 0 {
            probe.does("close-dialog");
        } else {
            assert!(came_first(&field, &probe, &sender.ledger[round]), "round {round}: answered");
        }
        if answered == 0 || probe.said().len() > round {
            probe.hears(round + 1);
        }
    }
    field.settles(&["written", "submitted", "answered"], SOON);
    field.verdict(&sender.ledger).assert_perfect();
}

/// Whether the Enter had been taken by the terminal before the dialog was on the screen: such a
/// race nobody can win.
fn came_first(field: &Field, probe: &Probe, message: &Accepted) -> bool {
    let opened = probe.records("opened").last().unwrap()["at"].as_i64().unwrap();
    let known = ao::host::ledger::read(&field.sandbox.data().join("sessions/shop-1/1")).unwrap();
    let id = ao::model::ids::MessageId::parse(message.id.as_str()).unwrap();
    eprintln!("the Enter crossed the dialog: {:?}, {opened}", known[&id]);
    matches!(known[&id].outcome, ao::host::ledger::Outcome::Written(at) if at.0 <= opened)
}

#[test]
fn a_dialog_that_opens_between_paste_and_enter_is_not_answered_with_hooks() {
    dialog_races("dialog races with hooks", true);
}

#[test]
fn a_dialog_that_opens_between_paste_and_enter_is_not_answered_without_hooks() {
    dialog_races("dialog races without hooks", false);
}

/// A person types while messages come.
fn draft_races(name: &str, hooks: bool) {
    let mut seed = Seed::of(name);
    let field = Field::new(1, &Manifest { hooks, switches: &[], inject: &rules(100) });
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let attach = field.sandbox.ao(&["attach", session]).command();
    let mut person = Terminal::run(&attach, 120, 40);
    person.shows("probe");
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    let mut expected = Vec::new();
    for round in 0..size("AO_STORM_RACES", 20, 100) {
        sender.send(session, &mark(round), &format!("draft-{round}"));
        std::thread::sleep(seed.between(Duration::ZERO, Duration::from_millis(300)));
        for word in ["my", " own", " words"] {
            person.types(word);
            std::thread::sleep(seed.between(Duration::ZERO, Duration::from_millis(150)));
        }
        person.types(&format!(" {round}\r"));
        expected.push(mark(round));
        expected.push(format!("my own words {round}"));
        probe.hears(2 * (round + 1));
    }
    let mut said = probe.said();
    said.sort();
    expected.sort();
    assert_eq!(said, expected, "each by itself, none glued to another");
    assert_eq!(probe.records("bare").len(), 0);
    person.types("\x1cd");
}

#[test]
fn a_person_s_words_and_messages_are_never_glued_together_with_hooks() {
    draft_races("draft races with hooks", true);
}

#[test]
fn a_person_s_words_and_messages_are_never_glued_together_without_hooks() {
    draft_races("draft races without hooks", false);
}

#[test]
fn twenty_messages_wait_for_an_unsent_draft_and_leave_it_alone() {
    let field = Field::new(1, &Manifest { inject: &rules(20), ..Manifest::HOOKED });
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let attach = field.sandbox.ao(&["attach", session]).command();
    let mut person = Terminal::run(&attach, 120, 40);
    person.shows("probe");
    person.types("half a sentence");
    person.shows("half a sentence");
    let typed = probe.bytes();
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    for message in 0..20 {
        sender.send(session, &mark(message), &mark(message));
    }
    let first = sender.ledger[0].id.clone();
    eventually(&field.sandbox.data(), "the first is held for the draft", || {
        (field.sandbox.message(&first)["reason"] == "draft").then_some(())
    });
    assert_eq!(probe.bytes(), typed, "not one byte");
    person.types(" and its end\r");
    field.hears(21, SOON);
    let said = probe.said();
    assert_eq!(said[0], "half a sentence and its end");
    let messages: Vec<String> = (0..20).map(mark).collect();
    assert_eq!(said[1..], messages);
    person.types("\x1cd");
}
