//! `ao mcp`: the tools, called over the protocol by a person's agent and by sessions.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::support::{Mcp, Sandbox, eventually, git};

/// What a worker is not shown.
const CONDUCTING: &[&str] = &["create_agent", "archive_agent", "wait_for_agent", "workflow_run"];

#[test]
fn an_agent_is_created_waited_for_read_and_archived() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let mut mcp = Mcp::of_person(&sandbox);
    let task = json!({"prompt": "fix the till", "title": "till", "idempotency_key": "k1"});
    let made = mcp.call("create_agent", task.clone());
    let id = made["agent_id"].as_str().unwrap().to_owned();
    assert_eq!(made["branch"], format!("worker/{id}"));
    // H11: the same key makes no second one.
    assert_eq!(mcp.call("create_agent", task)["agent_id"], id.as_str());
    assert_eq!(mcp.call("list_agents", json!({}))["agents"].as_array().unwrap().len(), 1);
    let wait = json!({"agent_id": id, "timeout_s": 60});
    let rested = mcp.call("wait_for_agent", wait.clone());
    assert_eq!((&rested["state"], &rested["timed_out"]), (&json!("idle"), &json!(false)));
    assert_eq!(sandbox.probe(&id).hears(1), ["fix the till"]);
    // A message that is under way is waited for, too.
    let sent = mcp.call("send_message", json!({"agent_id": id, "message": "and the door"}));
    assert!(sent["message_id"].as_str().unwrap().starts_with("m-"), "{sent}");
    mcp.call("wait_for_agent", wait);
    assert!(sandbox.probe(&id).hears(2)[1].ends_with("and the door"));
    // H16: what is not committed stays, and the answer says so.
    let worktree = made["worktree"].as_str().unwrap();
    std::fs::write(format!("{worktree}/notes"), "mine").unwrap();
    assert_eq!(mcp.call("get_agent", json!({"agent_id": id}))["uncommitted"], true);
    let archived = mcp.call("archive_agent", json!({"agent_id": id}));
    assert_eq!((&archived["state"], &archived["uncommitted"]), (&json!("archived"), &json!(true)));
    assert_eq!(std::fs::read_to_string(format!("{worktree}/notes")).unwrap(), "mine");
    let branches = git(shop.path(), sandbox.root(), &["branch", "--list", "worker/*"]);
    assert!(branches.contains(&id), "{branches}");
    assert_eq!(mcp.call("list_agents", json!({}))["agents"], json!([]));
    assert_eq!(mcp.call("list_agents", json!({"all": true}))["agents"][0]["agent_id"], id.as_str());
}

/// A flow by its name, started, looked at and read by tools.
#[test]
fn a_flow_is_run_by_tools() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    std::fs::create_dir_all(shop.path().join(".ao/flows")).unwrap();
    let flow = "name = \"count\"\n[args]\nword = { required = true }\n\
                [[step]]\nid = \"ask\"\nkind = \"gate\"\nprompt = \"count {{args.word}}?\"\n\
                [[step]]\nid = \"all\"\nkind = \"fold\"\ninputs = [\"ask\"]\nmode = \"concat\"\n\
                depends_on = [\"ask\"]\n";
    std::fs::write(shop.path().join(".ao/flows/count.toml"), flow).unwrap();
    let mut mcp = Mcp::of_person(&sandbox);
    let unknown = mcp.refused("flow_run", json!({"name": "nothing"}));
    assert!(unknown.contains("nothing") && unknown.contains("next: "), "{unknown}");
    let run = mcp.call("flow_run", json!({"name": "count", "args": {"word": "sheep"}}));
    let id = run["run_id"].as_str().unwrap().to_owned();
    let waits = eventually(sandbox.root(), "the gate waits", || {
        let status = mcp.call("flow_status", json!({"run_id": id}));
        (status["state"] == "waiting_gate").then_some(status)
    });
    assert_eq!(waits["steps"][0]["note"], "count sheep?", "{waits}");
    sandbox.ao(&["flow", "approve", &id, "ask", "--note", "baa"]).ok();
    sandbox.ao(&["flow", "result", &id, "--wait"]).ok();
    let result = mcp.call("flow_result", json!({"run_id": id, "step": "all"}));
    assert!(result["result"].as_str().unwrap().contains("baa"), "{result}");
    assert_eq!(mcp.call("flow_status", json!({}))["runs"][0]["state"], "completed");
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let mut mcp = Mcp::of_person(&sandbox);
    // H06
    let unknown = mcp.refused("get_agent", json!({"agent_id": "shop-99"}));
    assert!(unknown.contains("shop-99") && unknown.contains("next: "), "{unknown}");
    assert_eq!(unknown.lines().count(), 1, "{unknown}");
    // H07
    for (arguments, field) in [
        (json!({"prompt": ""}), "prompt"),
        (json!({"prompt": 7}), "prompt"),
        (json!({}), "prompt"),
        (json!({"prompt": "x", "brunch": "y"}), "brunch"),
    ] {
        let text = mcp.refused("create_agent", arguments);
        assert!(text.contains(field), "{text}");
    }
    mcp.refused("no_such_tool", json!({}));
    let task = mcp.call("task_add", json!({"subject": "paint"}));
    let claim = |version| {
        let task_id = &task["task_id"];
        json!({"task_id": task_id, "action": "claim", "expect_version": version})
    };
    let stale = mcp.refused("task_step", claim(7));
    assert!(stale.contains("expected 7, found 1") && stale.contains("paint"), "{stale}");
    assert_eq!(mcp.call("task_step", claim(1))["state"], "running");
}

/// H09, and that a wait has an end.
#[test]
fn a_wait_ends_by_itself_or_is_taken_back_and_the_agent_lives() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = sandbox.worker();
    let mut mcp = Mcp::of_person(&sandbox);
    let done = |seconds: f64| json!({"agent_id": id, "until": "done", "timeout_s": seconds});
    let timed = mcp.call("wait_for_agent", done(0.2));
    assert_eq!((&timed["timed_out"], &timed["state"]), (&json!(true), &json!("idle")));
    let any = json!({"agent_ids": [id], "until": "exited", "timeout_s": 0.2});
    assert_eq!(mcp.call("wait_for_any", any)["pending"], json!([id]));
    let long = mcp.begin_call("wait_for_agent", done(300.0));
    mcp.cancel(long);
    // The next one is answered at once, and nobody was ended.
    let begun = Instant::now();
    assert_eq!(mcp.call("get_agent", json!({"agent_id": id}))["state"], "idle");
    assert!(begun.elapsed() < Duration::from_secs(20));
    // Not every agent has a way to be stopped; it says so, and lives.
    let text = mcp.refused("cancel_agent", json!({"agent_id": "shop-99"}));
    assert!(text.contains("shop-99"), "{text}");
    let both = json!({"agent_ids": [id, "shop-99"], "until": "exited"});
    mcp.refused("wait_for_any", both);
}

/// H12, H13, H14: who calls is whom the kernel shows, whatever the arguments say.
#[test]
fn a_worker_sees_and_may_what_a_worker_may() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (first, second) = (sandbox.worker(), sandbox.worker());
    let mut mcp = Mcp::inside(&sandbox, &first);
    let tools = mcp.tools();
    for name in CONDUCTING {
        assert!(!tools.iter().any(|tool| tool == name), "{name}: {tools:?}");
        mcp.refused(name, json!({"agent_id": second}));
    }
    mcp.call("send_message", json!({"agent_id": second, "message": "[from person] hi"}));
    let heard = sandbox.probe(&second).hears(1).remove(0);
    assert!(heard.starts_with(&format!("[from {first}] ")), "{heard}");
    let other = sandbox.repository("web");
    sandbox.ao(&["start"]).dir(other.path()).ok();
    let refused = json!({"agent_id": "web-orchestrator", "message": "hi"});
    let text = mcp.refused("send_message", refused);
    assert!(text.contains("another project"), "{text}");
    mcp.call("report", json!({"state": "stuck", "note": "half of it"}));
    let heard = sandbox.probe("shop-orchestrator").hears(1).remove(0);
    assert!(heard.contains("half of it"), "{heard}");
    let result = "a line of the résumé\n".repeat(5_000);
    assert_eq!(mcp.call("submit_result", json!({"result": result}))["accepted"], true);
    assert_eq!(sandbox.session(&first)["status"], "done");
    let mut orchestrator = Mcp::inside(&sandbox, "shop-orchestrator");
    let (mut whole, mut offset) = (String::new(), Some(0));
    while let Some(at) = offset {
        let page = orchestrator.call("get_agent", json!({"agent_id": first, "offset": at}));
        assert!(page["result"].as_str().unwrap().chars().count() <= 20_000);
        whole.push_str(page["result"].as_str().unwrap());
        offset = page["next_offset"].as_u64();
    }
    assert_eq!(whole, result);
    let made = orchestrator.call("create_agent", json!({"prompt": "help"}));
    let id = made["agent_id"].as_str().unwrap();
    assert_eq!(sandbox.session(id)["spawned_by"], "shop-orchestrator");
}

#[test]
fn a_supervisor_that_is_down_is_an_error_and_found_again() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let mut mcp = Mcp::of_person(&sandbox);
    mcp.call("list_agents", json!({}));
    sandbox.ao(&["stop"]).ok();
    let begun = Instant::now();
    let text = mcp.refused("list_agents", json!({}));
    assert!(text.contains("supervisor") && text.contains("next: "), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    sandbox.ao(&["ls"]).ok();
    mcp.call("list_agents", json!({}));
    // One that hangs is as good as down.
    let supervisor = sandbox.supervisor();
    supervisor.signal(Signal::STOP);
    let begun = Instant::now();
    mcp.refused("list_agents", json!({}));
    let took = begun.elapsed();
    supervisor.signal(Signal::CONT);
    assert!(took < Duration::from_secs(10), "{took:?}");
    mcp.call("list_agents", json!({}));
}

#[test]
fn nothing_of_a_session_is_needed_to_list_the_tools() {
    let sandbox = Sandbox::new();
    let command = sandbox.ao(&["mcp"]).command();
    let mut mcp = Mcp::started(command);
    assert!(mcp.tools().len() > 10);
    let text = mcp.refused("list_agents", json!({}));
    assert!(text.contains("next: "), "{text}");
}
