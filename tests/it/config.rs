//! `ao config` and `ao doctor`, and limits that a person has set.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::support::{Footprint, Sandbox};

#[test]
fn a_setting_counts_from_the_next_start_on() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let value = |key: &str| sandbox.ao(&["config", "get", key]).ok().line();
    assert_eq!(value("agent"), "probe");
    assert_eq!(value("limits.sessions_per_project"), "100");
    sandbox.ao(&["config", "set", "limits.sessions_per_project", "2"]).ok();
    assert_eq!(value("limits.sessions_per_project"), "2");
    let file = std::fs::read_to_string(sandbox.config().join("config.toml")).unwrap();
    assert!(file.contains("agent = \"probe\""), "what was there stays: {file}");
    sandbox.ao(&["stop"]).ok();
    sandbox.worker();
    let error = sandbox.ao(&["--project", "shop", "spawn"]).fails_json(4);
    assert_eq!(error["code"], "limit");
    sandbox.ao(&["kill", "shop-1"]).ok();
    sandbox.worker();
}

#[test]
fn a_full_queue_and_a_large_text_are_refused_and_nothing_else_is() {
    let sandbox = Sandbox::new();
    let limits = "agent = \"probe\"\n[limits]\nqueue = 3\nmessage_bytes = 100\n";
    std::fs::write(sandbox.config().join("config.toml"), limits).unwrap();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    sandbox.probe(&worker).hold(true);
    sandbox.ao(&["send", &worker, "work", "--wait", "submitted", "--timeout", "30"]).ok();
    for n in 0..3 {
        sandbox.ao(&["send", &worker, &format!("waits {n}")]).ok();
    }
    assert_eq!(sandbox.ao(&["send", &worker, "one too many"]).fails_json(4)["code"], "limit");
    sandbox.probe(&worker).hold(false);
    assert_eq!(sandbox.probe(&worker).hears(4), ["work", "waits 0", "waits 1", "waits 2"]);
    let large = "x".repeat(101);
    assert_eq!(sandbox.ao(&["send", &worker, &large]).fails_json(4)["code"], "too_large");
    sandbox.ao(&["send", &worker, &"x".repeat(100)]).ok();
}

#[test]
fn settings_that_are_not_understood_are_told_with_file_and_line() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let file = sandbox.config().join("config.toml");
    for (text, word) in [
        ("agent = \"probe\"\nagnet = \"x\"\n", "agnet"),
        ("agent = 7\n", "agent"),
        ("[limits]\nqueue = -1\n", "queue"),
        ("agent = \"\n", ""),
    ] {
        std::fs::write(&file, text).unwrap();
        let told = sandbox.ao(&["start"]).dir(shop.path()).fails(2);
        assert!(told.err().contains("config.toml:") && told.err().contains(word), "{}", told.err());
        assert_eq!(shop.branches(), ["main"]);
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_manifest_that_is_not_understood_costs_only_itself() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.config().join("agents/broken.toml"), "name = \"broken\"\nx = 1\n")
        .unwrap();
    let shop = sandbox.shop();
    let before = Footprint::of(&sandbox, &[&shop]);
    let told = sandbox.ao(&["spawn", "--agent", "broken"]).dir(shop.path()).fails(2);
    assert!(told.err().contains("broken"), "{}", told.err());
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
    let doctor = sandbox.ao(&["doctor"]).run();
    assert!(doctor.out().contains("broken.toml"), "{}", doctor.out());
}

#[test]
fn doctor_finds_what_is_wrong_and_says_what_to_do() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let healthy = sandbox.ao(&["doctor"]).ok().out();
    assert!(healthy.contains("supervisor: pid"), "{healthy}");
    // Without git nothing works.
    let bin = sandbox.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let sick = sandbox.ao(&["doctor"]).env("PATH", &bin).run();
    assert_ne!(sick.code(), 0, "{}", sick.out());
    assert!(sick.out().contains("git") && sick.out().contains("try:"), "{}", sick.out());
    // A socket that others can reach.
    let open = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(sandbox.data(), mode).unwrap();
    };
    open(0o755);
    let told = sandbox.ao(&["doctor"]).run().out();
    open(0o700);
    assert!(told.contains("0755") || told.contains("755"), "{told}");
    // What a git that was killed has left in a repository.
    let lock = std::fs::File::create(shop.path().join(".git/packed-refs.lock")).unwrap();
    lock.set_modified(std::time::SystemTime::now() - Duration::from_secs(3600)).unwrap();
    let told = sandbox.ao(&["doctor"]).ok().out();
    assert!(told.contains("rm ") && told.contains("packed-refs.lock"), "{told}");
}
