//! `ao status`, and `ao` alone.

use serde_json::Value;

use super::support::{Sandbox, Terminal};

#[test]
fn works_without_a_supervisor_and_starts_none() {
    let sandbox = Sandbox::new();
    for args in [&["status"][..], &[], &["stop"], &["doctor"], &["config"], &["--version"]] {
        sandbox.ao(args).ok();
    }
    let status = sandbox.ao(&["status"]).json();
    assert_eq!(status["supervisor"]["pid"], Value::Null);
    assert_eq!(status["supervisor"]["data_dir"], sandbox.data().to_str().unwrap());
    assert!(sandbox.ao(&["status"]).ok().out().contains("not running"));
    assert!(!sandbox.data().exists(), "looking makes nothing");
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn shows_the_orchestrator_apart_with_state_source_and_age() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let status = sandbox.ao(&["status"]).json();
    for field in ["pid", "version", "protocol", "data_dir", "socket", "ready"] {
        assert!(!status["supervisor"][field].is_null(), "{field}: {status}");
    }
    let project = &status["projects"][0];
    assert_eq!(project["orchestrator_session"]["id"], "shop-orchestrator");
    let workers = project["workers"].as_array().unwrap();
    assert_eq!(workers.len(), 1);
    assert_eq!(workers[0]["id"], worker.as_str());
    assert_eq!(workers[0]["status"], "idle");
    assert_eq!(workers[0]["status_source"], "hook");
    assert!(workers[0]["status_age_s"].is_u64());
    let shown = sandbox.ao(&["status"]).ok().out();
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{text}: {shown}"));
    assert!(at("shop-orchestrator") < at(&worker), "{shown}");
    assert!(shown.contains("hook"), "{shown}");
}

#[test]
fn every_promised_field_of_a_session_is_there() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let session = sandbox.session("shop-orchestrator");
    let fields = session.as_object().unwrap();
    for field in [
        "id",
        "kind",
        "project",
        "orchestrator",
        "label",
        "agent",
        "generation",
        "phase",
        "status",
        "status_source",
        "status_age_s",
        "agent_pid",
        "host_pid",
        "branch",
        "worktree",
        "issue",
        "inbox",
        "created_at",
        "ended_at",
        "end_reason",
    ] {
        assert!(fields.contains_key(field), "{field}: {session}");
    }
    assert_eq!(session["inbox"]["queued"], 0);
    assert_eq!(session["inbox"]["held"], 0);
}

#[test]
fn watches_what_changes() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let command = sandbox.ao(&["status", "--watch"]).command();
    let mut terminal = Terminal::run(&command, 120, 30);
    terminal.shows("shop-orchestrator");
    let worker = sandbox.worker();
    terminal.shows(&worker);
    sandbox.ao(&["kill", &worker]).ok();
    terminal.shows("killed");
}
