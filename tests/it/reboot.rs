//! The machine is started anew: everything that ran is gone, what was kept is there.

use rustix::process::Signal;
use serde_json::Value;

use super::support::{Sandbox, wait_gone};

/// Everything is killed at once, the run directory is wiped.
fn reboot(sandbox: &Sandbox) {
    let all = sandbox.processes();
    for process in &all {
        process.signal(Signal::KILL);
    }
    assert_eq!(wait_gone(&all, super::support::SOON), []);
    std::fs::remove_dir_all(sandbox.data().join("run")).unwrap();
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect()
}

#[test]
fn what_nobody_ended_comes_back_when_that_is_wished() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let workers: Vec<String> = (0..3).map(|_| sandbox.worker()).collect();
    sandbox.ao(&["kill", &workers[2]]).ok();
    let worktree = sandbox.session(&workers[0])["worktree"].as_str().unwrap().to_owned();
    std::fs::write(format!("{worktree}/notes"), "not committed").unwrap();
    sandbox.probe("shop-orchestrator").hold(true);
    sandbox.ao(&["send", "shop-orchestrator", "a", "--wait", "submitted", "--timeout", "30"]).ok();
    for n in 0..4 {
        sandbox.ao(&["send", "shop-orchestrator", &format!("pending {n}")]).ok();
    }
    reboot(&sandbox);
    let list = sandbox.ao(&["ls", "--all"]).json();
    for row in list["sessions"].as_array().unwrap() {
        let expected = if row["id"] == workers[2].as_str() { "killed" } else { "lost" };
        assert_eq!(row["status"], expected, "{row}");
    }
    let pending = sandbox.ao(&["messages", "--session", "shop-orchestrator"]).json();
    assert_eq!(pending["messages"].as_array().unwrap().len(), 5, "nothing is lost: {pending}");
    let started = sandbox.ao(&["start", "--restore"]).dir(shop.path()).json();
    let expected = ["shop-orchestrator", &workers[0], &workers[1]];
    assert_eq!(ids(&started["restored"]), expected, "{started}");
    for id in expected {
        let session = sandbox.session(id);
        assert_eq!(
            (&session["phase"], &session["generation"]),
            (&"live".into(), &2.into()),
            "{id}"
        );
        let heard = sandbox.probe_of(id, 2).hears(if id == "shop-orchestrator" { 5 } else { 1 });
        let note = heard.last().unwrap();
        assert!(note.starts_with("[from ao] This session was interrupted"), "{note}");
    }
    let heard = sandbox.probe_of("shop-orchestrator", 2).said();
    assert_eq!(heard[..4], ["pending 0", "pending 1", "pending 2", "pending 3"]);
    assert_eq!(std::fs::read_to_string(format!("{worktree}/notes")).unwrap(), "not committed");
    assert_eq!(sandbox.session(&workers[2])["end_reason"], "killed(person)");
    let again = sandbox.ao(&["start", "--restore"]).dir(shop.path()).json();
    assert_eq!(ids(&again["restored"]), [""; 0], "once");
}

#[test]
fn without_a_wish_everything_stays_down() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let worker = sandbox.worker();
    reboot(&sandbox);
    sandbox.ao(&["start", "--no-orchestrator"]).dir(shop.path()).ok();
    assert_eq!(sandbox.session(&worker)["status"], "lost");
    sandbox.has_roles([1, 0, 0]);
}

#[test]
fn a_project_can_be_set_to_it_and_the_limit_holds() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let workers: Vec<String> = (0..2).map(|_| sandbox.worker()).collect();
    sandbox.ao(&["project", "set", "--restore", "true"]).dir(shop.path()).ok();
    reboot(&sandbox);
    std::fs::write(shop.path().join("ao.toml"), "[limits]\nsessions = 2\n").unwrap();
    sandbox.ao(&["ls"]).ok();
    let mut events = sandbox.events();
    events.until("the first worker is back", |event| {
        event["kind"] == "session.live"
            && event["session"] == workers[0].as_str()
            && event["data"]["generation"] == 2
    });
    assert_eq!(sandbox.session("shop-orchestrator")["phase"], "live");
    assert_eq!(sandbox.session(&workers[1])["status"], "lost");
    let told = sandbox.ao(&["start", "--restore"]).dir(shop.path()).json();
    assert!(told["notices"].to_string().contains(&workers[1]), "{told}");
}
