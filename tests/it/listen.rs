//! Agents that take their messages by a stream of their own, while they work too.

use super::support::{Probe, Sandbox};

/// An agent that listens, in the middle of a turn.
fn at_work() -> (Sandbox, String, Probe) {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    probe.hold(true);
    sandbox.ao(&["send", &worker, "long work", "--wait", "submitted", "--timeout", "30"]).ok();
    probe.does("listen");
    (sandbox, worker, probe)
}

fn send(sandbox: &Sandbox, worker: &str, text: &str) -> String {
    sandbox.ao(&["-q", "send", worker, text]).ok().line()
}

#[test]
fn messages_are_prompts_while_it_works_and_nothing_is_typed() {
    let (sandbox, worker, probe) = at_work();
    let typed = probe.bytes();
    let long = "many words ".repeat(2_000);
    let sent: Vec<String> =
        ["one", "two", long.trim()].iter().map(|text| send(&sandbox, &worker, text)).collect();
    assert_eq!(probe.hears(4)[1..], ["one", "two", long.trim()], "whole and in their order");
    for id in &sent {
        sandbox.events().message("message.submitted", id);
        let message = sandbox.message(id);
        assert_eq!((&message["channel"], &message["attempts"]), (&"side".into(), &1.into()));
    }
    assert_eq!(probe.bytes(), typed, "not one byte was typed");
    let later = ["-q", "send", &worker, "after that", "--deliver", "deferred"];
    let later = sandbox.ao(&later).ok().line();
    assert_eq!(sandbox.message(&later)["state"], "queued");
    probe.hold(false);
    assert_eq!(probe.hears(5)[4], "after that");
}

#[test]
fn nothing_is_told_while_a_dialog_is_open() {
    let (sandbox, worker, probe) = at_work();
    probe.does("dialog");
    let id = send(&sandbox, &worker, "wait for it");
    sandbox.events().message("message.queued", &id);
    assert_eq!(sandbox.message(&id)["reason"], "dialog");
    assert_eq!(probe.records("listened").len(), 0);
    probe.does("close-dialog");
    assert_eq!(probe.hears(2)[1], "wait for it");
}

#[test]
fn it_goes_on_over_restarts_and_tells_nothing_twice() {
    let (sandbox, worker, probe) = at_work();
    let texts: Vec<String> = (0..8).map(|n| format!("number {n}")).collect();
    for (n, text) in texts.iter().enumerate() {
        if n % 2 == 1 {
            sandbox.supervisor().kill();
        }
        send(&sandbox, &worker, text);
    }
    let last = |probe: &Probe| probe.said().len() == texts.len() + 1;
    super::support::eventually(sandbox.root(), "all of them", || last(&probe).then_some(()));
    assert_eq!(probe.said()[1..], texts, "once, in their order");
}

#[test]
fn one_that_does_not_take_what_it_is_told_is_typed_to_again() {
    let (sandbox, worker, probe) = at_work();
    probe.does("ignore");
    let id = send(&sandbox, &worker, "into the void");
    let next = send(&sandbox, &worker, "by the terminal");
    sandbox.events().message("message.uncertain", &id);
    probe.hold(false);
    assert_eq!(probe.hears(2)[1], "by the terminal");
    sandbox.events().message("message.answered", &next);
    assert_eq!(sandbox.message(&next)["channel"], "terminal");
}

#[test]
fn only_the_agent_itself_listens() {
    let (sandbox, worker, probe) = at_work();
    assert_eq!(sandbox.ao(&["listen"]).run().code(), 2, "outside of every session");
    let other = sandbox.worker();
    let forged = serde_json::json!({ "AO_SESSION_ID": worker });
    let ran = sandbox.probe(&other).run_with(&["ao", "listen"], forged, "");
    assert_eq!(ran["code"], 7, "{ran}");
    let older = serde_json::json!({ "AO_GENERATION": "7" });
    let ran = probe.run_with(&["ao", "listen"], older, "");
    assert_ne!(ran["code"], 0, "{ran}");
}
