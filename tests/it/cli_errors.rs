//! Errors before anything is sent: three lines or JSON, and the documented exit codes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::cli_support::Home;

#[test]
fn an_error_has_three_lines_and_its_exit_code() {
    let home = Home::new();
    for args in [
        &["spwan"][..],
        &["send"],
        &["send", "a-1"],
        &["send", "a-1", ""],
        &["send", "a-1", "x", "--message", "y"],
        &["send", "a-1", "--file", "/nonexistent/file"],
        &["send", "a-1", "x", "--timeout", "3"],
        &["show"],
        &["ls", "--nope"],
        &["wait", "a-1", "--for", "reply"],
        &["kill", "a-1", "--grace", "x"],
        &["spawn", "--agent", "claude", "--", "sh"],
        &["attach", "a-1"],
        &["orchestrator", "relaunch", "--resume", "--fresh"],
        &["project", "set"],
        &["config", "get", "nope"],
        &["config", "set", "limits.queue", "many"],
    ] {
        let ran = home.run(args);
        let expected = if args[..1] == ["config"] && args[1] == "set" { 7 } else { 2 };
        assert_eq!(ran.code(), expected, "{args:?}: {}", ran.err());
        assert_eq!(ran.err().lines().count(), 3, "{args:?}: {}", ran.err());
        assert!(ran.err().starts_with("error: "), "{args:?}: {}", ran.err());
        assert_eq!(ran.out(), "", "{args:?}");
    }
    assert!(!home.path().join("data").exists(), "a refusal makes nothing");
}

#[test]
fn json_errors_have_one_shape() {
    let home = Home::new();
    for args in [&["--json", "spwan"][..], &["send", "--json"], &["ls", "--json"]] {
        let error = home.run(args).json_error();
        for field in ["code", "message", "reason", "hint", "request_id"] {
            assert!(error["error"].get(field).is_some(), "{args:?}: {error}");
        }
    }
}

#[test]
fn no_supervisor_is_started_from_inside_a_session() {
    let home = Home::new();
    let ran = home.run(&["ls"]);
    assert_eq!(ran.code(), 8, "{}", ran.err());
    assert!(ran.err().contains("inside a session"), "{}", ran.err());
    assert!(!home.path().join("data").exists());
}

#[test]
fn texts_are_checked_before_anything_is_sent() {
    let home = Home::new();
    let exact = vec![b'x'; 1024 * 1024];
    let mut larger = exact.clone();
    larger.push(b'x');
    for (input, code) in [
        (&b""[..], 2),
        (b" \n\t", 2),
        (b"caf\xe9", 2),
        (&larger, 4),
        // Well-formed: it gets as far as the supervisor, which is not there.
        (&exact, 8),
        (b"hello\n", 8),
    ] {
        let size = input.len();
        for args in [&["send", "a-1", "-"][..], &["send", "--session", "a-1", "--file", "-"]] {
            assert_eq!(home.run_with(args, input).code(), code, "{size} bytes, {args:?}");
        }
        let file = home.path().join("text");
        std::fs::write(&file, input).unwrap();
        let args = ["send", "a-1", "--file", file.to_str().unwrap()];
        assert_eq!(home.run(&args).code(), code, "{size} bytes from a file");
    }
}

#[test]
fn arguments_that_are_not_text_are_refused() {
    let home = Home::new();
    let bad = OsStr::from_bytes(b"caf\xe9");
    let out = home.ao(&["send", "a-1"]).arg(bad).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    let out = home.ao(&["start"]).arg(bad).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn hostile_ids_reach_no_file() {
    let home = Home::new();
    for id in ["../../etc/passwd", "A-1", "a 1", &"x".repeat(300), "$(touch canary)", "-x"] {
        let ran = home.run(&["show", "--", id]);
        assert!(matches!(ran.code(), 2 | 3 | 8), "{id}: {}", ran.err());
    }
    assert!(!home.path().join("canary").exists());
}

#[test]
fn a_socket_path_that_is_too_long_is_told() {
    let home = Home::new();
    let long = home.path().join("x".repeat(120)).join("ao.sock");
    let out = home.ao(&["ls"]).env("AO_SOCKET", &long).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(text.contains("bytes") && text.lines().count() == 3, "{text}");
}

#[test]
fn a_supervisor_that_hangs_is_told_in_time() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("data")).unwrap();
    let socket = home.path().join("s");
    // It listens, so a connection is made; nobody ever accepts it.
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let begun = std::time::Instant::now();
    let out = home.ao(&["ls"]).env("AO_SOCKET", &socket).output().unwrap();
    assert_eq!(out.status.code(), Some(8));
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(text.contains("does not answer"), "{text}");
    let pid = std::process::id().to_string();
    assert!(text.contains(&pid), "its process is named: {text}");
    assert!(begun.elapsed().as_secs() < 20);
}
