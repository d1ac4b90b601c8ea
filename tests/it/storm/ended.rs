//! Agents that have ended: nothing is typed into what is in their terminal now.

use serde_json::Value;

use super::field::{Field, Manifest};
use crate::support::{Process, SOON, eventually};

#[test]
fn messages_to_an_agent_that_has_exited_are_refused_and_nothing_runs() {
    let field = Field::new(1, &Manifest::HOOKED);
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let agent = Process::of(probe.pid());
    let mut events = field.sandbox.events();
    probe.exits(0);
    agent.wait(SOON);
    events.session("session.ended", session);
    let before = field.sandbox.processes().len();
    for _ in 0..20 {
        field.sandbox.ao(&["send", session, "touch canary"]).fails(3);
    }
    assert!(field.messages(session).is_empty(), "none was accepted");
    assert_eq!(probe.bytes(), b"");
    assert_eq!(field.sandbox.processes().len(), before, "nothing has been started");
    no_canary(&field);
}

#[test]
fn nothing_is_typed_into_the_shell_that_an_agent_leaves() {
    let field = Field::new(1, &Manifest::PLAIN);
    let session = field.sessions[0].as_str();
    field.probe(session).does_not_answer("shell");
    eventually(&field.sandbox.data(), "the shell has the terminal", || {
        let screen = field.sandbox.ao(&["screen", session]).run();
        screen.out().lines().any(|line| line.trim_end() == "$").then_some(())
    });
    for _ in 0..20 {
        field.sandbox.ao(&["send", session, "touch canary"]).ok();
    }
    let held = || field.messages(session).iter().filter(|m| m["state"] == "queued").count();
    eventually(&field.sandbox.data(), "the first one was tried", || {
        field.messages(session).iter().any(|m| m["attempts"].as_u64() > Some(0)).then_some(())
    });
    assert_eq!(held(), 20);
    let reasons: Vec<Value> = field.messages(session).iter().map(|m| m["reason"].clone()).collect();
    assert!(reasons.contains(&Value::from("starting")), "{reasons:?}");
    let screen = field.sandbox.ao(&["screen", session]).ok().out();
    assert!(!screen.contains("canary"), "{screen}");
    no_canary(&field);
}

fn no_canary(field: &Field) {
    let worktree =
        field.sandbox.session(&field.sessions[0])["worktree"].as_str().unwrap().to_owned();
    assert!(!std::path::Path::new(&worktree).join("canary").exists());
    assert!(!field.sandbox.root().join("canary").exists());
}
