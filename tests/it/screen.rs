//! `ao screen`, `ao logs`, `ao attach`.

use super::support::{Sandbox, Terminal};

#[test]
fn the_screen_is_what_the_terminal_shows() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    for n in 0..60 {
        probe.prints(&format!("line {n}\n"));
    }
    probe.prints("\x1b[31mred\x1b[0m ünï end");
    super::support::until_screen(&sandbox, &worker, "ünï end");
    let plain = sandbox.ao(&["screen", &worker]).ok().out();
    assert!(plain.contains("line 59") && !plain.contains("line 3\n"), "{plain}");
    assert!(!plain.contains('\x1b'), "{plain}");
    let ansi = sandbox.ao(&["screen", &worker, "--ansi"]).ok().out();
    assert!(ansi.contains("\x1b["), "{ansi:?}");
    let above = sandbox.ao(&["screen", &worker, "--scrollback", "100"]).ok().out();
    assert!(above.contains("line 3\n"), "{above}");
    let json = sandbox.ao(&["screen", &worker]).json();
    assert_eq!(json["cols"], 120);
    assert_eq!(json["rows"], 40);
    sandbox.ao(&["screen", "shop-9"]).fails(3);
}

#[test]
fn the_logs_are_everything_also_after_the_end() {
    let sandbox = Sandbox::new();
    sandbox.starts_once();
    sandbox.plain_shop();
    let script = "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; exit 4";
    let args = ["-q", "--project", "shop", "spawn", "--", "sh", "-c", script];
    let id = sandbox.ao(&args).ok().line();
    let followed = sandbox.ao(&["logs", "--follow", &id]).ok().out();
    let lines: Vec<&str> = followed.lines().map(str::trim_end).collect();
    let expected: Vec<String> = (0..500).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, expected);
    assert_eq!(sandbox.ao(&["logs", &id]).ok().out(), followed);
    let raw = sandbox.ao(&["logs", "--raw", &id]).ok().out();
    assert!(raw.contains("line 3\r\n"));
    assert_eq!(sandbox.session(&id)["end_reason"], "exited(4)");
    sandbox.ao(&["logs", "shop-9"]).fails(3);
}

#[test]
fn a_person_attaches_types_and_detaches() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    probe.prints("before\n");
    let mut terminal = Terminal::run(&sandbox.ao(&["attach", &worker]).command(), 100, 30);
    terminal.shows("before");
    terminal.types("typed by hand\r");
    assert_eq!(probe.hears(1), ["typed by hand"]);
    terminal.shows("said: typed by hand");
    let json = sandbox.ao(&["screen", &worker]).json();
    assert_eq!((json["cols"].as_u64(), json["rows"].as_u64()), (Some(100), Some(30)));
    terminal.resize(90, 25);
    terminal.types("and resized\r");
    terminal.shows("said: and resized");
    assert_eq!(sandbox.ao(&["screen", &worker]).json()["cols"], 90);
    terminal.types("\x1dd");
    assert_eq!(terminal.ended(), Some(0));
    assert_eq!(sandbox.session(&worker)["phase"], "live", "the agent does not notice");
    assert_eq!(probe.said().len(), 2);
}

#[test]
fn a_read_only_viewer_sends_no_key() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let command = sandbox.ao(&["attach", "--read-only", &worker]).command();
    let mut terminal = Terminal::run(&command, 100, 30);
    terminal.shows("probe");
    terminal.types("keys\r");
    probe.prints("after the keys\n");
    terminal.shows("after the keys");
    assert_eq!(probe.bytes(), b"");
    terminal.types("\x1dd");
    assert_eq!(terminal.ended(), Some(0));
}

#[test]
fn viewers_leave_when_the_session_ends_and_live_on_without_the_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let mut terminal = Terminal::run(&sandbox.ao(&["attach", &worker]).command(), 80, 24);
    terminal.shows("probe");
    sandbox.supervisor().kill();
    terminal.types("alone\r");
    terminal.shows("said: alone");
    // A second one comes in without a supervisor, for it comes from outside every session.
    let mut second = Terminal::run(&sandbox.ao(&["attach", &worker]).command(), 80, 24);
    second.shows("said: alone");
    probe.exits(5);
    terminal.ended();
    second.ended();
}

#[test]
fn messages_wait_for_a_draft_and_never_join_it() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let mut terminal = Terminal::run(&sandbox.ao(&["attach", &worker]).command(), 100, 30);
    terminal.shows("probe");
    terminal.types("my draft");
    terminal.shows("my draft");
    let id = sandbox.ao(&["-q", "send", &worker, "a message"]).ok().line();
    sandbox.events().until("held for the draft", |event| {
        event["data"]["message"] == id.as_str()
            && (event["data"]["reason"] == "draft" || event["data"]["reason"] == "human_typing")
    });
    assert_eq!(probe.said(), Vec::<String>::new());
    terminal.types(" sent\r");
    assert_eq!(probe.hears(2), ["my draft sent", "a message"]);
}
