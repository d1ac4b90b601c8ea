//! What works without a supervisor and starts none.

use super::cli_support::Home;

#[test]
fn status_says_that_nothing_runs() {
    let home = Home::new();
    for args in [&[][..], &["status"]] {
        let ran = home.run(args);
        assert_eq!(ran.code(), 0, "{}", ran.err());
        assert!(ran.out().contains("not running"), "{}", ran.out());
    }
    let status = home.run(&["status", "--json"]).json();
    let supervisor = &status["supervisor"];
    assert!(supervisor["pid"].is_null());
    assert_eq!(supervisor["ready"], false);
    for field in ["version", "protocol", "data_dir", "socket"] {
        assert!(supervisor.get(field).is_some(), "{status}");
    }
    assert_eq!(status["projects"], serde_json::json!([]));
    assert_eq!(home.run(&["stop"]).code(), 0);
    assert!(!home.path().join("data").exists(), "looking makes nothing");
}

#[test]
fn settings_are_shown_with_their_source_and_changed() {
    let home = Home::new();
    let person = |args: &[&str]| {
        let out = home.ao(args).env_remove("AO_SESSION_ID").output().unwrap();
        super::cli_support::Ran(out)
    };
    assert_eq!(person(&["config", "get", "limits.queue"]).out(), "500\n");
    assert_eq!(person(&["config", "set", "limits.queue", "7"]).code(), 0);
    assert_eq!(person(&["config", "get", "limits.queue"]).out(), "7\n");
    let settings = person(&["config", "--json"]).json();
    let rows = settings["settings"].as_array().unwrap();
    let queue = rows.iter().find(|row| row["key"] == "limits.queue").unwrap();
    assert!(queue["source"].as_str().unwrap().contains("config.toml:"), "{queue}");
    assert_eq!(person(&["config", "set", "limits.queue", "many"]).code(), 2);
    assert_eq!(person(&["config", "get", "limits.queue"]).out(), "7\n");
    // Not from inside a session.
    assert_eq!(home.run(&["config", "set", "limits.queue", "8"]).code(), 7);
}

#[test]
fn doctor_looks_without_a_supervisor() {
    let home = Home::new();
    let checks = home.run(&["doctor", "--json"]).json();
    let names: Vec<&str> =
        checks["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    for name in ["data directory", "socket path", "free space", "supervisor", "git", "zellij"] {
        assert!(names.contains(&name), "{names:?}");
    }
    std::fs::write(home.path().join("data"), "in the way").unwrap();
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code(), 9);
    assert!(ran.out().contains("fail  data directory"), "{}", ran.out());
}

#[test]
fn completions_are_scripts_that_ask_ao() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = home.run(&["generate", "completions", shell]);
        assert_eq!(ran.code(), 0);
        assert!(ran.out().contains("COMPLETE"), "{}", ran.out());
        assert!(!ran.out().contains(env!("CARGO_MANIFEST_DIR")));
    }
    // Completion itself, with no supervisor: commands are offered, ids are not.
    let out = home
        .ao(&["--", "ao", "sp"])
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "1")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n")
        .output()
        .unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().contains("spawn"));
    let ran = home.run(&["generate", "man", "pages"]);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    assert!(home.path().join("pages/ao-orchestrator-relaunch.1").exists());
    assert!(!home.path().join("data").exists());
}

#[test]
fn a_reader_that_goes_is_no_error() {
    let home = Home::new();
    let mut child = home
        .ao(&["generate", "completions", "bash"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(String::from_utf8(out.stderr).unwrap(), "");
}

#[test]
fn a_hook_never_fails_its_agent() {
    let home = Home::new();
    // Outside of every session it has nothing to tell.
    let out = home.ao(&["hook", "any", "turn-ended"]).env_remove("AO_SESSION_ID").output().unwrap();
    assert_eq!((out.status.code(), out.stdout.as_slice()), (Some(0), &b"{}\n"[..]));
    // With the supervisor away the event is kept.
    let mut child = home
        .ao(&["hook", "any", "prompt-submitted"])
        .env("AO_GENERATION", "3")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"{\"text\":\"hi\"}").unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), out.stdout.as_slice()), (Some(0), &b"{}\n"[..]));
    let spool = home.path().join("data/spool/test-1-3.jsonl");
    let line = std::fs::read_to_string(&spool).unwrap();
    let kept: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    assert_eq!(kept["event"], "prompt-submitted");
    assert_eq!(kept["data"]["text"], "hi");
    // Nonsense is answered, and kept by nobody.
    for args in [&["hook", "any", "made-up"][..], &["hook", "nobody", "x"]] {
        let out = home.ao(args).env("AO_GENERATION", "3").output().unwrap();
        assert_eq!(out.status.code(), Some(0));
    }
    assert_eq!(std::fs::read_to_string(&spool).unwrap(), line);
}

#[test]
fn a_hook_does_not_wait_for_an_agent_that_keeps_the_pipe_open() {
    let home = Home::new();
    let mut child = home
        .ao(&["hook", "any", "turn-ended"])
        .env("AO_GENERATION", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let begun = std::time::Instant::now();
    let held = child.stdin.take();
    let status = child.wait().unwrap();
    drop(held);
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
