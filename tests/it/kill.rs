//! `ao kill`.

use std::time::Duration;

use super::support::{Process, Sandbox};

#[test]
fn ends_the_whole_tree_and_keeps_the_work() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    // One child, one that has left the tree, one that does not listen to signals.
    let file = sandbox.path("pids");
    let script = format!(
        "sleep 1000 & echo $! >> {0}; setsid -f sh -c 'echo $$ >> {0}; exec sleep 1000'; \
         setsid -f sh -c 'trap \"\" TERM HUP; echo $$ >> {0}; sleep 1000; sleep 1000'",
        file.display()
    );
    probe.run_with(
        &["sh", "-c", &format!("({script}) </dev/null >/dev/null 2>&1")],
        serde_json::json!({}),
        "",
    );
    let pids = super::support::eventually(sandbox.root(), "three pids", || {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let pids: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
        (pids.len() == 3).then_some(pids)
    });
    let mut processes: Vec<Process> = pids.into_iter().map(Process::of).collect();
    let session = sandbox.session(&worker);
    processes.push(Process::of(session["agent_pid"].as_u64().unwrap()));
    processes.push(Process::of(session["host_pid"].as_u64().unwrap()));
    let killed = sandbox.ao(&["kill", &worker, "--grace", "1"]).json();
    assert_eq!(killed["session"]["phase"], "ended");
    assert_eq!(killed["session"]["end_reason"], "killed(person)");
    assert_eq!(super::support::wait_gone(&processes, Duration::from_secs(1)), []);
    let worktree = session["worktree"].as_str().unwrap();
    assert!(shop.worktrees().iter().any(|path| path == worktree), "its worktree stays");
    assert!(shop.branches().contains(&"worker/shop-1".to_owned()));
    // Again changes nothing.
    sandbox.ao(&["kill", &worker]).ok();
    assert_eq!(sandbox.session("shop-orchestrator")["phase"], "live");
}

#[test]
fn an_agent_that_listens_goes_at_once() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let killed = sandbox.ao(&["kill", &worker]).ok();
    assert!(killed.took < Duration::from_secs(3), "{:?}", killed.took);
}

#[test]
fn one_that_a_person_killed_does_not_come_back() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    sandbox.ao(&["kill", &worker]).ok();
    sandbox.ao(&["stop"]).ok();
    let after = sandbox.session(&worker);
    assert_eq!(after["phase"], "ended");
    assert_eq!(after["end_reason"], "killed(person)");
    assert_eq!(after["agent_pid"], serde_json::Value::Null);
}

#[test]
fn unknown_ones_are_told() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    sandbox.ao(&["kill", "shop-7"]).fails(3);
    sandbox.ao(&["kill", "SHOP-1"]).fails(3);
}
