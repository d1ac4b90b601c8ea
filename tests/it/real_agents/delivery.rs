//! `ao doctor --delivery`: the checks that people run with the agents they have.

use std::time::Duration;

use crate::support::{Sandbox, installed};

#[test]
fn checks_what_is_installed_and_leaves_nothing() {
    let sandbox = Sandbox::in_own_place();
    let path = format!("{}:{}", installed("claude").display(), std::env::var("PATH").unwrap());
    let ao =
        |args: &[&str]| sandbox.ao(args).env("PATH", path.clone()).within(Duration::from_secs(400));
    let told = ao(&["doctor", "--delivery", "claude"]).json();
    let report = &told["delivery"][0];
    let checks: Vec<&str> =
        report["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(checks, ["start", "idle", "lines", "busy", "dialog", "resume"], "{told:#}");
    let shown = ao(&["agents", "show", "claude"]).json();
    assert_eq!(shown["agent"]["checked"]["checks"], report["checks"]);
    let left: Vec<_> =
        std::fs::read_dir(sandbox.data()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["delivery.json"], "the throw-away world is gone");
    ao(&["doctor", "--delivery", "command"]).fails(3);
    ao(&["doctor", "--delivery", "nobody"]).fails(3);
}
