//! `ao permit`: agents ask by their hooks, and people, rules and orchestrators answer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{Probe, Sandbox};

/// The agent of a session asks leave and waits; what its hook prints.
fn ask(probe: &Probe, tool: &str, command: &str) -> Value {
    let payload = json!({ "tool": tool, "call_id": command, "waits": true,
        "input": { "command": command } });
    let argv = ["ao", "hook", "any", "permission-asked"];
    let ran = probe.run_with(&argv, json!({}), &payload.to_string());
    assert_eq!(ran["code"], 0, "{ran}");
    serde_json::from_str(ran["out"].as_str().unwrap()).unwrap()
}

/// The request about this, once it is asked.
fn waiting(sandbox: &Sandbox, subject: &str) -> String {
    let mut permit = String::new();
    sandbox.events().until(&format!("a request: {subject}"), |event| {
        permit = event["data"]["permit"].as_str().unwrap_or_default().to_owned();
        event["kind"] == "permission.asked" && event["data"]["subject"] == subject
    });
    let list = sandbox.ao(&["permit", "ls"]).json();
    assert_eq!(
        (&list["permits"][0]["id"], &list["permits"][0]["waits"]),
        (&json!(permit), &json!(true))
    );
    permit
}

/// Asks in one thread and does `answer` with the request's id in this one; what the hook prints.
fn while_asked(
    sandbox: &Sandbox,
    probe: &Probe,
    command: &str,
    answer: impl FnOnce(&str),
) -> Value {
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(probe, "Bash", command));
        answer(&waiting(sandbox, command));
        asked.join().unwrap()
    })
}

#[test]
fn a_person_answers() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let id = sandbox.worker();
    let probe = sandbox.probe(&id);
    let told = while_asked(&sandbox, &probe, "make test", |permit| {
        assert_eq!(sandbox.session(&id)["status"], "needs_permission");
        sandbox.ao(&["permit", "allow", permit]).ok();
    });
    assert_eq!(told, json!({ "decision": "allow" }));
    assert_eq!(sandbox.session(&id)["status"], "working");
    let told = while_asked(&sandbox, &probe, "make clean", |permit| {
        sandbox.ao(&["permit", "deny", permit, "--message", "not now"]).ok();
        sandbox.ao(&["permit", "allow", permit]).fails(5);
    });
    assert_eq!(told, json!({ "decision": "deny", "reason": "not now" }));
    while_asked(&sandbox, &probe, "ls", |permit| {
        sandbox.ao(&["permit", "allow", permit, "--session"]).ok();
    });
    assert_eq!(ask(&probe, "Bash", "anything"), json!({ "decision": "allow" }));
    let decided = sandbox.journal("permission.decided");
    let states: Vec<&str> =
        decided.iter().map(|event| event["data"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["allowed", "denied", "allowed", "allowed"]);
    assert!(decided.iter().all(|event| event["data"]["by"] == "person"), "{decided:?}");
    sandbox.ao(&["permit", "allow", "p-0000000000000000"]).fails(3);
}

#[test]
fn rules_answer_at_once_and_only_what_they_name() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let probe = sandbox.probe(&sandbox.worker());
    let rules = "[[rule]]\ntool = \"Bash\"\ninput = \"git push*\"\nanswer = \"deny\"\n\
                 message = \"a person pushes\"\n[[rule]]\ntool = \"Bash\"\ninput = \"git *\"\n\
                 answer = \"allow\"\n";
    std::fs::write(sandbox.config().join("permissions.toml"), rules).unwrap();
    assert_eq!(ask(&probe, "Bash", "git status"), json!({ "decision": "allow" }));
    let denied = json!({ "decision": "deny", "reason": "a person pushes" });
    assert_eq!(ask(&probe, "Bash", "git push --force; rm x"), denied);
    let told = while_asked(&sandbox, &probe, "git status; rm -rf /", |permit| {
        sandbox.ao(&["permit", "deny", permit]).ok();
    });
    assert_eq!(told, json!({ "decision": "deny" }));
    let all = sandbox.ao(&["permit", "ls", "--all"]).json();
    let by: Vec<&str> =
        all["permits"].as_array().unwrap().iter().map(|p| p["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["person", "rule", "rule"], "{all}");
}

#[test]
fn an_orchestrator_answers_where_its_project_lets_it() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (id, other) = (sandbox.worker(), sandbox.worker());
    let (probe, orchestrator) = (sandbox.probe(&id), sandbox.probe("shop-orchestrator"));
    let answers = |from: &Probe, permit: &str, more: &[&str]| {
        let argv = [&["ao", "permit", "allow", permit], more].concat();
        from.run(&argv)["code"].as_i64().unwrap()
    };
    while_asked(&sandbox, &probe, "first", |permit| {
        assert_eq!(answers(&orchestrator, permit, &[]), 7, "nobody has let it");
        sandbox.ao(&["permit", "deny", permit]).ok();
    });
    assert!(orchestrator.said().is_empty(), "it is not asked either");
    sandbox.ao(&["project", "set", "shop", "--orchestrator-permits", "true"]).ok();
    let told = while_asked(&sandbox, &probe, "second", |permit| {
        let message = orchestrator.hears(1).remove(0);
        assert!(message.starts_with("[from ao]"), "{message}");
        assert!(message.contains(permit) && message.contains("\nsecond\n"), "{message}");
        assert_eq!(answers(&sandbox.probe(&other), permit, &[]), 7, "a worker");
        assert_eq!(answers(&probe, permit, &[]), 7, "itself");
        assert_eq!(answers(&orchestrator, permit, &["--session"]), 7, "rules are a person's");
        assert_eq!(answers(&orchestrator, permit, &[]), 0);
    });
    assert_eq!(told, json!({ "decision": "allow" }));
    let denied = sandbox.journal("denied");
    let verbs: Vec<&str> =
        denied.iter().map(|event| event["data"]["verb"].as_str().unwrap()).collect();
    let expected = ["answer_permit", "answer_permit", "answer_permit", "administer"];
    assert_eq!(verbs, expected);
}

#[test]
fn what_is_answered_at_the_terminal_is_not_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let id = sandbox.worker();
    let probe = sandbox.probe(&id);
    let told = while_asked(&sandbox, &probe, "c7", |_| {
        let ended = json!({ "tool": "Bash", "call_id": "c7" }).to_string();
        probe.run_with(&["ao", "hook", "any", "tool-ended"], json!({}), &ended);
    });
    assert_eq!(told, json!({}));
    let list = sandbox.ao(&["permit", "ls", "--all"]).json();
    assert_eq!(list["permits"][0]["state"], "left", "{list}");
    let permit = list["permits"][0]["id"].as_str().unwrap();
    sandbox.ao(&["permit", "allow", permit]).fails(5);
    let plain = json!({ "tool": "Bash", "call_id": "c8" }).to_string();
    let begun = Instant::now();
    probe.run_with(&["ao", "hook", "any", "permission-asked"], json!({}), &plain);
    assert!(begun.elapsed() < Duration::from_secs(10), "one that does not wait is not kept");
    assert_eq!(sandbox.session(&id)["status"], "needs_permission");
}

#[test]
fn nobody_waits_longer_than_the_manifest_says_or_without_a_supervisor() {
    let sandbox = Sandbox::new();
    let manifest = sandbox.config().join("agents/probe.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, format!("{text}\n[permission_hook]\nwait_s = 1\n")).unwrap();
    sandbox.shop();
    let id = sandbox.worker();
    let probe = sandbox.probe(&id);
    assert_eq!(ask(&probe, "Bash", "slow"), json!({}));
    let list = sandbox.ao(&["permit", "ls", "--all"]).json();
    assert_eq!(
        (&list["permits"][0]["state"], &list["permits"][0]["by"]),
        (&"left".into(), &"terminal".into())
    );
    sandbox.ao(&["stop"]).ok();
    let begun = Instant::now();
    assert_eq!(ask(&probe, "Bash", "away"), json!({}));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
