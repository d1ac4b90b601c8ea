//! `ao agents`: which there are, what works with each, and what is wrong with a description.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::Sandbox;

fn of<'a>(list: &'a Value, name: &str) -> &'a Value {
    let agents = list["agents"].as_array().unwrap();
    agents.iter().find(|agent| agent["name"] == name).unwrap_or_else(|| panic!("{name}: {list:#}"))
}

#[test]
fn says_what_is_installed_and_what_works() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("programs");
    std::fs::create_dir_all(&bin).unwrap();
    for (name, version) in [("claude", "2.1.329 (Claude Code)"), ("my-agent", "my-agent 0.1")] {
        let program = bin.join(name);
        std::fs::write(&program, format!("#!/bin/sh\necho '{version}'\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let own = sandbox.config().join("agents");
    std::fs::create_dir_all(&own).unwrap();
    let mine = "name = \"mine\"\nbinary = \"my-agent\"\nmin_version = \"1.0\"\n\
                prompt = \"paste\"\nsystem_prompt = \"file\"\n";
    std::fs::write(own.join("mine.toml"), mine).unwrap();
    std::fs::write(own.join("bad.toml"), "name = \"bad\"\nbinray = \"x\"\n").unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let ao = |args: &[&str]| sandbox.ao(args).env("PATH", path.clone());

    let list = ao(&["agents"]).json();
    let claude = of(&list, "claude");
    assert_eq!(claude["standing"], "certified");
    assert_eq!(claude["program"], bin.join("claude").to_str().unwrap());
    assert_eq!(claude["abilities"]["receipts"], true);
    assert_eq!(claude["abilities"]["resume"], true);
    let mine = of(&list, "mine");
    assert_eq!(mine["standing"], "too_old");
    assert_eq!(mine["abilities"]["receipts"], false);
    assert_eq!(of(&list, "command")["program"], Value::Null);
    for name in ["aider", "codex", "copilot", "gemini", "opencode", "pi", "qwen"] {
        assert!(!of(&list, name)["install"].as_str().unwrap().is_empty(), "{name}");
    }
    let problems = list["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].as_str().unwrap().contains("bad.toml:2: unknown field `binray`"));

    let ran = ao(&["agents"]).ok();
    assert!(ran.err().contains("bad.toml:2"), "{}", ran.err());
    let shown = ao(&["agents", "show", "aider"]).ok().out();
    for part in ["aider", "no receipts", "ask, bypass, plan"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(ao(&["agents", "show", "claude"]).json()["agent"]["name"], "claude");
    ao(&["agents", "show", "nobody"]).fails(3);
    ao(&["agents", "show", "bad"]).fails(3);
    assert_eq!(sandbox.processes().len(), 0, "it needs no supervisor");
}

/// A version that nobody has tried works and is told of, until the checks of this machine have
/// passed with it.
#[test]
fn an_untried_version_is_told_of_and_only_typed_to() {
    let sandbox = Sandbox::new();
    let file = sandbox.config().join("agents/probe.toml");
    let manifest = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("certified = [\"1.0\"]\n{manifest}")).unwrap();
    sandbox.plain_shop();
    let spawned = sandbox.ao(&["--project", "shop", "spawn"]).ok();
    assert!(spawned.err().contains("has not been tried"), "{}", spawned.err());
    assert!(spawned.err().contains("ao doctor --delivery probe"), "{}", spawned.err());
    let session = sandbox.session("shop-1");
    let version = session["untried_version"].as_str().unwrap().to_owned();
    sandbox.ao(&["send", "shop-1", "hello", "--wait", "submitted", "--timeout", "30"]).ok();
    let at = "2026-01-01T00:00:00Z";
    let report = json!({ "agent": "probe", "version": version, "at": at, "checks": [] });
    std::fs::write(sandbox.data().join("delivery.json"), json!({ "probe": report }).to_string())
        .unwrap();
    let worker = sandbox.worker();
    assert!(sandbox.session(&worker)["untried_version"].is_null());
}
