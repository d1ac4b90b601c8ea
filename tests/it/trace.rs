//! `ao trace` and `/traces`: one row a call, whoever tells of it.

use serde_json::{Value, json};

use super::support::{Events, Probe, Sandbox};

/// Lets the scripted agent's hook tell of something.
fn tell(probe: &Probe, event: &str, payload: &Value) {
    let ran = probe.run_with(&["ao", "hook", "any", event], json!({}), &payload.to_string());
    assert_eq!(ran["code"], 0, "{ran}");
}

fn call(probe: &Probe, id: &str, command: &str, end: &Value) {
    let begin = json!({ "tool": "shell", "call_id": id, "input": { "command": command } });
    tell(probe, "tool-started", &begin);
    let mut payload = json!({ "tool": "shell", "call_id": id });
    for (name, value) in end.as_object().unwrap() {
        payload[name] = value.clone();
    }
    tell(probe, "tool-ended", &payload);
}

fn traces(sandbox: &Sandbox, query: &str) -> Value {
    sandbox.get(&format!("/traces?{query}")).ok()
}

#[test]
fn a_call_is_one_row_with_its_times_outcome_and_turn() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let mut events = Events::since(&sandbox, 0);
    tell(&probe, "prompt-submitted", &json!({ "text": "one" }));
    call(&probe, "c1", "ls", &json!({ "output": "a b", "run_ms": 3 }));
    call(&probe, "c1", "other", &json!({ "output": "said again" }));
    tell(&probe, "turn-ended", &json!({}));
    tell(&probe, "prompt-submitted", &json!({ "text": "two" }));
    call(&probe, "c2", "false", &json!({ "error": "exit code 1" }));
    let began = events.until("the begin", |event| event["kind"] == "tool_trace");
    assert_eq!(
        (&began["data"]["state"], &began["data"]["tool"]),
        (&"started".into(), &"shell".into())
    );
    let ended = events.until("the end", |event| event["kind"] == "tool_trace");
    assert_eq!(
        (&ended["data"]["state"], &ended["data"]["outcome"]),
        (&"ended".into(), &"ok".into())
    );
    let list = traces(&sandbox, &format!("session={worker}"));
    let rows = list["traces"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{list:#}");
    assert_eq!(rows[0]["turn"], 1);
    assert_eq!(rows[0]["outcome"], "ok");
    assert_eq!(rows[0]["input"]["value"], json!({ "command": "ls" }));
    assert_eq!(rows[0]["output"]["value"], "a b");
    assert_eq!(rows[0]["run_ms"], 3);
    assert!(rows[0]["latency_ms"].as_u64().is_some());
    assert_eq!((&rows[1]["turn"], &rows[1]["outcome"]), (&2.into(), &"error".into()));
    assert_eq!(rows[1]["error"], "exit code 1");
    let text = sandbox.ao(&["trace", &worker]).ok().out();
    for part in ["turn 1: 1 call", "turn 2", "shell", "ls", "exit code 1", "█"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let only = sandbox.ao(&["trace", &worker, "--outcome", "error"]).json();
    assert_eq!(only["traces"].as_array().unwrap().len(), 1);
    sandbox.ao(&["trace", &worker, "--outcome", "good"]).fails(2);
    sandbox.ao(&["trace", "shop-9"]).fails(3);
    sandbox.ao(&["trace", "999"]).fails(3);
}

#[test]
fn pages_follow_each_other() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    for n in 0..5 {
        call(&probe, &format!("c{n}"), &format!("step {n}"), &json!({ "output": n }));
    }
    let ids = |list: &Value| -> Vec<i64> {
        list["traces"].as_array().unwrap().iter().map(|t| t["id"].as_i64().unwrap()).collect()
    };
    let all = ids(&traces(&sandbox, &format!("session={worker}")));
    assert_eq!(all.len(), 5);
    let newest = traces(&sandbox, "project=shop&limit=2");
    assert_eq!(ids(&newest), all[3..]);
    let before = newest["next_before"].as_i64().unwrap();
    let older = traces(&sandbox, &format!("limit=2&before={before}"));
    assert_eq!(ids(&older), all[1..3]);
    let after = traces(&sandbox, &format!("limit=3&after={}", all[0]));
    assert_eq!(ids(&after), all[1..4]);
    let rest = traces(&sandbox, &format!("after={}", after["next_after"]));
    assert_eq!(ids(&rest), all[4..]);
    assert!(rest["next_after"].is_null());
    let first = traces(&sandbox, &format!("limit=2&before={}", older["next_before"]));
    assert_eq!(ids(&first), all[..1]);
    assert!(first["next_before"].is_null(), "there are no older ones");
    // A place that is no call's is as good as any; beyond the ends there is nothing.
    for query in ["before=1", "before=0", "after=999999"] {
        let page = traces(&sandbox, query);
        assert_eq!(ids(&page), Vec::<i64>::new(), "{query}");
        assert!(page["next_before"].is_null() && page["next_after"].is_null(), "{query}");
    }
    for query in ["before=soon", "after=-", "limit=many", "limit=-1"] {
        assert_eq!(sandbox.get(&format!("/traces?{query}")).error(400), "usage", "{query}");
    }
    let page = sandbox.ao(&["trace", &worker, "--limit", "2"]).ok().out();
    assert!(page.contains(&format!("older ones: --before {}", all[3])), "{page}");
    let last = all[1].to_string();
    let end = sandbox.ao(&["trace", &worker, "--limit", "2", "--before", &last]).ok().out();
    assert!(end.contains("step 0") && !end.contains("older ones"), "{end}");
    sandbox.ao(&["trace", &worker, "--before", "soon"]).fails(2);
}

#[test]
fn secrets_and_large_bodies() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let spawned = sandbox.ao(&["-q", "--project", "shop", "spawn"]).env("FOO_TOKEN", "abc123");
    let worker = spawned.ok().line();
    sandbox.ao(&["wait", &worker, "--for", "idle", "--timeout", "30"]).ok();
    let probe = sandbox.probe(&worker);
    let large = format!("begin abc123 {}", "x".repeat(100_000));
    call(&probe, "c1", "print abc123; BAR_KEY=q1w2e3", &json!({ "output": large }));
    let list = traces(&sandbox, &format!("session={worker}"));
    let row = &list["traces"][0];
    assert_eq!(row["input"]["value"]["command"], "print [redacted]; BAR_KEY=[redacted]");
    assert_eq!((&row["truncated"], &row["output"]["cut"]), (&true.into(), &true.into()));
    let sha = row["output"]["sha256"].as_str().unwrap();
    let file = sandbox.data().join("artifacts").join(&sha[..2]).join(sha);
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.len() > 100_000 && !kept.contains("abc123"));
    let id = row["id"].to_string();
    let whole = sandbox.ao(&["trace", &id]).json();
    assert_eq!(whole["trace"]["output"]["value"].as_str().unwrap().len(), large.len() + 4);
    assert!(sandbox.ao(&["trace", &id]).ok().out().contains("begin [redacted] xxx"));
}

#[test]
fn an_open_call_of_a_session_that_ended_is_unknown() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    tell(&probe, "tool-started", &json!({ "tool": "shell", "call_id": "c1" }));
    let list = traces(&sandbox, &format!("session={worker}"));
    assert_eq!(list["traces"][0]["outcome"], "running");
    sandbox.ao(&["kill", &worker]).ok();
    let list = traces(&sandbox, &format!("session={worker}"));
    assert_eq!(list["traces"][0]["outcome"], "unknown");
}

#[test]
fn what_hooks_told_while_the_supervisor_was_away_is_there_too() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    sandbox.ao(&["stop"]).ok();
    call(&probe, "c1", "ls", &json!({ "output": "a" }));
    sandbox.ao(&["ls"]).ok();
    let list = traces(&sandbox, &format!("session={worker}"));
    let row = &list["traces"][0];
    assert_eq!((&row["tool"], &row["outcome"]), (&"shell".into(), &"ok".into()));
    assert_eq!(row["source"], "hook");
}

#[test]
fn a_worker_reads_its_own_calls_and_an_orchestrator_its_projects() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (one, two) = (sandbox.worker(), sandbox.worker());
    let probe = sandbox.probe(&one);
    call(&probe, "c1", "ls", &json!({ "output": "a" }));
    assert_eq!(probe.run(&["ao", "trace", &one])["code"], 0);
    assert_eq!(probe.run(&["ao", "trace", &two])["code"], 7);
    assert_eq!(probe.run(&["ao", "trace"])["code"], 7);
    let orchestrator = sandbox.probe("shop-orchestrator");
    let ran = orchestrator.run(&["ao", "trace", &one, "--json"]);
    let list: Value = serde_json::from_str(ran["out"].as_str().unwrap()).unwrap();
    let id = list["traces"][0]["id"].to_string();
    assert_eq!(orchestrator.run(&["ao", "trace", &id])["code"], 0);
    assert_eq!(sandbox.probe(&two).run(&["ao", "trace", &id])["code"], 7);
}

#[test]
fn following_prints_each_begin_and_end() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    call(&probe, "c0", "before", &json!({ "output": "a" }));
    let mut command = sandbox.ao(&["--json", "trace", &worker, "--follow"]).command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["call_id"], "c0");
    call(&probe, "c1", "later", &json!({ "output": "b" }));
    let found = [next(), next()];
    assert!(found.iter().all(|trace| trace["call_id"] == "c1"));
    assert_eq!(found[1]["outcome"], "ok");
    child.kill().unwrap();
    child.wait().unwrap();
}
