//! `ao doctor --delivery`: the checks that people run with the agents they have.

use std::time::Duration;

use crate::support::{Sandbox, installed};

/// Each with all that it can be checked for.
const ALL: &[&str] = &["start", "idle", "lines", "busy", "dialog", "resume"];

#[test]
fn checks_claude() {
    let sandbox = Sandbox::in_own_place();
    checks(&sandbox, "claude", ALL);
    sandbox.ao(&["doctor", "--delivery", "command"]).fails(3);
    sandbox.ao(&["doctor", "--delivery", "nobody"]).fails(3);
}

#[test]
fn checks_qwen() {
    checks(&Sandbox::in_own_place(), "qwen", ALL);
}

#[test]
fn checks_copilot() {
    checks(&Sandbox::in_own_place(), "copilot", ALL);
}

/// It asks for no permission.
#[test]
fn checks_pi() {
    checks(&Sandbox::in_own_place(), "pi", &["start", "idle", "lines", "busy", "resume"]);
}

/// Every check passes, is remembered, and leaves nothing.
fn checks(sandbox: &Sandbox, agent: &str, expected: &[&str]) {
    let path = format!("{}:{}", installed(agent).display(), std::env::var("PATH").unwrap());
    let ao =
        |args: &[&str]| sandbox.ao(args).env("PATH", path.clone()).within(Duration::from_secs(400));
    let told = ao(&["doctor", "--delivery", agent]).json();
    let report = &told["delivery"][0];
    let checks: Vec<&str> =
        report["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(checks, expected, "{told:#}");
    let shown = ao(&["agents", "show", agent]).json();
    assert_eq!(shown["agent"]["checked"]["checks"], report["checks"]);
    let left: Vec<_> =
        std::fs::read_dir(sandbox.data()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["delivery.json"], "the throw-away world is gone");
}
