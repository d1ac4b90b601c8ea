//! Two agents that only answer each other are stopped, and go on when somebody else says or does
//! something.

use serde_json::Value;

use super::support::{Probe, Sandbox};

const ORCHESTRATOR: &str = "shop-orchestrator";

/// A shop in which the sixth answer is one too many, its orchestrator and a worker.
fn shop() -> (Sandbox, Probe, Probe) {
    let sandbox = Sandbox::new();
    sandbox.ao(&["config", "set", "noise.ping_pong_limit", "6"]).ok();
    sandbox.shop();
    let worker = sandbox.worker();
    let probes = (sandbox.probe(ORCHESTRATOR), sandbox.probe(&worker));
    (sandbox, probes.0, probes.1)
}

fn send(from: &Probe, to: &str, text: &str) -> Value {
    let ran = from.run(&["ao", "--json", "send", to, text]);
    assert_eq!(ran["code"], 0, "{ran}");
    let answer: Value = serde_json::from_str(ran["out"].as_str().unwrap()).unwrap();
    answer["message"].clone()
}

/// Five messages back and forth: one less than is stopped.
fn chatter(orchestrator: &Probe, worker: &Probe) {
    for n in 0..5 {
        let (from, to) =
            if n % 2 == 0 { (worker, "orchestrator") } else { (orchestrator, "shop-1") };
        assert_ne!(send(from, to, &format!("thanks {n}"))["reason"], "ping_pong");
    }
}

#[test]
fn two_that_only_answer_each_other_are_stopped_until_a_person_speaks() {
    let (sandbox, orchestrator, worker) = shop();
    let other = sandbox.worker();
    chatter(&orchestrator, &worker);
    let held = send(&orchestrator, "shop-1", "thank you");
    assert_eq!((&held["state"], &held["reason"]), (&"queued".into(), &"ping_pong".into()));
    assert_eq!(send(&worker, "orchestrator", "no, thank you")["reason"], "ping_pong");
    let told = sandbox.journal("noise.ping_pong");
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0]["data"]["messages"], 6);
    let status = sandbox.ao(&["status"]).json();
    let warning = status["projects"][0]["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("shop-1 and shop-orchestrator only answer each other"),
        "{warning}"
    );
    assert!(sandbox.ao(&["status"]).ok().out().contains(warning.split(':').next().unwrap()));
    // The others' mail passes.
    send(&sandbox.probe(&other), "orchestrator", "something else");
    let heard = orchestrator.hears(4);
    assert!(heard[3].contains("something else"), "{heard:?}");
    sandbox.ao(&["send", "shop-1", "get on with it"]).ok();
    let heard = worker.hears(4);
    assert!(heard[2].contains("thank you") && heard[3] == "get on with it", "{heard:?}");
    assert!(orchestrator.hears(5)[4].contains("no, thank you"));
    assert_eq!(sandbox.journal("noise.released")[0]["data"]["why"], "person");
}

#[test]
fn a_commit_lets_them_go_on() {
    let (sandbox, orchestrator, worker) = shop();
    chatter(&orchestrator, &worker);
    assert_eq!(send(&orchestrator, "shop-1", "thank you")["reason"], "ping_pong");
    let commit = ["git", "commit", "--allow-empty", "-qm", "work"];
    let ran = worker.run(&commit);
    assert_eq!(ran["code"], 0, "{ran}");
    assert!(worker.hears(3)[2].contains("thank you"));
    assert_eq!(sandbox.journal("noise.released")[0]["data"]["why"], "commit");
    assert_ne!(send(&worker, "orchestrator", "done")["reason"], "ping_pong");
}

#[test]
fn many_messages_in_one_direction_are_no_game() {
    let (_sandbox, orchestrator, worker) = shop();
    for n in 0..8 {
        let told = send(&worker, "orchestrator", &format!("news {n}"));
        assert_ne!(told["reason"], "ping_pong");
    }
    assert_eq!(orchestrator.hears(8).len(), 8);
}

#[test]
fn what_was_held_for_a_worker_ends_with_it() {
    let (sandbox, orchestrator, worker) = shop();
    chatter(&orchestrator, &worker);
    let held = send(&orchestrator, "shop-1", "thank you");
    let from = send(&worker, "orchestrator", "bye");
    sandbox.ao(&["kill", "shop-1"]).ok();
    assert_eq!(sandbox.message(held["id"].as_str().unwrap())["reason"], "recipient_ended");
    // The one that is left may read what was said.
    sandbox.events().message("message.submitted", from["id"].as_str().unwrap());
}
