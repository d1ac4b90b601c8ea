//! `ao stop`.

use std::time::Duration;

use super::support::{Process, Sandbox};

#[test]
fn ends_the_supervisor_and_leaves_the_sessions() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let supervisor = sandbox.supervisor();
    let agent = Process::of(sandbox.session(&worker)["agent_pid"].as_u64().unwrap());
    let stopped = sandbox.ao(&["stop"]).ok();
    assert!(stopped.took < Duration::from_secs(5), "{:?}", stopped.took);
    assert!(!supervisor.is_alive());
    assert!(agent.is_alive());
    let status = sandbox.ao(&["status"]).json();
    assert_eq!(status["supervisor"]["pid"], serde_json::Value::Null);
    assert_eq!(status["supervisor"]["ready"], false);
    sandbox.ao(&["stop"]).ok();
    // The next one takes them over.
    let after = sandbox.session(&worker);
    assert_eq!(after["agent_pid"].as_u64().unwrap(), u64::from(agent.pid()));
    assert_eq!(after["phase"], "live");
}

#[test]
fn ends_the_sessions_too_when_asked() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let worker = sandbox.worker();
    let stopped = sandbox.ao(&["stop", "--sessions", "--yes"]).json();
    let mut ended: Vec<&str> =
        stopped["ended"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    ended.sort_unstable();
    assert_eq!(ended, ["shop-1", "shop-orchestrator"]);
    assert_eq!(super::support::wait_gone(&sandbox.processes(), Duration::from_secs(5)), []);
    assert_eq!(shop.worktrees().len(), 3, "their work stays");
    let after = sandbox.session(&worker);
    assert_eq!(after["phase"], "ended");
    assert_eq!(after["end_reason"], "killed(person)");
}

#[test]
fn ends_sessions_only_after_a_yes() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let agent = Process::of(sandbox.session("shop-orchestrator")["agent_pid"].as_u64().unwrap());
    let refused = sandbox.ao(&["stop", "--sessions"]).input("n\n").fails(2);
    assert!(refused.err().contains("--yes") || refused.err().contains("yes"), "{}", refused.err());
    assert!(agent.is_alive());
    assert!(sandbox.supervisor().is_alive());
}
