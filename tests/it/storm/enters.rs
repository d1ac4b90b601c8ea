//! Agents that swallow Enters, and whose screens are late: each message is submitted once, and no
//! Enter is pressed into an empty composer.

use std::time::Duration;

use super::field::{Field, Manifest, RULES};
use super::history::mark;
use super::seed::size;
use super::sender::Sender;

/// A screen that is two seconds late makes each of the messages take ten.
const LIMIT: Duration = Duration::from_secs(600);

fn submits_each(hooks: bool, switches: &[&str]) {
    let inject = format!("settle_ms = 200\n{RULES}");
    let field = Field::new(1, &Manifest { hooks, switches, inject: &inject });
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let count = size("AO_STORM_ENTERS", 3, 25);
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    for message in 0..count {
        let text = format!("{} and\nmore", mark(message));
        sender.send(session, &text, &mark(message));
    }
    field.hears(count, LIMIT);
    field.settles(&["written", "submitted", "answered"], LIMIT);
    field.verdict(&sender.ledger).assert_perfect();
    assert_eq!(probe.records("bare").len(), 0, "an Enter into an empty composer");
}

#[test]
fn an_early_enter_is_swallowed() {
    submits_each(true, &["--paste-window", "400"]);
}

#[test]
fn two_enters_are_lost_with_hooks() {
    submits_each(true, &["--lose-enters", "2"]);
}

#[test]
fn one_enter_is_lost_without_hooks() {
    submits_each(false, &["--lose-enters", "1"]);
}

#[test]
fn the_screen_is_late_with_hooks() {
    submits_each(true, &["--slow-echo", "1500"]);
}

#[test]
fn the_screen_is_very_late_without_hooks() {
    submits_each(false, &["--slow-echo", "3000"]);
}

#[test]
fn the_screen_is_late_and_an_enter_is_lost() {
    submits_each(true, &["--slow-echo", "2000", "--lose-enters", "1"]);
}
