//! Mail for agents that are at work: with the answers to their hooks, where they take it there.

use std::time::Duration;

use serde_json::json;

use super::support::{Probe, Sandbox};

/// An agent that takes a context, in the middle of a turn.
fn at_work() -> (Sandbox, String, Probe) {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.listener();
    let probe = sandbox.probe(&worker);
    probe.hold(true);
    sandbox.ao(&["send", &worker, "long work", "--wait", "submitted", "--timeout", "30"]).ok();
    (sandbox, worker, probe)
}

fn send(sandbox: &Sandbox, worker: &str, text: &str, more: &[&str]) -> String {
    let argv = [&["-q", "send", worker, text], more].concat();
    sandbox.ao(&argv).ok().line()
}

#[test]
fn an_agent_at_work_is_told_after_its_next_tool() {
    let (sandbox, worker, probe) = at_work();
    let typed = probe.bytes();
    let id = send(&sandbox, &worker, "mind the tests", &[]);
    sandbox.events().message("message.queued", &id);
    assert_eq!(sandbox.message(&id)["reason"], "agent_busy");
    probe.does("tool");
    assert_eq!(probe.hears(2)[1], "mind the tests");
    assert_eq!(probe.records("took").len(), 1);
    sandbox.events().message("message.submitted", &id);
    let message = sandbox.message(&id);
    assert_eq!((&message["channel"], &message["attempts"]), (&json!("hook"), &json!(1)));
    assert_eq!(probe.bytes(), typed, "not one byte was typed");
    assert_eq!(sandbox.session(&worker)["status"], "working");
    probe.hold(false);
    sandbox.events().message("message.answered", &id);
    assert_eq!(sandbox.message(&id)["reply"], "ready", "by the turn that it was part of");
    assert_eq!(probe.said().len(), 2, "once");
}

#[test]
fn one_by_one_in_their_order_and_deferred_ones_at_the_end_of_the_turn() {
    let (sandbox, worker, probe) = at_work();
    for text in ["one", "two"] {
        send(&sandbox, &worker, text, &[]);
    }
    let later = send(&sandbox, &worker, "three", &["--deliver", "deferred"]);
    send(&sandbox, &worker, "four", &[]);
    for _ in 0..4 {
        probe.does("tool");
    }
    assert_eq!(probe.said()[1..], ["one", "two"], "the third waits for the end of the turn");
    assert_eq!(sandbox.message(&later)["reason"], "agent_busy");
    // It goes on with the third, and after that with the fourth.
    probe.hold(false);
    assert_eq!(probe.hears(5)[1..], ["one", "two", "three", "four"]);
    sandbox.ao(&["wait", &worker, "--for", "idle", "--timeout", "30"]).ok();
    let typed = String::from_utf8(probe.bytes()).unwrap();
    assert!(!typed.contains("one") && !typed.contains("four"), "{typed:?}");
}

#[test]
fn what_an_agent_does_not_show_to_have_taken_is_in_doubt_and_never_told_again() {
    let (sandbox, worker, probe) = at_work();
    probe.does("keep-quiet");
    let id = send(&sandbox, &worker, "no echo", &[]);
    probe.does("tool");
    sandbox.events().message("message.written", &id);
    // The next one waits behind it.
    let next = send(&sandbox, &worker, "next", &[]);
    probe.does("tool");
    assert_eq!(probe.said().len(), 2);
    sandbox.events().message("message.uncertain", &id);
    assert_eq!(sandbox.message(&id)["reason"], "no_receipt");
    probe.does("tool");
    sandbox.events().message("message.written", &next);
    assert_eq!(probe.said()[1..], ["no echo", "next"]);
}

#[test]
fn what_an_agent_with_hooks_loses_is_in_doubt_though_nothing_waits_behind_it() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    probe.does("lose");
    let id = send(&sandbox, &worker, "into the void", &[]);
    let mut events = sandbox.events().within(Duration::from_secs(90));
    events.message("message.written", &id);
    events.message("message.uncertain", &id);
    assert_eq!(sandbox.message(&id)["reason"], "no_receipt");
    assert!(probe.said().is_empty());
}

#[test]
fn an_agent_whose_model_is_at_a_limit_is_left_alone_until_that_ends() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let failed =
        json!({ "error": "rate_limit", "text": "usage limit reached, again in 4 seconds" });
    probe.run_with(&["ao", "hook", "any", "turn-ended"], json!({}), &failed.to_string());
    let id = send(&sandbox, &worker, "when you can", &[]);
    sandbox.events().message("message.queued", &id);
    assert_eq!(sandbox.message(&id)["reason"], "rate_limit");
    assert_eq!(probe.hears(1), ["when you can"]);
}

#[test]
fn a_hook_that_nobody_answered_in_time_gives_its_message_back() {
    let (sandbox, worker, probe) = at_work();
    let id = send(&sandbox, &worker, "with a later tool", &[]);
    let supervisor = sandbox.supervisor();
    supervisor.signal(rustix::process::Signal::STOP);
    // The hook goes on without an answer and keeps its event.
    probe.does("tool");
    assert_eq!(probe.records("took").len(), 0);
    supervisor.signal(rustix::process::Signal::CONT);
    probe.does("tool");
    assert_eq!(probe.hears(2)[1], "with a later tool");
    sandbox.events().message("message.submitted", &id);
    probe.does("tool");
    assert_eq!(probe.said().len(), 2, "once");
}

#[test]
fn a_killed_supervisor_loses_and_doubles_nothing_that_goes_by_hooks() {
    let (sandbox, worker, probe) = at_work();
    let texts: Vec<String> = (0..8).map(|n| format!("number {n}")).collect();
    for text in &texts {
        send(&sandbox, &worker, text, &[]);
    }
    for round in 0..8 {
        if round % 2 == 0 {
            // Back since the last time.
            sandbox.ao(&["ls"]).ok();
            sandbox.supervisor().signal(rustix::process::Signal::KILL);
        }
        probe.does("tool");
    }
    sandbox.ao(&["ls"]).ok();
    probe.hold(false);
    probe.hears(1 + texts.len());
    sandbox.ao(&["wait", &worker, "--for", "idle", "--timeout", "60"]).ok();
    assert_eq!(probe.said()[1..], texts);
}

#[test]
fn an_agent_that_does_not_say_so_is_told_nothing_by_its_hooks() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    probe.hold(true);
    sandbox.ao(&["send", &worker, "long work", "--wait", "submitted", "--timeout", "30"]).ok();
    send(&sandbox, &worker, "later", &[]);
    probe.does("tool");
    for hook in probe.records("hooks") {
        let answer = hook["ran"]["out"].as_str().unwrap();
        assert!(!answer.contains("context"), "{hook}");
    }
    probe.hold(false);
    assert_eq!(probe.hears(2), ["long work", "later"]);
    let typed = String::from_utf8(probe.bytes()).unwrap();
    assert!(typed.contains("later"), "it was typed");
}

#[test]
fn a_manifest_says_where_an_agent_takes_something_and_who_sends_is_named() {
    let sandbox = Sandbox::new();
    let manifest = sandbox.config().join("agents/probe.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let text = text.replace("[inject]", "[channels]\nhook = [\"tool\"]\n\n[inject]");
    std::fs::write(&manifest, text).unwrap();
    sandbox.shop();
    let orchestrator = sandbox.probe("shop-orchestrator");
    orchestrator.hold(true);
    let argv = ["send", "shop-orchestrator", "go", "--wait", "submitted", "--timeout", "30"];
    sandbox.ao(&argv).ok();
    let worker = sandbox.worker();
    let long = "x".repeat(5000);
    for text in ["/clear", long.as_str()] {
        let sent = sandbox.probe(&worker).run(&["ao", "send", "orchestrator", text]);
        assert_eq!(sent["code"], 0, "{sent}");
    }
    orchestrator.does("tool");
    assert_eq!(orchestrator.hears(2)[1], format!("[from {worker}] > /clear"));
    orchestrator.does("tool");
    let pointer = orchestrator.hears(3).pop().unwrap();
    assert!(pointer.starts_with(&format!("[from {worker}] Message m-")), "{pointer}");
    let path = pointer.split_whitespace().find(|word| word.contains("/messages/")).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), long);
}
