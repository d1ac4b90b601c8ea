//! Turns that are stopped for a message.

use std::time::Duration;

use serde_json::json;

use super::support::{Probe, Sandbox, Terminal, until_screen};

/// An agent that can be stopped, in the middle of a turn that nothing else ends.
fn at_work() -> (Sandbox, String, Probe) {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    sandbox.write_manifest("stoppable", true, "paste");
    let file = sandbox.config().join("agents/stoppable.toml");
    let rules = "[[inject.busy]]\nname = \"working\"\ntext = \"working\"\n\
                 [inject.composer]\nprompts = [\">\"]\nlast_rows = 8\n\
                 [inject.interrupt]\nkeys = [\"escape\"]\nempties = [\"ctrl-u\"]\n";
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{rules}")).unwrap();
    let spawn = ["-q", "--project", "shop", "spawn", "--agent", "stoppable"];
    let worker = sandbox.ao(&spawn).ok().line();
    sandbox.ao(&["wait", &worker, "--for", "idle", "--timeout", "30"]).ok();
    let probe = sandbox.probe(&worker);
    probe.hold(true);
    sandbox.ao(&["send", &worker, "long work", "--wait", "submitted", "--timeout", "30"]).ok();
    (sandbox, worker, probe)
}

fn interrupt(sandbox: &Sandbox, worker: &str, text: &str) -> String {
    sandbox.ao(&["-q", "send", worker, text, "--interrupt"]).ok().line()
}

#[test]
fn a_turn_is_stopped_and_the_message_is_the_next_prompt() {
    let (sandbox, worker, probe) = at_work();
    let before = sandbox.ao(&["-q", "send", &worker, "sent before"]).ok().line();
    let id = interrupt(&sandbox, &worker, "do this instead");
    assert_eq!(probe.hears(3), ["long work", "sent before", "do this instead"], "in their order");
    sandbox.events().message("message.answered", &id);
    assert_eq!(probe.records("escapes"), [json!({ "stopped": true })], "once");
    assert_eq!(sandbox.message(&id)["interrupt"], "stopped");
    assert_eq!(sandbox.message(&before)["interrupt"], json!(null));
    let mut events = sandbox.events();
    let told = events.until("the interruption", |event| event["kind"] == "session.interrupted");
    assert_eq!(told["data"], json!({ "message": id, "by": "person", "outcome": "stopped" }));
}

#[test]
fn keys_that_were_not_heard_are_pressed_again() {
    let (sandbox, worker, probe) = at_work();
    probe.is_deaf_to(2);
    let id = interrupt(&sandbox, &worker, "do this instead");
    assert_eq!(probe.hears(2), ["long work", "do this instead"]);
    let escapes: Vec<bool> =
        probe.records("escapes").iter().map(|escape| escape["stopped"] == true).collect();
    assert_eq!(escapes, [false, false, true]);
    assert_eq!(sandbox.message(&id)["interrupt"], "stopped");
}

#[test]
fn a_prompt_that_comes_back_late_is_no_draft() {
    let (sandbox, worker, probe) = at_work();
    // After the host has looked for it.
    probe.gives_back_late(Duration::from_millis(1_500));
    let id = interrupt(&sandbox, &worker, "do this instead");
    assert_eq!(probe.hears(2), ["long work", "do this instead"]);
    sandbox.events().message("message.answered", &id);
}

#[test]
fn what_a_person_types_after_the_stop_is_their_own() {
    let (sandbox, worker, probe) = at_work();
    probe.gives_back_late(Duration::from_millis(1_500));
    let id = interrupt(&sandbox, &worker, "do this instead");
    sandbox.events().until("the interruption", |event| event["kind"] == "session.interrupted");
    until_screen(&sandbox, &worker, "> long work");
    let mut person = Terminal::run(&sandbox.ao(&["attach", &worker]).command(), 80, 24);
    person.shows("> long work");
    person.types(" and mine");
    person.shows(" and mine");
    sandbox.events().until("held by the draft", |event| {
        event["kind"] == "message.queued"
            && event["data"]["message"] == id.as_str()
            && event["data"]["reason"] == "draft"
    });
    assert_eq!(probe.said(), ["long work"]);
    person.types("\r");
    assert_eq!(probe.hears(3)[1..], ["long work and mine", "do this instead"]);
    person.types("\u{1d}d");
}

#[test]
fn an_agent_that_does_not_mind_the_keys_hears_it_after_its_turn() {
    let (sandbox, worker, probe) = at_work();
    probe.is_deaf_to(9);
    let id = interrupt(&sandbox, &worker, "do this instead");
    let told =
        sandbox.events().until("the interruption", |event| event["kind"] == "session.interrupted");
    assert_eq!(told["data"]["outcome"], "works_on");
    assert_eq!(probe.records("escapes").len(), 3);
    assert_eq!(sandbox.message(&id)["state"], "queued");
    probe.hold(false);
    assert_eq!(probe.hears(2), ["long work", "do this instead"]);
}

#[test]
fn an_agent_that_is_idle_is_not_stopped() {
    let (sandbox, worker, probe) = at_work();
    probe.hold(false);
    sandbox.ao(&["wait", &worker, "--for", "idle", "--timeout", "30"]).ok();
    let id = interrupt(&sandbox, &worker, "no hurry");
    sandbox.events().message("message.answered", &id);
    assert_eq!(probe.records("escapes").len(), 0, "no key was pressed");
    assert_eq!(sandbox.message(&id)["interrupt"], "not_at_work");
}

#[test]
fn no_dialog_is_answered_and_no_draft_is_lost() {
    let (sandbox, worker, probe) = at_work();
    probe.does("dialog");
    let id = interrupt(&sandbox, &worker, "stop that");
    sandbox.events().message("message.queued", &id);
    assert_eq!(sandbox.message(&id)["reason"], "dialog");
    // The host says so too: a hook may be late.
    sandbox.ao(&["-q", "send", &worker, "another"]).ok();
    assert_eq!((probe.records("escapes").len(), probe.records("answered").len()), (0, 0));
    probe.does("close-dialog");
    assert_eq!(probe.hears(2)[1], "stop that");
    assert_eq!(probe.records("answered").len(), 0);
}

#[test]
fn a_wish_outlives_the_supervisor() {
    let (sandbox, worker, probe) = at_work();
    let supervisor = sandbox.supervisor();
    supervisor.signal(rustix::process::Signal::STOP);
    supervisor.signal(rustix::process::Signal::CONT);
    let id = interrupt(&sandbox, &worker, "after a crash");
    supervisor.kill();
    sandbox.ao(&["ls"]).ok();
    assert_eq!(probe.hears(2)[1], "after a crash");
    sandbox.events().message("message.answered", &id);
    assert!(probe.records("escapes").len() <= 1, "no key into an idle agent");
}

#[test]
fn only_who_manages_a_session_stops_it_and_only_for_what_is_immediate() {
    let (sandbox, worker, probe) = at_work();
    let argv = ["ao", "send", &worker, "me", "--interrupt"];
    let ran = probe.run(&argv);
    assert_eq!(ran["code"], 7, "{ran}");
    let argv = ["send", &worker, "later", "--interrupt", "--deliver", "deferred"];
    assert_eq!(sandbox.ao(&argv).run().code(), 2);
    let plain = sandbox.listener();
    let ran = sandbox.ao(&["send", &plain, "stop", "--interrupt"]).run();
    assert_eq!(ran.code(), 2, "{}", ran.err());
    assert!(ran.err().contains("no way to stop a turn"), "{}", ran.err());
    assert_eq!(probe.said().len(), 1);
}
