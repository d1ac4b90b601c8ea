//! `ao task`: the board.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::support::{Http, Sandbox};

/// Adds a task and returns its id.
fn add(sandbox: &Sandbox, subject: &str, depends_on: &[&str]) -> String {
    let list = depends_on.join(",");
    let mut args = vec!["--project", "shop", "task", "add", subject, "-q"];
    if !list.is_empty() {
        args.extend(["--depends-on", &list]);
    }
    sandbox.ao(&args).ok().line()
}

fn show(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.ao(&["--project", "shop", "task", "show", id, "--json"]).json()["task"].clone()
}

/// Takes a step over the version that the task has now.
fn step(sandbox: &Sandbox, verb: &str, id: &str) -> Value {
    let version = show(sandbox, id)["version"].to_string();
    sandbox
        .ao(&["--project", "shop", "task", verb, id, "--expect-version", &version, "--json"])
        .json()
}

#[test]
fn a_task_waits_for_what_it_depends_on() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let (first, second) = (add(&sandbox, "first", &[]), add(&sandbox, "second", &[]));
    let last = add(&sandbox, "last", &[&first, &second]);
    assert_eq!((first.as_str(), last.as_str()), ("t-1", "t-3"));
    let ready = || sandbox.ao(&["--project", "shop", "task", "ls", "--ready", "-q"]).ok().out();
    assert_eq!(ready(), "t-1\nt-2\n");
    assert_eq!(show(&sandbox, &last)["waits_for"], json!(["t-1", "t-2"]));
    let refused = sandbox
        .ao(&["--project", "shop", "task", "claim", &last, "--expect-version", "1"])
        .fails_json(5);
    assert_eq!(refused["reason"], "t-3: it waits for 2 other tasks");

    step(&sandbox, "claim", &first);
    assert_eq!(step(&sandbox, "done", &first)["ready"], json!([]));
    step(&sandbox, "claim", &second);
    assert_eq!(step(&sandbox, "done", &second)["ready"], json!(["t-3"]));
    assert_eq!(ready(), "t-3\n");
    assert_eq!(sandbox.journal("task.ready").len(), 1);
    let graph = sandbox.ao(&["--project", "shop", "task", "graph"]).ok().out();
    assert!(graph.contains("  t-3 [ready] last  <- t-1, t-2"), "{graph}");
}

#[test]
fn a_change_over_an_old_version_is_refused_and_shown_what_is() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = add(&sandbox, "one", &[]);
    step(&sandbox, "claim", &id);
    step(&sandbox, "release", &id);
    let stale = sandbox
        .ao(&["--project", "shop", "task", "claim", &id, "--expect-version", "1"])
        .fails_json(5);
    assert_eq!(stale["code"], "conflict");
    assert_eq!(stale["reason"], "stale version: expected 1, found 3");
    assert_eq!(stale["current"]["version"], 3);
    assert_eq!(stale["current"]["state"], "pending");
    // No version at all is no way around it.
    sandbox.ao(&["--project", "shop", "task", "claim", &id]).fails(2);
    // Checked in this order: that it is there, that it has not changed, that it may be.
    sandbox.ao(&["--project", "shop", "task", "done", "t-99", "--expect-version", "1"]).fails(3);
    let early = sandbox
        .ao(&["--project", "shop", "task", "done", &id, "--expect-version", "3"])
        .fails_json(5);
    assert_eq!(early["reason"], "t-1: it is pending and cannot be done");
}

#[test]
fn a_key_makes_a_repeat_the_same_step() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let add = || {
        sandbox
            .ao(&["--project", "shop", "task", "add", "one", "-q", "--idempotency-key", "k1"])
            .ok()
            .line()
    };
    assert_eq!((add(), add()), ("t-1".to_owned(), "t-1".to_owned()));
    sandbox.ao(&["--project", "shop", "task", "add", "two", "--idempotency-key", "k1"]).fails(5);
    let claim = [
        "--project",
        "shop",
        "task",
        "claim",
        "t-1",
        "--expect-version",
        "1",
        "--idempotency-key",
        "k2",
    ];
    let claim = || sandbox.ao(&claim).arg("--json").json()["task"]["version"].clone();
    assert_eq!((claim(), claim()), (json!(2), json!(2)));
}

#[test]
fn no_task_waits_for_itself() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let a = add(&sandbox, "a", &[]);
    let b = add(&sandbox, "b", &[&a]);
    let c = add(&sandbox, "c", &[&b]);
    let refused = sandbox
        .ao(&[
            "--project",
            "shop",
            "task",
            "update",
            &a,
            "--expect-version",
            "1",
            "--depends-on",
            &c,
        ])
        .fails_json(2);
    assert_eq!(refused["reason"], "it would wait for itself: t-1 -> t-3 -> t-2 -> t-1");
    assert_eq!(show(&sandbox, &a)["version"], 1, "what was refused has changed nothing");
    sandbox.ao(&["--project", "shop", "task", "add", "d", "--depends-on", "t-77"]).fails(3);
    sandbox.ao(&["--project", "shop", "task", "add", "d", "--depends-on", "T-1"]).fails(2);
    let free = [
        "--project",
        "shop",
        "task",
        "update",
        &b,
        "--expect-version",
        "1",
        "--no-dependencies",
        "--json",
    ];
    assert_eq!(sandbox.ao(&free).json()["task"]["ready"], true);
}

/// I06
#[test]
fn what_failed_makes_the_rest_unreachable() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let a = sandbox
        .ao(&["--project", "shop", "task", "add", "a", "--max-attempts", "2", "-q"])
        .ok()
        .line();
    let b = add(&sandbox, "b", &[&a]);
    let c = add(&sandbox, "c", &[&b]);
    step(&sandbox, "claim", &a);
    assert_eq!(step(&sandbox, "fail", &a)["task"]["state"], "pending", "one attempt is left");
    step(&sandbox, "claim", &a);
    assert_eq!(step(&sandbox, "fail", &a)["task"]["state"], "failed");
    assert_eq!(show(&sandbox, &b)["unreachable_by"], json!([a]));
    assert_eq!(show(&sandbox, &c)["unreachable_by"], json!([b]));
    let table = sandbox.ao(&["--project", "shop", "task", "ls"]).ok().out();
    assert_eq!(table.matches("unreachable").count(), 2, "{table}");
    assert_eq!(sandbox.ao(&["--project", "shop", "task", "ls", "--ready", "-q"]).ok().out(), "");
    let steps =
        sandbox.ao(&["--project", "shop", "task", "show", &a, "--json"]).json()["history"].clone();
    let steps: Vec<&str> =
        steps.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["added", "claimed", "failed", "claimed", "failed"]);
}

#[test]
fn what_a_session_worked_on_when_it_ended_is_for_others() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let id = add(&sandbox, "one", &[]);
    sandbox
        .ao(&["--project", "shop", "task", "claim", &id, "--expect-version", "1", "--for", &worker])
        .ok();
    assert_eq!(show(&sandbox, &id)["owner"], json!(worker));
    sandbox.ao(&["kill", &worker]).ok();
    let task = show(&sandbox, &id);
    assert_eq!((&task["state"], &task["owner"]), (&json!("pending"), &Value::Null));
    assert_eq!(task["last_owner"], json!(worker));
    assert_eq!(task["note"], json!(format!("{worker} is over")));
    assert_eq!(task["ready"], true);
    let claim =
        ["--project", "shop", "task", "claim", &id, "--expect-version", "3", "--for", &worker];
    assert_eq!(sandbox.ao(&claim).fails_json(3)["code"], "not_running");
}

#[test]
fn a_worker_changes_its_own_tasks_only() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let (one, two) = (sandbox.worker(), sandbox.worker());
    let (mine, theirs) = (add(&sandbox, "mine", &[]), add(&sandbox, "theirs", &[]));
    let probe = sandbox.probe(&one);
    let runs = |args: &[&str]| {
        let mut argv = vec!["ao", "task"];
        argv.extend(args);
        probe.run(&argv)["code"].as_i64().unwrap()
    };
    assert_eq!(runs(&["claim", &mine, "--expect-version", "1"]), 0);
    assert_eq!(show(&sandbox, &mine)["owner"], json!(one));
    assert_eq!(runs(&["claim", &theirs, "--expect-version", "1", "--for", &two]), 7);
    sandbox
        .ao(&[
            "--project",
            "shop",
            "task",
            "claim",
            &theirs,
            "--expect-version",
            "1",
            "--for",
            &two,
        ])
        .ok();
    for verb in ["done", "fail", "release", "cancel"] {
        assert_eq!(runs(&[verb, &theirs, "--expect-version", "2"]), 7, "{verb}");
    }
    assert_eq!(runs(&["done", &mine, "--expect-version", "2"]), 0);
    assert_eq!(runs(&["add", "a third"]), 0);
    assert_eq!(show(&sandbox, "t-3")["created_by"], json!(one));
    assert_eq!(runs(&["cancel", "t-3", "--expect-version", "1"]), 0, "it made it");
    let denied = sandbox.journal("denied");
    assert!(denied.iter().any(|event| event["data"]["verb"] == "change_task"), "{denied:?}");
}

#[test]
fn of_several_at_once_exactly_one_gets_a_task() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    const TASKS: u32 = 40;
    for number in 0..TASKS {
        add(&sandbox, &format!("task {number}"), &[]);
    }
    let claimed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for claimer in 0..6 {
            let (sandbox, claimed) = (&sandbox, &claimed);
            scope.spawn(move || {
                for number in 0..TASKS {
                    // Each begins elsewhere, so that they meet in all orders.
                    let id = format!("t-{}", (number + claimer * 7) % TASKS + 1);
                    let argv = ["--project", "shop", "task", "claim", &id, "--expect-version", "1"];
                    match sandbox.ao(&argv).run().code() {
                        0 => claimed.fetch_add(1, Ordering::SeqCst),
                        5 => 0,
                        other => panic!("{id}: exit {other}"),
                    };
                }
            });
        }
    });
    assert_eq!(claimed.load(Ordering::SeqCst), TASKS);
    let list =
        sandbox.ao(&["--project", "shop", "task", "ls", "--state", "running", "--json"]).json();
    let tasks = list["tasks"].as_array().unwrap();
    assert_eq!(tasks.len() as u32, TASKS);
    assert!(tasks.iter().all(|task| task["version"] == 2 && task["attempts"] == 1));
}

#[test]
fn changes_over_versions_lose_none() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = add(&sandbox, "counter", &[]);
    const EACH: u32 = 12;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut made = 0;
                while made < EACH {
                    let task = show(&sandbox, &id);
                    let count = task["metadata"]["count"].as_u64().unwrap_or(0) + 1;
                    let metadata = json!({ "count": count }).to_string();
                    let version = task["version"].to_string();
                    let ran = sandbox
                        .ao(&[
                            "--project",
                            "shop",
                            "task",
                            "update",
                            &id,
                            "--expect-version",
                            &version,
                        ])
                        .arg("--metadata")
                        .arg(&metadata)
                        .run();
                    match ran.code() {
                        0 => made += 1,
                        5 => {}
                        other => panic!("exit {other}: {}", ran.err()),
                    }
                }
            });
        }
    });
    let task = show(&sandbox, &id);
    assert_eq!(task["metadata"]["count"], 8 * EACH);
    assert_eq!(task["version"], 8 * EACH + 1);
}

#[test]
fn bad_input_names_what_is_wrong_and_adds_nothing() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let long = "x".repeat(201);
    let cases: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("empty", vec!["--project", "shop", "task", "add", "  "]),
        ("two lines", vec!["--project", "shop", "task", "add", "a\nb"]),
        ("long", vec!["--project", "shop", "task", "add", &long]),
        ("metadata", vec!["--project", "shop", "task", "add", "a", "--metadata", "{"]),
        ("attempts", vec!["--project", "shop", "task", "add", "a", "--max-attempts", "0"]),
        ("state", vec!["--project", "shop", "task", "ls", "--state", "ready"]),
    ]);
    for (name, args) in cases {
        let ran = sandbox.ao(&args).fails(2);
        assert!(!ran.err().is_empty(), "{name}");
    }
    assert_eq!(sandbox.ao(&["--project", "shop", "task", "ls"]).ok().line(), "no tasks");
    for bad in ["t-0", "t-01", "1", "../t-1"] {
        sandbox.ao(&["--project", "shop", "task", "show", bad]).fails(3);
    }
}

#[test]
fn a_result_of_any_size_comes_back_whole() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = add(&sandbox, "large", &[]);
    sandbox.ao(&["--project", "shop", "task", "result", &id]).fails(3);
    step(&sandbox, "claim", &id);
    // No text, and larger than any other body may be.
    let bytes: Vec<u8> =
        (0..12_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let done = [
        "--project",
        "shop",
        "task",
        "done",
        &id,
        "--expect-version",
        "2",
        "--result-file",
        "-",
        "--json",
    ];
    let task = sandbox.ao(&done).input(bytes.clone()).json()["task"].clone();
    assert_eq!(task["result"]["bytes"], bytes.len());
    let got = sandbox.ao(&["--project", "shop", "task", "result", &id]).ok();
    assert!(got.bytes() == bytes.as_slice(), "{} of {} bytes", got.bytes().len(), bytes.len());
    // One that was never stored is no result.
    let other = add(&sandbox, "other", &[]);
    step(&sandbox, "claim", &other);
    let body = json!({ "expect_version": 2, "result": "0".repeat(64) });
    let refused = sandbox.post(&format!("/tasks/{other}/done"), &body).error(404);
    assert_eq!(refused, "not_found");
    assert_eq!(show(&sandbox, &other)["state"], "running");
}

/// Ids alone are for programs: all of them, however many there are.
#[test]
fn ids_alone_are_all_there_are() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let mut http = Http::new(&sandbox.socket());
    for n in 0..203 {
        let body = json!({ "project": "shop", "subject": format!("task {n}") });
        let (status, answer) = http.call("POST", "/tasks", None, &body).unwrap();
        assert!(status < 300, "{answer}");
    }
    let ls = |more: &[&str]| {
        let argv = [&["--project", "shop", "task", "ls", "-q"], more].concat();
        sandbox.ao(&argv).ok().out().lines().count()
    };
    assert_eq!((ls(&[]), ls(&["--ready"]), ls(&["--limit", "3"])), (203, 203, 3));
    let list = sandbox.ao(&["--project", "shop", "task", "ls"]).json();
    assert_eq!(
        (list["tasks"].as_array().unwrap().len(), &list["next_after"]),
        (200, &json!("t-200"))
    );
}
