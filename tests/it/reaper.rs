//! What nobody tells of: agents that fail to start, die without a word, or leave something behind.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::support::{Process, SOON, Sandbox, eventually};

/// A reaper that looks every second.
fn eager() -> Sandbox {
    let sandbox = Sandbox::new();
    let config = sandbox.config().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}[reaper]\nsweep_s = 1\n")).unwrap();
    sandbox
}

/// Spawns a shell that runs `script` and says each time that it was started.
fn spawn(sandbox: &Sandbox, script: &str) -> String {
    let script = format!("echo start >> {}; {script}", starts(sandbox).display());
    sandbox.ao(&["-q", "--project", "shop", "spawn", "--", "sh", "-c", &script]).ok().line()
}

fn starts(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("tmp/starts")
}

fn count(sandbox: &Sandbox) -> usize {
    std::fs::read_to_string(starts(sandbox)).unwrap_or_default().lines().count()
}

fn process(session: &Value, name: &str) -> Process {
    Process::of(session[name].as_u64().unwrap())
}

fn of_session(rows: &[Value], id: &str) -> usize {
    rows.iter().filter(|row| row["session"] == id).count()
}

#[test]
fn an_agent_that_fails_to_start_is_a_loop_after_three() {
    for script in ["exit 1", "kill -SEGV $$"] {
        let sandbox = Sandbox::new();
        sandbox.plain_shop();
        let id = spawn(&sandbox, script);
        sandbox.events().session("session.ended", &id);
        let session = sandbox.session(&id);
        assert_eq!(session["end_reason"], "crash_loop");
        assert_eq!(session["status"], "crash_loop");
        assert_eq!(session["generation"], 3);
        assert_eq!(count(&sandbox), 3);
        assert_eq!(of_session(&sandbox.journal("session.ended"), &id), 1);
        assert_eq!(of_session(&sandbox.journal("session.crashed"), &id), 2);
        sandbox.ao(&["stop"]).ok();
        assert_eq!(sandbox.session(&id)["phase"], "ended", "it stays down");
        assert_eq!(count(&sandbox), 3);
    }
}

#[test]
fn a_command_that_has_done_its_work_is_not_repeated() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = spawn(&sandbox, "exit 0");
    sandbox.events().session("session.ended", &id);
    assert_eq!(sandbox.session(&id)["end_reason"], "exited(0)");
    assert_eq!(count(&sandbox), 1);
}

#[test]
fn the_third_try_may_succeed_and_has_its_task_once() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let probe = sandbox.quiet_probe().join(" ");
    let starts = starts(&sandbox);
    let script = format!(
        "echo start >> {0}; [ $(wc -l < {0}) -ge 3 ] || exit 1; exec {probe}",
        starts.display()
    );
    let args = ["-q", "--project", "shop", "spawn", "the task", "--", "sh", "-c", &script];
    let id = sandbox.ao(&args).ok().line();
    assert_eq!(sandbox.probe_of(&id, 3).hears(1), ["the task"]);
    sandbox.ao(&["send", &id, "more", "--wait", "accepted"]).ok();
    assert_eq!(sandbox.probe_of(&id, 3).hears(2), ["the task", "more"]);
    assert_eq!(sandbox.session(&id)["phase"], "live");
}

#[test]
fn a_kill_between_two_launches_is_the_end() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = spawn(&sandbox, "exit 1");
    let mut events = sandbox.events();
    events.session("session.crashed", &id);
    events.session("session.crashed", &id);
    // Four seconds to the next launch.
    sandbox.ao(&["kill", &id]).ok();
    assert_eq!(sandbox.session(&id)["end_reason"], "killed(person)");
    let before = count(&sandbox);
    sandbox.supervisor().kill();
    let again = spawn(&sandbox, "sleep 1000");
    assert_eq!(count(&sandbox), before + 1, "only the new one was started");
    assert_eq!(sandbox.session(&id)["phase"], "ended");
    sandbox.ao(&["kill", &again]).ok();
}

#[test]
fn a_launch_that_was_to_come_comes_after_a_crash_of_the_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let id = spawn(&sandbox, "exit 1");
    let mut events = sandbox.events();
    events.session("session.crashed", &id);
    events.session("session.crashed", &id);
    sandbox.supervisor().kill();
    sandbox.ao(&["wait", &id, "--for", "exited", "--timeout", "30"]).ok();
    assert_eq!(sandbox.session(&id)["end_reason"], "crash_loop");
    assert_eq!(count(&sandbox), 3);
}

#[test]
fn processes_of_no_session_are_ended_and_others_are_not() {
    let sandbox = eager();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let sleeper = |id: &str, generation: &str, data: PathBuf| {
        let mut command = sandbox.command("sleep");
        command.arg("1000").env("AO_SESSION_ID", id).env("AO_GENERATION", generation);
        command.env("AO_DATA_DIR", data).spawn().unwrap()
    };
    let mut orphan = sleeper("shop-77", "1", sandbox.data());
    let mut of_live = sleeper(&worker, "1", sandbox.data());
    let mut of_other = sleeper("shop-77", "1", sandbox.path("other"));
    sandbox.events().session("session.orphans", "shop-77");
    orphan.wait().unwrap();
    assert!(of_live.try_wait().unwrap().is_none());
    assert!(of_other.try_wait().unwrap().is_none());
    sandbox.ao(&["kill", &worker]).ok();
    of_live.wait().unwrap();
    of_other.kill().unwrap();
    of_other.wait().unwrap();
}

#[test]
fn a_worktree_of_no_session_is_told_and_stays() {
    let sandbox = eager();
    let shop = sandbox.plain_shop();
    let stray = sandbox.data().join("worktrees/shop/shop-77");
    std::fs::create_dir_all(&stray).unwrap();
    std::fs::write(stray.join("work"), "work").unwrap();
    let path = stray.to_str().unwrap();
    let begun = Instant::now();
    while !sandbox.ao(&["status"]).json()["warnings"].to_string().contains(path) {
        assert!(begun.elapsed() < SOON, "it is not told");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(sandbox.ao(&["doctor"]).run().out().contains(path));
    let clean = sandbox.ao(&["clean", "--yes"]).dir(shop.path()).ok();
    assert!(clean.err().contains(path), "{}{}", clean.out(), clean.err());
    assert_eq!(std::fs::read_to_string(stray.join("work")).unwrap(), "work");
}

#[test]
fn an_agent_that_dies_under_a_host_that_hangs_is_noticed() {
    let sandbox = eager();
    sandbox.plain_shop();
    let (worker, other) = (sandbox.worker(), sandbox.worker());
    let session = sandbox.session(&worker);
    let (host, agent) = (process(&session, "host_pid"), process(&session, "agent_pid"));
    host.signal(Signal::STOP);
    agent.kill();
    sandbox.events().session("session.ended", &worker);
    assert_eq!(sandbox.session(&worker)["end_reason"], "host_lost");
    host.wait(SOON);
    assert_eq!(sandbox.session(&other)["phase"], "live");
}

#[test]
fn many_deaths_at_once_are_an_alarm_and_no_massacre() {
    let sandbox = eager();
    sandbox.plain_shop();
    let ids: Vec<String> = (0..5).map(|_| sandbox.worker()).collect();
    let sessions: Vec<Value> = ids.iter().map(|id| sandbox.session(id)).collect();
    let hosts: Vec<Process> = sessions.iter().map(|s| process(s, "host_pid")).collect();
    for session in &sessions {
        process(session, "host_pid").signal(Signal::STOP);
        process(session, "agent_pid").signal(Signal::KILL);
    }
    sandbox.events().until("an alarm", |event| event["kind"] == "supervisor.alarm");
    // Longer than a single one would be given.
    let status = sandbox.path("tmp");
    std::thread::sleep(Duration::from_secs(13));
    let told = sandbox.ao(&["status"]).json();
    assert!(told["warnings"].to_string().contains("5 sessions look dead"), "{told} {status:?}");
    assert_eq!(sandbox.journal("supervisor.alarm").len(), 1, "told once");
    for row in sandbox.ao(&["ls"]).json()["sessions"].as_array().unwrap() {
        assert_eq!(row["phase"], "live", "{row}");
    }
    for host in &hosts {
        host.signal(Signal::CONT);
    }
    for id in &ids {
        sandbox.ao(&["wait", id, "--for", "exited", "--timeout", "30"]).ok();
        assert_eq!(sandbox.session(id)["end_reason"], "exited(137)", "by the host's own word");
    }
}

#[test]
fn it_says_why_it_believes_what_it_shows() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let found = |sign: &str| {
        let detail = sandbox.ao(&["show", &worker]).json();
        let all = detail["evidence"].as_array().unwrap().clone();
        let one = all.iter().find(|one| one["sign"] == sign);
        one.map(|one| one["found"].as_str().unwrap().to_owned())
    };
    for sign in ["host", "host process", "agent process", "boot"] {
        assert_eq!(found(sign).as_deref(), Some("alive"), "{sign}");
    }
    let host = process(&sandbox.session(&worker), "host_pid");
    host.signal(Signal::STOP);
    assert_eq!(found("host").as_deref(), Some("unknown"), "silence proves nothing");
    assert_eq!(found("host process").as_deref(), Some("alive"));
    host.signal(Signal::CONT);
    sandbox.probe(&worker).exits(5);
    sandbox.ao(&["wait", &worker, "--for", "exited", "--timeout", "30"]).ok();
    assert_eq!(found("exit record").as_deref(), Some("gone"));
    assert_eq!(found("record").as_deref(), Some("gone"));
    let text = sandbox.ao(&["show", &worker]).ok().out();
    assert!(text.contains("exited(5)") && text.contains("evidence:"), "{text}");
}

#[test]
fn a_supervisor_that_takes_over_says_how_far_it_is() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let (worker, other) = (sandbox.worker(), sandbox.worker());
    let host = process(&sandbox.session(&worker), "host_pid");
    host.signal(Signal::STOP);
    let old = sandbox.supervisor();
    old.kill();
    let begun = Instant::now();
    loop {
        let told = sandbox.ao(&["status"]).json()["supervisor"].clone();
        if told["ready"] == false && told["taking_over"]["total"] == 2 {
            break;
        }
        assert!(begun.elapsed() < SOON, "{told}");
    }
    // The one whose host hangs does not stop the others, nor the start.
    assert_eq!(sandbox.session(&other)["phase"], "live");
    assert_eq!(sandbox.session(&worker)["phase"], "live");
    host.signal(Signal::CONT);
    let told = sandbox.ao(&["status"]).json()["supervisor"].clone();
    assert_eq!(told["ready"], true);
    sandbox.ao(&["send", &worker, "still there", "--wait", "submitted", "--timeout", "30"]).ok();
    eventually(&sandbox.ledger(), "the message", || {
        (sandbox.probe(&worker).said() == ["still there"]).then_some(())
    });
}
