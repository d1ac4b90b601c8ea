//! A damaged database: refused, kept, never silently empty; rebuilt on request.

use std::os::unix::fs::FileExt;
use std::path::Path;

use super::support::{Process, Sandbox};

/// A shop with an orchestrator, two workers, one that ended, and a message that waits; its supervisor
/// is stopped. Returns the live agents.
fn stopped(sandbox: &Sandbox) -> Vec<(String, u64)> {
    sandbox.shop();
    shows_its_composer(sandbox);
    for _ in 0..2 {
        sandbox.worker();
    }
    let ended = sandbox.worker();
    sandbox.ao(&["kill", &ended]).ok();
    sandbox.ao(&["send", "shop-1", "for later", "--deliver", "on-demand"]).ok();
    let ids = ["shop-orchestrator", "shop-1", "shop-2"];
    let agents = ids.map(|id| (id.to_owned(), sandbox.session(id)["agent_pid"].as_u64().unwrap()));
    sandbox.ao(&["stop"]).ok();
    agents.to_vec()
}

/// What hooks said is lost with the database: what the screen shows tells that an agent is idle.
fn shows_its_composer(sandbox: &Sandbox) {
    let file = sandbox.config().join("agents/probe.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("\n[inject]", "\nready = \"screen\"\n\n[inject]");
    let rule = "[inject.composer]\nprompts = [\">\"]\nlast_rows = 4\n";
    std::fs::write(&file, format!("{text}\n{rule}")).unwrap();
}

/// Neither started nor changed, and said so.
fn is_refused(sandbox: &Sandbox, damaged: &[u8]) {
    let error = sandbox.ao(&["ls"]).fails_json(9);
    assert!(error["hint"].as_str().unwrap().contains("ao doctor --rebuild"), "{error}");
    let after = std::fs::read(sandbox.data().join("ao.db")).unwrap_or_default();
    assert!(after == damaged, "left as it is");
}

fn is_rebuilt(sandbox: &Sandbox, agents: &[(String, u64)], damaged: &[u8]) {
    let done = sandbox.ao(&["doctor", "--rebuild"]).json();
    assert_eq!(done["rebuilt"], true);
    match done["kept"].as_str() {
        Some(kept) => assert!(std::fs::read(kept).unwrap() == damaged, "kept as it was"),
        None => assert!(damaged.is_empty()),
    }
    assert_eq!(done["live"].as_array().unwrap().len(), agents.len(), "{done}");
    for (id, pid) in agents {
        let session = sandbox.session(id);
        assert_eq!(session["phase"], "live", "{session}");
        assert_eq!(session["agent_pid"], *pid, "the same agent");
    }
    let ended = sandbox.session("shop-3");
    assert_eq!(ended["phase"], "ended");
    // They work as before: they hear, they know who they are, numbers are not used again.
    sandbox.ao(&["send", "shop-1", "still there?", "--wait", "submitted", "--timeout", "60"]).ok();
    let ran = sandbox.probe("shop-2").run(&["ao", "report", "checkpoint", "--note", "here"]);
    assert_eq!(ran["code"], 0, "{ran}");
    assert_eq!(sandbox.worker(), "shop-4");
    // A second one finds nothing to do.
    sandbox.ao(&["stop"]).ok();
    assert_eq!(sandbox.ao(&["doctor", "--rebuild"]).json()["rebuilt"], false);
}

fn damage(sandbox: &Sandbox, how: impl FnOnce(&Path)) -> Vec<u8> {
    let database = sandbox.data().join("ao.db");
    how(&database);
    std::fs::read(&database).unwrap_or_default()
}

fn comes_back_after(how: impl FnOnce(&Path)) {
    let sandbox = Sandbox::new();
    let agents = stopped(&sandbox);
    let damaged = damage(&sandbox, how);
    is_refused(&sandbox, &damaged);
    is_rebuilt(&sandbox, &agents, &damaged);
}

/// Where neither a hook nor a screen says that an agent is idle, its quiet terminal does, until its
/// next hook.
#[test]
fn one_that_nothing_but_its_hooks_told_of_hears_again() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    sandbox.ao(&["stop"]).ok();
    damage(&sandbox, |database| std::fs::remove_file(database).unwrap());
    sandbox.ao(&["doctor", "--rebuild"]).ok();
    let send = ["send", &worker, "still there?", "--wait", "submitted", "--timeout", "60"];
    sandbox.ao(&send).ok();
    assert_eq!(sandbox.session(&worker)["status_source"], "hook");
}

#[test]
fn its_first_page_is_zeroes() {
    comes_back_after(|database| {
        let file = std::fs::OpenOptions::new().write(true).open(database).unwrap();
        file.write_all_at(&[0; 4096], 0).unwrap();
    });
}

#[test]
fn it_is_empty() {
    comes_back_after(|database| std::fs::write(database, "").unwrap());
}

#[test]
fn it_is_half() {
    comes_back_after(|database| {
        let file = std::fs::OpenOptions::new().write(true).open(database).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    });
}

#[test]
fn it_is_a_text() {
    comes_back_after(|database| std::fs::write(database, "hello, world\n".repeat(1000)).unwrap());
}

#[test]
fn it_is_missing() {
    comes_back_after(|database| std::fs::remove_file(database).unwrap());
}

#[test]
fn it_is_an_older_copy() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    sandbox.ao(&["stop"]).ok();
    let older = std::fs::read(sandbox.data().join("ao.db")).unwrap();
    let shop = sandbox.path("shop");
    sandbox.ao(&["start"]).dir(&shop).ok();
    shows_its_composer(&sandbox);
    for _ in 0..2 {
        sandbox.worker();
    }
    let ended = sandbox.worker();
    sandbox.ao(&["kill", &ended]).ok();
    let ids = ["shop-orchestrator", "shop-1", "shop-2"];
    let agents = ids.map(|id| (id.to_owned(), sandbox.session(id)["agent_pid"].as_u64().unwrap()));
    sandbox.ao(&["stop"]).ok();
    let damaged = damage(&sandbox, |database| std::fs::write(database, older).unwrap());
    is_refused(&sandbox, &damaged);
    is_rebuilt(&sandbox, &agents, &damaged);
}

#[test]
fn some_bytes_are_wrong_and_what_can_be_read_is_kept() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut state = seed.as_nanos() as u64;
    eprintln!("seed {state}");
    let sandbox = Sandbox::new();
    let agents = stopped(&sandbox);
    let damaged = damage(&sandbox, |database| {
        let file = std::fs::OpenOptions::new().write(true).open(database).unwrap();
        let length = file.metadata().unwrap().len();
        for _ in 0..64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            file.write_all_at(&[(state >> 56) as u8], (state >> 20) % length).unwrap();
        }
    });
    let refused = sandbox.ao(&["--json", "ls"]).run();
    if refused.code() != 0 {
        // The wrong bytes lie where they make a difference to what the records mean.
        is_refused(&sandbox, &damaged);
        is_rebuilt(&sandbox, &agents, &damaged);
        return;
    }
    for (id, pid) in agents {
        assert_eq!(sandbox.session(&id)["agent_pid"], pid);
    }
}

#[test]
fn not_while_a_supervisor_runs_and_not_from_a_session() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    sandbox.ao(&["doctor", "--rebuild"]).fails(5);
    let ran = sandbox.probe(&worker).run(&["ao", "doctor", "--rebuild"]);
    assert_eq!(ran["code"], 8, "{ran}");
}

#[test]
fn another_program_that_has_it_locked_is_waited_for_and_told() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let other = rusqlite::Connection::open(sandbox.data().join("ao.db")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let supervisor: Process = sandbox.supervisor();
    let error = sandbox.ao(&["send", "shop-orchestrator", "hello"]).fails_json(9);
    assert!(error["reason"].as_str().unwrap().contains("holds the database locked"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    sandbox.ao(&["send", "shop-orchestrator", "hello again"]).ok();
    assert_eq!(sandbox.probe("shop-orchestrator").hears(1), ["hello again"]);
    assert!(supervisor.is_alive(), "no crash");
}
