//! Room for one more session: limits, the queue, and who is never refused.

use super::support::Sandbox;

/// A shop without an orchestrator, whose limit is `limit`.
fn limited(limit: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ao(&["config", "set", "limits.sessions_per_project", limit]).ok();
    sandbox.plain_shop();
    sandbox
}

fn queue(sandbox: &Sandbox) -> String {
    sandbox.ao(&["-q", "--project", "shop", "spawn", "--queue"]).ok().line()
}

#[test]
fn over_the_limit_a_spawn_is_refused_and_leaves_nothing() {
    let sandbox = limited("1");
    sandbox.worker();
    let error = sandbox.ao(&["--project", "shop", "spawn"]).fails_json(4);
    assert_eq!(error["code"], "limit");
    let reason = error["reason"].as_str().unwrap();
    assert!(reason.contains("live sessions of the project: 1; its limit is 1"), "{reason}");
    assert!(error["hint"].as_str().unwrap().contains("--queue"));
    assert_eq!(sandbox.ao(&["ls", "--all"]).json()["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn the_limit_of_all_projects_and_that_of_ao_toml_count() {
    let sandbox = Sandbox::new();
    sandbox.ao(&["config", "set", "limits.sessions", "2"]).ok();
    let shop = sandbox.plain_shop();
    std::fs::write(shop.path().join("ao.toml"), "[limits]\nsessions = 1\n").unwrap();
    let worker = sandbox.worker();
    let refused = sandbox.ao(&["--project", "shop", "spawn"]).fails(4);
    assert!(refused.err().contains("its limit is 1"), "{}", refused.err());
    std::fs::remove_file(shop.path().join("ao.toml")).unwrap();
    sandbox.worker();
    let refused = sandbox.ao(&["--project", "shop", "spawn"]).fails(4);
    assert!(refused.err().contains("live sessions of all projects: 2"), "{}", refused.err());
    // A restore asks for the same room.
    sandbox.ao(&["kill", &worker]).ok();
    sandbox.worker();
    sandbox.ao(&["restore", &worker]).fails(4);
    assert_eq!(sandbox.session(&worker)["end_reason"], "killed(person)");
}

#[test]
fn without_memory_none_starts() {
    let sandbox = Sandbox::new();
    sandbox.ao(&["config", "set", "limits.memory_mb", "1000000000"]).ok();
    sandbox.plain_shop();
    let refused = sandbox.ao(&["--project", "shop", "spawn"]).fails(4);
    assert!(refused.err().contains("MiB of memory are available"), "{}", refused.err());
    let id = queue(&sandbox);
    assert_eq!(sandbox.session(&id)["status"], "queued");
}

#[test]
fn those_who_wait_start_in_their_order_when_there_is_room() {
    let sandbox = limited("1");
    let first = sandbox.worker();
    let waiting: Vec<String> = (0..3).map(|_| queue(&sandbox)).collect();
    let shown = sandbox.session(&waiting[0]);
    assert_eq!((&shown["phase"], &shown["status"]), (&"reserved".into(), &"queued".into()));
    let why = shown["status_reason"].as_str().unwrap();
    assert!(why.contains("its limit is 1"), "{why}");
    assert!(!std::path::Path::new(shown["worktree"].as_str().unwrap()).exists());
    // One that asks later does not pass them, though it asks the moment that there is room.
    sandbox.ao(&["kill", &first]).ok();
    sandbox.ao(&["--project", "shop", "spawn"]).fails(4);
    sandbox.ao(&["wait", &waiting[0], "--for", "live", "--timeout", "60"]).ok();
    assert_eq!(sandbox.session(&waiting[1])["status"], "queued");
    // A waiting one can be ended, and its place is the next one's.
    sandbox.ao(&["kill", &waiting[1]]).ok();
    assert_eq!(sandbox.session(&waiting[1])["end_reason"], "killed(person)");
    sandbox.ao(&["kill", &waiting[0]]).ok();
    sandbox.ao(&["wait", &waiting[2], "--for", "live", "--timeout", "60"]).ok();
    assert_eq!(sandbox.session(&waiting[1])["phase"], "ended");
    sandbox.ao(&["restore", &waiting[1]]).fails(2);
    sandbox.ao(&["clean", "--all", "--yes"]).ok();
}

#[test]
fn who_waits_is_there_after_a_crash_with_all_it_was_ordered_with() {
    let sandbox = limited("1");
    let first = sandbox.worker();
    let id = sandbox
        .ao(&["-q", "--project", "shop", "spawn", "--queue", "--issue", "7", "do the thing"])
        .ok()
        .line();
    sandbox.supervisor().kill();
    assert_eq!(sandbox.session(&id)["status"], "queued");
    sandbox.ao(&["kill", &first]).ok();
    sandbox.ao(&["wait", &id, "--for", "live", "--timeout", "60"]).ok();
    assert_eq!(sandbox.probe(&id).hears(1), ["do the thing"]);
    let shown = sandbox.session(&id);
    let environ = std::fs::read(format!("/proc/{}/environ", shown["agent_pid"])).unwrap();
    let environ = String::from_utf8_lossy(&environ);
    assert!(environ.contains("AO_ISSUE_ID=7"));
    let order = sandbox.data().join(format!("sessions/{id}/waiting.json"));
    assert!(!order.exists(), "carried out");
}

/// Every moment of a start from the queue survives the end of the supervisor.
#[test]
fn a_start_from_the_queue_that_is_cut_off_is_taken_up_again() {
    let sandbox = limited("1");
    let mut live = sandbox.worker();
    for round in 0_u64..6 {
        let next = queue(&sandbox);
        let supervisor = sandbox.supervisor();
        // Not waited for: the start from the queue falls into the kill.
        sandbox.ao(&["kill", &live, "--grace", "0"]).ok();
        std::thread::sleep(std::time::Duration::from_millis(round * 15));
        supervisor.kill();
        sandbox.ao(&["wait", &next, "--for", "live", "--timeout", "60"]).ok();
        assert_eq!(sandbox.session(&live)["phase"], "ended");
        live = next;
    }
}

#[test]
fn an_orchestrator_is_never_refused_because_of_workers() {
    let sandbox = limited("1");
    sandbox.worker();
    queue(&sandbox);
    sandbox.ao(&["--project", "shop", "orchestrator", "start"]).ok();
    assert_eq!(sandbox.session("shop-orchestrator")["phase"], "live");
    sandbox.ao(&["--project", "shop", "orchestrator", "relaunch"]).ok();
}

#[test]
fn an_orchestrator_starts_only_so_many_and_so_deep() {
    let sandbox = Sandbox::new();
    sandbox.ao(&["config", "set", "limits.orchestrator_sessions", "1"]).ok();
    sandbox.shop();
    let orchestrator = sandbox.probe("shop-orchestrator");
    let ran = orchestrator.run(&["ao", "-q", "spawn"]);
    assert_eq!(ran["code"], 0, "{ran}");
    let ran = orchestrator.run(&["ao", "spawn"]);
    assert_eq!(ran["code"], 4, "{ran}");
    assert!(ran["err"].as_str().unwrap().contains("its limit is 1"), "{ran}");
    // The person is not bound by it.
    sandbox.worker();
    sandbox.ao(&["stop"]).ok();
    sandbox.ao(&["config", "set", "limits.spawn_depth", "0"]).ok();
    let ran = orchestrator.run(&["ao", "spawn", "--queue"]);
    let depth = |ran: &serde_json::Value| ran["err"].as_str().unwrap().contains("to a depth of 0");
    // Commands in a session start no supervisor.
    assert_eq!(ran["code"], 8, "{ran}");
    sandbox.ao(&["ls"]).ok();
    let ran = orchestrator.run(&["ao", "spawn", "--queue"]);
    assert_eq!(ran["code"], 4, "{ran}");
    assert!(depth(&ran), "{ran}");
}

#[test]
fn of_many_at_once_only_as_many_as_fit_come_in() {
    let sandbox = limited("3");
    let spawns: Vec<std::process::Child> = (0..8)
        .map(|_| {
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_ao"));
            command.args(["-q", "--project", "shop", "spawn"]);
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    let codes: Vec<i32> =
        spawns.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 3, "{codes:?}");
    assert!(codes.iter().all(|code| [0, 4].contains(code)), "{codes:?}");
    // The same for ended ones that come back.
    let all: Vec<String> = (1..=3).map(|n| format!("shop-{n}")).collect();
    for id in &all {
        sandbox.ao(&["kill", id]).ok();
    }
    sandbox.worker();
    sandbox.worker();
    let restores: Vec<std::process::Child> = all
        .iter()
        .map(|id| {
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_ao"));
            command.args(["-q", "restore", id]);
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    let mut codes: Vec<i32> =
        restores.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 4, 4]);
}
