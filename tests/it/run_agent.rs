//! `ao run-agent`: one task for one agent in a session of its own, with a command as the agent. The
//! real agents are in `agents/`.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{SOON, Sandbox, git, make_pipe, wait_gone};

const SCHEMA: &str = r#"{"type": "object", "properties": {"n": {"type": "integer"}},
    "required": ["n"], "additionalProperties": false}"#;

fn run<'a>(more: &[&'a str], script: &'a str) -> Vec<&'a str> {
    let mut args = vec!["--project", "shop", "run-agent", "say it"];
    args.extend(more);
    args.extend(["--", "sh", "-c", script]);
    args
}

#[test]
fn a_task_has_a_session_a_result_and_a_trace() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let script = "read -r task; echo \"I was told: $task\"; echo work > made";
    assert_eq!(sandbox.ao(&run(&[], script)).ok().out(), "I was told: say it\n");
    let session = sandbox.session("shop-1");
    assert_eq!((&session["mode"], &session["kind"]), (&json!("headless"), &json!("worker")));
    assert_eq!(session["end_reason"], "exited(0)");
    assert_eq!(sandbox.ao(&["result", "shop-1"]).ok().out(), "I was told: say it\n");
    let logs = sandbox.ao(&["logs", "shop-1"]).ok().out();
    assert!(logs.contains("> say it") && logs.contains("I was told: say it"), "{logs}");
    let worktree = session["worktree"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(format!("{worktree}/made")).unwrap(), "work\n");
    assert!(!shop.path().join("made").exists(), "it works in a worktree of its own");
    sandbox.ao(&["restore", "shop-1"]).fails(2);
    let told: Vec<Value> = sandbox.journal("session.outcome");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["data"]["verdict"], "value");
}

#[test]
fn a_shared_folder_is_left_alone() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let ran = sandbox.ao(&run(&["--here"], "pwd; echo x > here")).dir(shop.path()).ok();
    assert_eq!(ran.out().trim_end(), shop.path().display().to_string());
    let session = sandbox.session("shop-1");
    assert_eq!(session["worktree"], shop.path().display().to_string());
    assert_eq!(session["branch"], "main");
    let cleaned = sandbox.ao(&["clean", "shop-1", "--yes"]).json();
    assert_eq!(cleaned["sessions"][0]["verdict"], "gone", "{cleaned}");
    assert!(shop.path().join("here").exists() && shop.path().join(".git").exists());
    let branches = git(shop.path(), &sandbox.path("home"), &["branch", "--list", "worker/*"]);
    assert_eq!(branches, "");
    let elsewhere = sandbox.repository("other");
    sandbox.ao(&run(&["--here"], "true")).dir(elsewhere.path()).fails(2);
    sandbox.ao(&run(&["--here"], "true")).dir(sandbox.path("home")).fails(2);
}

#[test]
fn a_schema_is_asked_for_until_it_is_met() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let schema = sandbox.path("schema.json");
    std::fs::write(&schema, SCHEMA).unwrap();
    let schema = schema.display().to_string();
    let with = ["--schema", schema.as_str()];
    let script = "cat > told-$AO_TURN; [ $AO_TURN = 3 ] && echo '{\"n\": 7}' || \
                  { [ $AO_TURN = 2 ] && echo '{\"n\": \"x\"}' || echo no; }";
    let outcome = sandbox.ao(&run(&with, script)).json()["outcome"].clone();
    assert_eq!((&outcome["state"], &outcome["result"]), (&json!("done"), &json!({"n": 7})));
    let worktree = sandbox.session("shop-1")["worktree"].as_str().unwrap().to_owned();
    let told = |turn: u32| std::fs::read_to_string(format!("{worktree}/told-{turn}")).unwrap();
    assert!(told(1).contains("\"additionalProperties\": false"), "{}", told(1));
    assert!(told(2).contains("You have not submitted a result"), "{}", told(2));
    assert!(told(3).contains("1. /n: \"x\" is not of type \"integer\""), "{}", told(3));
    let error = sandbox.ao(&run(&with, "echo '{}'")).fails_json(1);
    assert_eq!(error["code"], "work_failed", "{error}");
    assert!(error["reason"].as_str().unwrap().contains("5 results were refused"), "{error}");
}

/// An agent of a person's own, whose output its manifest explains. Most of what it prints says
/// nothing: 80 MiB.
#[test]
fn an_agents_output_is_read_by_rules_of_its_manifest() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let program = sandbox.path("mine");
    let script = r#"#!/bin/sh
noise=$(head -c 1000000 /dev/zero | tr '\0' x)
for n in $(seq 80); do echo "{\"kind\": \"noise\", \"text\": \"$noise\"}"; done
echo '{"kind": "failed", "why": "try again"}'
echo '{"kind": "begins"}'
echo '{"kind": "tool", "id": "c1", "name": "look", "what": {"at": "it"}}'
echo '{"kind": "tool-over", "id": "c1", "ok": true, "gave": "seen"}'
echo '{"kind": "says", "text": [{"text": "it is"}, {"text": "there"}]}'
echo '{"cost": {"in": 30, "out": 4, "cached": 20}}' > "$RECORD"
"#;
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let manifest = format!(
        r#"name = "mine"
binary = "{}"
prompt = "paste"
system_prompt = "file"
[headless]
argv = []
output = "lines"
record = "record"
env = {{ RECORD = "{{record_file}}" }}
line = [
  {{ is = "words", when = {{ kind = "says" }}, text = "text" }},
  {{ is = "failed", when = {{ kind = "failed" }}, error = "why" }},
  {{ is = "attempt", when = {{ kind = "begins" }} }},
  {{ is = "tool-started", when = {{ kind = "tool" }}, call_id = "id", tool = "name", input = "what" }},
  {{ is = "tool-ended", when = {{ kind = "tool-over", ok = true }}, call_id = "id", output = "gave" }},
  {{ is = "model-call", input = "cost.in", output = "cost.out", cache_read = "cost.cached" }},
]
"#,
        program.display()
    );
    std::fs::write(sandbox.config().join("agents/mine.toml"), manifest).unwrap();
    let args = ["--project", "shop", "run-agent", "--agent", "mine", "do it"];
    let outcome = sandbox.ao(&args).json()["outcome"].clone();
    assert_eq!((&outcome["state"], &outcome["result"]), (&json!("done"), &json!("it is\nthere")));
    let tokens = &outcome["tokens"];
    assert_eq!([&tokens["input"], &tokens["cache_read"], &tokens["output"]], [10, 20, 4]);
    let traces = sandbox.ao(&["trace", "shop-1"]).json();
    let call = &traces["traces"][0];
    assert_eq!((&call["tool"], &call["outcome"]), (&json!("look"), &json!("ok")), "{traces}");
}

#[test]
fn failures_have_their_names() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let error = sandbox.ao(&run(&[], "echo broken >&2; exit 7")).fails_json(1);
    assert_eq!(error["reason"], "crash: the agent ended with exit status: 7: broken");
    let error = sandbox.ao(&run(&["--timeout", "1"], "sleep 600")).fails_json(4);
    assert!(error["reason"].as_str().unwrap().starts_with("timeout: "), "{error}");
    let tools =
        "for n in 1 2 3; do echo '{\"event\":\"tool_started\"}' > $AO_EVENTS; done; sleep 600";
    let error = sandbox.ao(&run(&["--max-tool-calls", "2"], tools)).fails_json(4);
    assert!(error["reason"].as_str().unwrap().starts_with("tool_limit: "), "{error}");
    let id = sandbox.ao(&run(&["--detach"], "sleep 600")).ok().line();
    sandbox.ao(&["send", &id, "hello"]).fails(2);
    sandbox.ao(&["kill", &id]).ok();
    assert_eq!(sandbox.session(&id)["status"], "killed");
    sandbox.ao(&["--project", "shop", "run-agent", "x", "--agent", "probe"]).fails(2);
}

#[test]
fn a_large_result_is_whole() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let script = "head -c 20000000 /dev/zero | tr '\\0' x";
    assert_eq!(sandbox.ao(&run(&[], script)).ok().out().len(), 20_000_001);
}

#[test]
fn a_pipe_in_place_of_a_result_is_none() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let script = "rm -f \"$AO_RESULT_FILE\"; mkfifo \"$AO_RESULT_FILE\"; echo said";
    assert_eq!(sandbox.ao(&run(&[], script)).ok().out(), "said\n");
}

#[test]
fn the_result_outlives_the_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let go = sandbox.path("go");
    make_pipe(&go);
    let script = format!("read -r word < {}; echo \"heard $word\"", go.display());
    let id = sandbox.ao(&run(&["--detach"], &script)).ok().line();
    let supervisor = sandbox.supervisor();
    supervisor.signal(rustix::process::Signal::KILL);
    assert!(wait_gone(&[supervisor], SOON).is_empty());
    std::fs::write(&go, "it\n").unwrap();
    sandbox.ao(&["wait", &id, "--for", "exited", "--timeout", "50"]).ok();
    assert_eq!(sandbox.ao(&["result", &id]).ok().out(), "heard it\n");
    assert_eq!(sandbox.session(&id)["end_reason"], "exited(0)");
}
