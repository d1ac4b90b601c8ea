//! `ao orchestrator`.

use serde_json::{Value, json};

use super::support::{Process, Sandbox};

const ID: &str = "shop-orchestrator";

/// Relaunches, and looks at what is promised of every relaunch: the same id, the next generation,
/// live, in the same worktree, with what was queued for it delivered once.
fn relaunched(sandbox: &Sandbox, args: &[&str], generation: u32) -> Value {
    let mut words = vec!["orchestrator", "relaunch", "--project", "shop"];
    words.extend(args);
    let session = sandbox.ao(&words).json()["session"].clone();
    assert_eq!(session["id"], ID);
    assert_eq!(session["generation"], generation);
    assert_eq!(session["phase"], "live");
    assert_eq!(session["branch"], "orchestrator/shop-orchestrator");
    let probe = sandbox.probe_of(ID, generation);
    assert_eq!(probe.started()["cwd"], session["worktree"]);
    assert_eq!(probe.started()["env"]["AO_SESSION_ID"], ID);
    session
}

fn is_clean_of(processes: &[Process]) {
    let left = super::support::wait_gone(processes, std::time::Duration::ZERO);
    assert_eq!(left, [], "the old ones are gone when the new one lives");
}

fn processes(session: &Value) -> Vec<Process> {
    ["agent_pid", "host_pid"].iter().map(|p| Process::of(session[p].as_u64().unwrap())).collect()
}

#[test]
fn starts_once_stops_and_starts_again() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let none = sandbox.ao(&["orchestrator", "status"]).dir(shop.path()).run();
    assert!(matches!(none.code(), 0 | 3), "{}{}", none.out(), none.err());
    let start = |args: &[&str]| {
        let mut words = vec!["orchestrator", "start"];
        words.extend(args);
        sandbox.ao(&words).dir(shop.path()).json()
    };
    let first = start(&[]);
    assert_eq!(first["outcome"], "started");
    assert_eq!(start(&[])["outcome"], "reused");
    let status = sandbox.ao(&["orchestrator", "status"]).dir(shop.path()).ok().out();
    assert!(status.contains(ID), "{status}");
    let old = processes(&first["session"]);
    sandbox.ao(&["orchestrator", "stop"]).dir(shop.path()).ok();
    is_clean_of(&old);
    assert_eq!(sandbox.session(ID)["phase"], "ended");
    sandbox.ao(&["stop"]).ok();
    assert_eq!(sandbox.session(ID)["phase"], "ended", "it does not come back by itself");
    let again = start(&[]);
    assert_eq!(again["session"]["id"], ID);
    assert_eq!(again["session"]["generation"], 2);
    assert_eq!(again["session"]["worktree"], first["session"]["worktree"]);
}

#[test]
fn relaunches_a_live_one_and_queued_mail_arrives_once() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let before = sandbox.session(ID);
    let probe = sandbox.probe(ID);
    probe.hold(true);
    sandbox.ao(&["send", ID, "work", "--wait", "submitted", "--timeout", "30"]).ok();
    let worktree = before["worktree"].as_str().unwrap();
    std::fs::write(format!("{worktree}/notes"), "not committed").unwrap();
    let queued = sandbox.ao(&["-q", "send", ID, "queued"]).ok().line();
    let old = processes(&before);
    let after = relaunched(&sandbox, &[], 2);
    is_clean_of(&old);
    assert_eq!(after["worktree"], before["worktree"]);
    assert_eq!(std::fs::read_to_string(format!("{worktree}/notes")).unwrap(), "not committed");
    let probe = sandbox.probe_of(ID, 2);
    assert_eq!(probe.hears(1), ["queued"]);
    sandbox.events().message("message.submitted", &queued);
    sandbox.ao(&["send", ID, "end", "--wait", "submitted", "--timeout", "30"]).ok();
    assert_eq!(probe.hears(2), ["queued", "end"], "each once, and nothing that the old one had");
}

#[test]
fn relaunches_one_that_has_exited() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.probe(ID).exits(3);
    sandbox.ao(&["wait", ID, "--for", "exited", "--timeout", "30"]).ok();
    assert_eq!(sandbox.session(ID)["end_reason"], "exited(3)");
    let queued = sandbox.ao(&["send", ID, "while away"]).json();
    assert_eq!(queued["message"]["state"], "queued");
    relaunched(&sandbox, &[], 2);
    assert_eq!(sandbox.probe_of(ID, 2).hears(1), ["while away"]);
}

#[test]
fn relaunches_one_whose_host_was_killed() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let session = sandbox.session(ID);
    let [agent, host] = processes(&session).try_into().unwrap();
    host.kill();
    sandbox.events().session("session.ended", ID);
    assert_eq!(sandbox.session(ID)["end_reason"], "host_lost");
    assert!(!agent.is_alive(), "the agent does not outlive its host");
    sandbox.ao(&["send", ID, "while away"]).ok();
    relaunched(&sandbox, &[], 2);
    assert_eq!(sandbox.probe_of(ID, 2).hears(1), ["while away"]);
}

#[test]
fn relaunches_one_whose_worktree_is_missing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let session = sandbox.session(ID);
    let worktree = session["worktree"].as_str().unwrap();
    let ran = sandbox.probe(ID).run(&["git", "commit", "-q", "--allow-empty", "-m", "kept"]);
    assert_eq!(ran["code"], 0, "{ran}");
    std::fs::remove_dir_all(worktree).unwrap();
    sandbox.ao(&["send", ID, "then"]).ok();
    sandbox.probe(ID).hears(1);
    let after = relaunched(&sandbox, &[], 2);
    assert_eq!(after["worktree"], worktree);
    let subject =
        super::support::git(worktree.as_ref(), sandbox.root(), &["log", "-1", "--format=%s"]);
    assert_eq!(subject.trim(), "kept", "the branch as it was");
    assert_eq!(shop.worktrees().len(), 2);
}

#[test]
fn ends_what_the_old_one_left_and_refuses_what_it_says() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let probe = sandbox.probe(ID);
    let out = sandbox.path("stray");
    // It leaves the tree and ignores every signal that can be ignored.
    let script = format!(
        "trap '' TERM HUP INT; echo $$ > {0}.pid; while :; do sleep 1000; done",
        out.display()
    );
    probe.run_with(
        &[
            "sh",
            "-c",
            &format!(
                "setsid -f sh -c '{}' </dev/null >/dev/null 2>&1",
                script.replace('\'', "'\\''")
            ),
        ],
        json!({}),
        "",
    );
    let pid = super::support::eventually(sandbox.root(), "the stray's pid", || {
        std::fs::read_to_string(out.with_extension("pid")).ok()?.trim().parse().ok()
    });
    let mut old = processes(&sandbox.session(ID));
    old.push(Process::of(pid));
    let token = probe.started()["env"]["AO_SESSION_TOKEN"].as_str().unwrap().to_owned();
    relaunched(&sandbox, &["--fresh"], 2);
    is_clean_of(&old);
    // Its token is worth nothing any more, inside the new one least of all.
    let env = json!({ "AO_SESSION_TOKEN": token, "AO_GENERATION": "1" });
    let hook =
        sandbox.probe_of(ID, 2).run_with(&["ao", "hook", "any", "permission-asked"], env, "{}");
    assert_eq!(hook["code"], 0, "a hook never fails its agent");
    sandbox.ao(&["wait", ID, "--for", "idle", "--timeout", "30"]).ok();
    assert_eq!(sandbox.session(ID)["status"], "idle");
}

#[test]
fn many_relaunches_at_once_are_one_at_a_time() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| sandbox.ao(&["orchestrator", "relaunch", "--project", "shop"]).ok());
        }
    });
    let session = sandbox.session(ID);
    assert_eq!(session["phase"], "live");
    let generation = session["generation"].as_u64().unwrap();
    assert!((2..=7).contains(&generation), "{generation}");
    assert!(processes(&session).iter().all(|process| process.is_alive()));
    sandbox.has_roles([1, 1, 1]);
}

#[test]
fn what_cannot_be_launched_costs_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let before = processes(&sandbox.session(ID));
    for (args, code) in [
        (&["--agent", "nobody"][..], 2),
        (&["--", "/no/such/program"], 9),
        (&["--permission", "everything"], 2),
        (&["--model", "large"], 2),
    ] {
        let mut words = vec!["orchestrator", "relaunch"];
        words.extend(args);
        sandbox.ao(&words).dir(shop.path()).fails(code);
        assert!(before.iter().all(|process| process.is_alive()), "{args:?}");
    }
    std::fs::write(shop.path().join("ao.toml"), "[prompts\n").unwrap();
    let failed = sandbox.ao(&["orchestrator", "relaunch"]).dir(shop.path()).fails(2);
    assert!(failed.err().contains("ao.toml:1"), "{}", failed.err());
    assert!(before.iter().all(|process| process.is_alive()));
    assert_eq!(sandbox.session(ID)["generation"], 1);
    sandbox.ao(&["spawn"]).dir(shop.path()).fails(2);
    assert_eq!(shop.branches(), ["main", "orchestrator/shop-orchestrator"]);
}

#[test]
fn another_agent_can_take_over() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let args = ["orchestrator", "relaunch", "--project", "shop", "--", "sleep", "1000"];
    let session = sandbox.ao(&args).json()["session"].clone();
    assert_eq!(session["agent"], "command");
    assert_eq!(session["generation"], 2);
    // It keeps what it ran, unless told otherwise.
    let args = ["orchestrator", "relaunch", "--project", "shop"];
    assert_eq!(sandbox.ao(&args).json()["session"]["agent"], "command");
}

#[test]
fn mail_by_role_waits_for_whoever_comes() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    sandbox.ao(&["orchestrator", "stop"]).dir(shop.path()).ok();
    sandbox.ao(&["send", "orchestrator", "by role"]).dir(shop.path()).ok();
    sandbox.ao(&["orchestrator", "send", "by verb"]).dir(shop.path()).ok();
    sandbox.ao(&["orchestrator", "start"]).dir(shop.path()).ok();
    assert_eq!(sandbox.probe_of(ID, 2).hears(2), ["by role", "by verb"]);
}
