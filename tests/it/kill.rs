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

/// The same request twice is one, whatever has happened in between.
#[test]
fn a_repeated_key_neither_ends_nor_starts_a_later_launch() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let kill = ["kill", worker.as_str(), "--idempotency-key", "k"];
    let restore = ["restore", worker.as_str(), "--idempotency-key", "r"];
    sandbox.ao(&kill).ok();
    sandbox.ao(&restore).ok();
    assert_eq!(sandbox.ao(&kill).json()["session"]["phase"], "live");
    sandbox.ao(&["kill", &worker]).ok();
    assert_eq!(sandbox.ao(&restore).json()["session"]["phase"], "ended");
    sandbox.ao(&["kill", &worker, "--grace", "7", "--idempotency-key", "k"]).fails(5);
}

/// Forks without end, each child in a session of its own, parents gone, signals ignored: the whole
/// set is ended, and none of it is left.
#[test]
fn children_that_fork_faster_than_they_are_seen_are_ended() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let script = "trap '' TERM HUP INT; while :; do setsid -f sh -c 'trap \"\" TERM HUP; sleep 5 & \
                  sleep 5' </dev/null >/dev/null 2>&1; sleep 0.02; done";
    let worker =
        sandbox.ao(&["-q", "--project", "shop", "spawn", "--", "sh", "-c", script]).ok().line();
    let count = || {
        let mark = format!("AO_SESSION_ID={worker}");
        let all = sandbox.processes().into_iter();
        let environ = |process: &Process| std::fs::read(format!("/proc/{}/environ", process.pid()));
        all.filter(|process| {
            environ(process)
                .is_ok_and(|text| text.windows(mark.len()).any(|part| part == mark.as_bytes()))
        })
        .count()
    };
    super::support::eventually(sandbox.root(), "a crowd", || (count() > 20).then_some(()));
    sandbox.ao(&["kill", &worker, "--grace", "0"]).ok();
    assert_eq!(count(), 0, "seen to be empty");
    assert_eq!(sandbox.session(&worker)["phase"], "ended");
}

/// Neither a host that does not answer nor an agent that is stopped holds up a kill.
#[test]
fn a_stopped_host_and_a_stopped_agent_are_ended() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    for stopped in ["host_pid", "agent_pid"] {
        let worker = sandbox.worker();
        let session = sandbox.session(&worker);
        let processes =
            ["host_pid", "agent_pid"].map(|field| Process::of(session[field].as_u64().unwrap()));
        Process::of(session[stopped].as_u64().unwrap()).signal(rustix::process::Signal::STOP);
        let killed = sandbox.ao(&["kill", &worker, "--grace", "1"]).json();
        assert_eq!(killed["session"]["end_reason"], "killed(person)", "{stopped}");
        assert_eq!(super::support::wait_gone(&processes, Duration::from_secs(1)), []);
    }
}

/// One that is still being made is ended, too, and nothing of it is left.
#[test]
fn a_session_that_is_being_prepared_is_ended() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let bin = sandbox.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let shim = bin.join("git");
    let script = "#!/bin/sh\nfor word do [ \"$word\" = reset ] && sleep 60; done\nexec /usr/bin/git \"$@\"\n";
    std::fs::write(&shim, script).unwrap();
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    sandbox.ao(&["start", "--no-orchestrator"]).dir(shop.path()).env("PATH", &path).ok();
    let mut spawn = sandbox.command(env!("CARGO_BIN_EXE_ao"));
    spawn.args(["--project", "shop", "spawn"]);
    spawn.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut spawn = spawn.spawn().unwrap();
    super::support::eventually(sandbox.root(), "a check-out", || {
        let shown = sandbox.ao(&["--json", "show", "shop-1"]).run();
        (shown.code() == 0 && shown.json()["session"]["phase"] == "preparing").then_some(())
    });
    let killed = sandbox.ao(&["kill", "shop-1"]).ok();
    assert!(killed.took < Duration::from_secs(30), "not for as long as git takes");
    assert!(!spawn.wait().unwrap().success());
    assert_eq!(shop.worktrees().len(), 1, "the main one");
    assert!(!shop.branches().iter().any(|branch| branch.starts_with("worker/")));
    // Killed stays killed.
    sandbox.supervisor().kill();
    let sessions = sandbox.ao(&["ls", "--all"]).json();
    let phases: Vec<_> = sessions["sessions"].as_array().unwrap().iter().collect();
    assert!(phases.iter().all(|session| session["phase"] == "ended"), "{phases:?}");
}
