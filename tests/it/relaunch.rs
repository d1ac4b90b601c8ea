//! `ao orchestrator relaunch` from the states that hurt, and everything at once.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use super::support::{Process, SOON, Sandbox, eventually, git};

const ID: &str = "shop-orchestrator";
const RELAUNCH: [&str; 4] = ["orchestrator", "relaunch", "--project", "shop"];

fn worktree(sandbox: &Sandbox) -> PathBuf {
    sandbox.session(ID)["worktree"].as_str().unwrap().into()
}

/// The next generation lives, alone.
fn is_next(sandbox: &Sandbox, generation: u32) {
    let session = sandbox.session(ID);
    assert_eq!(session["phase"], "live", "{session}");
    assert_eq!(session["generation"], generation);
    sandbox.probe_of(ID, generation);
    sandbox.has_roles([1, 1, 1]);
}

#[test]
fn a_locked_and_half_merged_worktree_is_taken_as_it_is() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let at = worktree(&sandbox);
    let home = sandbox.path("home");
    let git = |args: &[&str]| git(&at, &home, args);
    std::fs::write(at.join("README"), "staged\n").unwrap();
    git(&["add", "README"]);
    std::fs::write(at.join("README"), "changed\n").unwrap();
    let folder = git(&["rev-parse", "--absolute-git-dir"]);
    let folder = Path::new(folder.trim());
    // A git that was killed left its lock; a person has locked the worktree, in their own words.
    std::fs::write(folder.join("index.lock"), "").unwrap();
    std::fs::write(folder.join("locked"), "on a removable disk\n").unwrap();
    for (generation, mode) in [(2, "--resume"), (3, "--fresh")] {
        let mut args = RELAUNCH.to_vec();
        args.push(mode);
        sandbox.ao(&args).ok();
        is_next(&sandbox, generation);
    }
    assert_eq!(std::fs::read_to_string(at.join("README")).unwrap(), "changed\n");
    std::fs::remove_file(folder.join("index.lock")).unwrap();
    assert_eq!(git(&["show", ":README"]), "staged\n");
    assert_eq!(std::fs::read_to_string(folder.join("locked")).unwrap(), "on a removable disk\n");
    assert_eq!(shop.worktrees().len(), 2);
}

#[test]
fn a_host_that_hangs_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let session = sandbox.session(ID);
    let pid = |name: &str| Process::of(session[name].as_u64().unwrap());
    let (host, agent) = (pid("host_pid"), pid("agent_pid"));
    host.signal(Signal::STOP);
    agent.signal(Signal::STOP);
    sandbox.ao(&RELAUNCH).ok();
    assert!(!host.is_alive() && !agent.is_alive());
    is_next(&sandbox, 2);
}

fn zellij_server(sandbox: &Sandbox) -> Process {
    let server = |process: &Process| {
        let command = std::fs::read(format!("/proc/{}/cmdline", process.pid())).unwrap_or_default();
        String::from_utf8_lossy(&command).contains("--server")
    };
    eventually(sandbox.root(), "zellij", || sandbox.processes().into_iter().find(server))
}

#[test]
fn a_zellij_that_hangs_or_is_gone_does_not_matter() {
    let sandbox = Sandbox::with_zellij();
    sandbox.shop();
    sandbox.events().until("its pane", |event| {
        event["kind"] == "session.pane" && event["data"]["pane"] == "open"
    });
    let server = zellij_server(&sandbox);
    server.signal(Signal::STOP);
    let relaunched = sandbox.ao(&RELAUNCH).ok();
    assert!(relaunched.took < SOON, "{:?}", relaunched.took);
    assert_eq!(sandbox.session(ID)["generation"], 2);
    sandbox.probe_of(ID, 2);
    server.signal(Signal::CONT);
    server.kill();
    sandbox.ao(&RELAUNCH).ok();
    assert_eq!(sandbox.session(ID)["generation"], 3);
    sandbox.probe_of(ID, 3);
    assert_eq!(sandbox.session(ID)["phase"], "live");
}

/// The worktree is gone, and has to be set up anew by `script`.
fn to_be_set_up(sandbox: &Sandbox, shop: &Path, script: &str) {
    let command = format!("[setup]\npost_create = [[\"sh\", \"-c\", {script:?}]]\n");
    std::fs::write(shop.join("ao.toml"), command).unwrap();
    sandbox.ao(&["project", "trust", "shop", "--yes"]).ok();
    let at = worktree(sandbox);
    sandbox.ao(&["orchestrator", "stop", "--project", "shop"]).ok();
    std::fs::remove_dir_all(at).unwrap();
}

#[test]
fn a_relaunch_that_fails_is_tried_again_and_says_so() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    to_be_set_up(&sandbox, shop.path(), "true");
    // Something is in the way, until the second try is over.
    let at = worktree(&sandbox);
    std::fs::write(&at, "in the way").unwrap();
    let mut relaunch = sandbox.ao(&RELAUNCH).command();
    let mut relaunch = relaunch.stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut events = sandbox.events();
    events.session("session.relaunching", ID);
    events.session("session.relaunch_again", ID);
    events.session("session.relaunch_again", ID);
    std::fs::remove_file(&at).unwrap();
    assert!(relaunch.wait().unwrap().success());
    is_next(&sandbox, 2);
    events.session("session.relaunched", ID);
}

#[test]
fn a_relaunch_that_fails_for_good_says_why_and_the_next_one_works() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    to_be_set_up(&sandbox, shop.path(), "true");
    let at = worktree(&sandbox);
    std::fs::write(&at, "in the way").unwrap();
    let joined = std::thread::scope(|scope| {
        let all: Vec<_> = (0..3).map(|_| scope.spawn(|| sandbox.ao(&RELAUNCH).run())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    for one in joined {
        assert!(matches!(one.code(), 5 | 9), "{}", one.err());
        assert!(one.err().contains("exists already"), "{}", one.err());
    }
    assert_eq!(std::fs::read_to_string(&at).unwrap(), "in the way", "it is not ours");
    std::fs::remove_file(&at).unwrap();
    sandbox.ao(&RELAUNCH).ok();
    is_next(&sandbox, 2);
}

#[test]
fn a_relaunch_that_was_cut_off_is_gone_on_with() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let mark = sandbox.path("tmp/mark");
    let script = format!("if [ ! -e {0} ]; then touch {0}; sleep 1000; fi", mark.display());
    to_be_set_up(&sandbox, shop.path(), &script);
    let mut relaunch = sandbox.ao(&RELAUNCH).command();
    let mut relaunch = relaunch.stderr(std::process::Stdio::null()).spawn().unwrap();
    eventually(&sandbox.path("tmp"), "the set-up", || mark.exists().then_some(()));
    sandbox.supervisor().kill();
    relaunch.wait().unwrap();
    let mut events = sandbox.events();
    events.session("session.relaunched", ID);
    is_next(&sandbox, 2);
}

#[test]
fn a_stop_reaches_a_relaunch_that_is_under_way() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let mark = sandbox.path("tmp/mark");
    to_be_set_up(&sandbox, shop.path(), &format!("touch {}; sleep 1000", mark.display()));
    let mut relaunch = sandbox.ao(&RELAUNCH).command();
    let mut relaunch = relaunch.stderr(std::process::Stdio::null()).spawn().unwrap();
    eventually(&sandbox.path("tmp"), "the set-up", || mark.exists().then_some(()));
    sandbox.ao(&["orchestrator", "stop", "--project", "shop"]).ok();
    assert_eq!(relaunch.wait().unwrap().code(), Some(3), "stopped by a person");
    assert_eq!(sandbox.session(ID)["phase"], "ended");
    sandbox.has_roles([1, 0, 0]);
}

/// A small generator of random numbers (xorshift), for a storm that can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

#[test]
fn a_storm_of_verbs_leaves_exactly_one() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let seed: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261);
    println!("SEED={seed}");
    let verbs: [&[&str]; 7] = [
        &RELAUNCH,
        &["orchestrator", "relaunch", "--fresh", "--project", "shop"],
        &["orchestrator", "start", "--project", "shop"],
        &["orchestrator", "stop", "--project", "shop"],
        &["kill", ID],
        &["clean", ID, "--yes"],
        &["start"],
    ];
    std::thread::scope(|scope| {
        for thread in 0..6_u64 {
            let (sandbox, shop) = (&sandbox, &shop);
            scope.spawn(move || {
                let mut dice = Dice(seed + thread * 7919 + 1);
                for _ in 0..5 {
                    let verb = verbs[dice.below(verbs.len())];
                    let ran = sandbox.ao(verb).dir(shop.path()).run();
                    // Stopped by another, busy, or an orchestrator that is not cleaned.
                    assert!(matches!(ran.code(), 0 | 2 | 3 | 5 | 9), "{verb:?}: {}", ran.err());
                }
            });
        }
    });
    sandbox.ao(&["orchestrator", "start", "--project", "shop"]).ok();
    let session = sandbox.session(ID);
    assert_eq!(session["phase"], "live");
    let generation = u32::try_from(session["generation"].as_u64().unwrap()).unwrap();
    is_next(&sandbox, generation);
    let all = sandbox.ao(&["ls", "--all"]).json();
    assert_eq!(all["sessions"].as_array().unwrap().len(), 1, "{all}");
    assert_eq!(shop.worktrees().len(), 2);
    let fsck = Command::new("git").args(["fsck", "--strict"]).current_dir(shop.path()).output();
    assert!(fsck.unwrap().status.success());
}
