//! `ao report`, `ao result`, `ao wait`, `ao messages`.

use serde_json::json;

use super::support::Sandbox;

#[test]
fn a_report_reaches_the_orchestrator_and_everybody_who_waits() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    sandbox.ao(&["result", &worker]).fails(3);
    let waiting = std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| sandbox.ao(&["wait", &worker, "--for", "done", "--timeout", "30"]).ok());
        let result = "line one\nline two ünïcödé\n".repeat(100);
        let argv = ["ao", "report", "done", "--note", "it works", "--result-file", "-"];
        let ran = probe.run_with(&argv, json!({}), &result);
        assert_eq!(ran["code"], 0, "{ran}");
        let waiting = waiting.join().unwrap();
        let got = sandbox.ao(&["result", &worker]).ok();
        assert_eq!(got.out().trim_end(), result.trim_end());
        waiting
    });
    assert!(waiting.out().contains(&worker), "{}", waiting.out());
    let session = sandbox.session(&worker);
    assert_eq!(session["report"]["state"], "done");
    assert_eq!(session["report"]["note"], "it works");
    assert_eq!(session["status"], "done");
    let heard = sandbox.probe("shop-orchestrator").hears(1).remove(0);
    for part in [worker.as_str(), "done", "it works"] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    assert!(heard.starts_with("[from shop-1] "), "{heard}");
}

#[test]
fn every_state_is_told() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    for (state, shown) in [
        ("checkpoint", "checkpoint"),
        ("needs-input", "needs_input"),
        ("stuck", "stuck"),
        ("pr-created", "pr_created"),
    ] {
        let ran = probe.run(&["ao", "report", state, "--note", "a note"]);
        assert_eq!(ran["code"], 0, "{ran}");
        assert_eq!(sandbox.session(&worker)["report"]["state"], shown);
    }
    let ran = probe.run(&["ao", "report", "finished"]);
    assert_eq!(ran["code"], 2, "{ran}");
}

#[test]
fn only_an_agent_reports_and_only_on_itself() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    sandbox.ao(&["report", "done"]).run();
    let person = sandbox.ao(&["report", "done"]).run();
    assert!(matches!(person.code(), 2 | 7), "{}", person.err());
    let body = json!({ "state": "done" });
    assert_eq!(sandbox.post(&format!("/sessions/{worker}/report"), &body).error(403), "forbidden");
    let pr = sandbox.probe("shop-orchestrator").run(&["ao", "report", "pr-created"]);
    assert_eq!(pr["code"], 7, "an orchestrator owns no pull request: {pr}");
    assert_eq!(sandbox.session(&worker)["report"], serde_json::Value::Null);
}

#[test]
fn waits_end_when_it_happens_or_the_time_is_over() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let (a, b) = (sandbox.worker(), sandbox.worker());
    let late = sandbox.ao(&["wait", &a, "--for", "exited", "--timeout", "0.3"]).fails(6);
    assert!(late.took.as_secs() < 10);
    sandbox.probe(&b).exits(0);
    let any = ["wait", &a, &b, "--any", "--for", "exited", "--timeout", "30"];
    let ran = sandbox.ao(&any).ok();
    assert!(ran.out().contains(&b), "{}", ran.out());
    sandbox.ao(&["wait", &a, &b, "--for", "exited", "--timeout", "0.3"]).fails(6);
    sandbox.probe(&a).exits(0);
    sandbox.ao(&["wait", &a, &b, "--all", "--for", "exited", "--timeout", "30"]).ok();
    sandbox.ao(&["wait", "shop-9", "--timeout", "5"]).fails(3);
}

#[test]
fn a_reply_ends_the_wait_for_it() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let ask = ["send", "shop-1", "a question", "--wait", "reply", "--timeout", "40"];
            sandbox.ao(&ask).ok()
        });
        sandbox.probe(&worker).hears(1);
        let list = sandbox.ao(&["messages", "--session", &worker]).json();
        let id = list["messages"][0]["id"].as_str().unwrap().to_owned();
        let argv = ["ao", "send", "orchestrator", "an answer", "--reply-to", &id];
        let ran = sandbox.probe(&worker).run(&argv);
        assert_eq!(ran["code"], 0, "{ran}");
        asked.join().unwrap();
        assert_eq!(sandbox.message(&id)["state"], "answered");
    });
}

#[test]
fn messages_are_listed_with_state_and_reason() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    sandbox.probe(&worker).hold(true);
    sandbox.ao(&["send", &worker, "one", "--wait", "submitted", "--timeout", "30"]).ok();
    let held = sandbox.ao(&["-q", "send", &worker, "two"]).ok().line();
    sandbox.events().message("message.queued", &held);
    sandbox.ao(&["send", "shop-orchestrator", "three"]).ok();
    let list = |args: &[&str]| {
        let mut words = vec!["--project", "shop", "messages"];
        words.extend(args);
        sandbox.ao(&words).json()["messages"].as_array().unwrap().clone()
    };
    assert_eq!(list(&[]).len(), 3);
    assert_eq!(list(&["--session", &worker]).len(), 2);
    let queued = list(&["--session", &worker, "--state", "queued"]);
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0]["reason"], "agent_busy");
    assert_eq!(list(&["--limit", "1"]).len(), 1);
    let shown = sandbox.ao(&["messages", "show", &held]).ok().out();
    assert!(shown.contains("two") && shown.contains("busy"), "{shown}");
    assert_eq!(sandbox.message(&held)["body"], "two");
    sandbox.ao(&["messages", "show", "m-000000"]).fails(3);
    sandbox.ao(&["messages", "--session", "shop-9"]).fails(3);
}
