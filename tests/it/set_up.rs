//! A fresh worktree is made usable: links, copies, commands that a person trusts.

use std::path::{Path, PathBuf};

use super::support::{Process, Repository, Sandbox, eventually};

fn write(path: PathBuf, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn commands(shop: &Repository, list: &str) {
    write(shop.path().join("ao.toml"), &format!("[setup]\npost_create = [{list}]\n"));
}

/// A list of one command: a script for a shell.
fn script(text: &str) -> String {
    format!("[\"sh\", \"-c\", {text:?}]")
}

fn trust(sandbox: &Sandbox) {
    sandbox.ao(&["project", "trust", "shop", "--yes"]).ok();
}

fn is_untouched(sandbox: &Sandbox, shop: &Repository) {
    let all = sandbox.ao(&["ls", "--all"]).json();
    assert_eq!(shop.worktrees().len(), 1);
    assert_eq!(shop.branches(), ["main"]);
    assert_eq!(all["sessions"].as_array().unwrap().len(), 0, "{all}");
}

#[test]
fn links_copies_and_trusted_commands() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let main = shop.path();
    write(main.join(".gitignore"), "/.env\n/node_modules\n");
    write(main.join(".env"), "KEY=1\n");
    write(main.join("node_modules/x"), "x");
    write(main.join(".worktreeinclude"), ".env\n");
    let told = "pwd; echo \"$AO_MAIN_CHECKOUT $AO_SESSION_ID ${AO_SESSION_TOKEN-none}\" > told";
    write(
        main.join("ao.toml"),
        &format!("[setup]\nsymlinks = [\"node_modules\"]\npost_create = [{}]\n", script(told)),
    );
    let before = sandbox.ao(&["spawn", "--project", "shop"]).json();
    let first = PathBuf::from(before["session"]["worktree"].as_str().unwrap());
    assert_eq!(std::fs::read_link(first.join("node_modules")).unwrap(), main.join("node_modules"));
    assert_eq!(std::fs::read_to_string(first.join(".env")).unwrap(), "KEY=1\n");
    assert!(!first.join("told").exists(), "nobody has agreed");
    assert!(before["notices"].to_string().contains("ao project trust shop"), "{before}");
    // Nobody is there to agree.
    let refused = sandbox.ao(&["project", "trust", "shop"]).fails(2);
    assert!(refused.out().contains("AO_MAIN_CHECKOUT"), "it is shown: {}", refused.out());
    trust(&sandbox);
    let after = sandbox.ao(&["spawn", "--project", "shop"]).json();
    let second = PathBuf::from(after["session"]["worktree"].as_str().unwrap());
    let expected = format!("{} shop-2 none\n", main.display());
    assert_eq!(std::fs::read_to_string(second.join("told")).unwrap(), expected);
    let log = sandbox.data().join("sessions/shop-2/set-up.log");
    assert_eq!(std::fs::read_to_string(log).unwrap().trim(), second.to_str().unwrap());
    // Another command is another question.
    commands(&shop, &script("touch other"));
    let changed = sandbox.ao(&["spawn", "--project", "shop"]).json();
    let third = Path::new(changed["session"]["worktree"].as_str().unwrap());
    assert!(!third.join("other").exists());
    assert!(changed["notices"].to_string().contains("have changed"), "{changed}");
    trust(&sandbox);
    sandbox.ao(&["project", "trust", "shop", "--revoke"]).ok();
    let revoked = sandbox.ao(&["spawn", "--project", "shop"]).json();
    assert!(revoked["notices"].to_string().contains("not trusted"), "{revoked}");
}

#[test]
fn a_session_may_not_trust() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    commands(&shop, &script("true"));
    let probe = sandbox.probe("shop-orchestrator");
    let refused = probe.run(&["ao", "project", "trust", "shop", "--yes"]);
    assert_eq!(refused["code"], 7, "{refused}");
    let answer = sandbox.ao(&["spawn", "--project", "shop"]).json();
    assert!(answer["notices"].to_string().contains("not trusted"), "{answer}");
}

#[test]
fn a_command_that_fails_is_told_and_everything_is_undone() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let left = sandbox.path("left");
    for (text, words) in [
        ("echo no such package >&2; exit 3".to_owned(), "no such package"),
        (format!("setsid -f sleep 1000; touch {}; exit 1", left.display()), "said nothing"),
        ("exec /no/such/program".to_owned(), "program"),
    ] {
        commands(&shop, &script(&text));
        trust(&sandbox);
        let failed = sandbox.ao(&["spawn", "--project", "shop"]).fails(9);
        assert!(failed.err().contains(words), "{}", failed.err());
        assert!(failed.err().contains("set-up"), "{}", failed.err());
        is_untouched(&sandbox, &shop);
    }
    commands(&shop, "[\"no-such-program\"]");
    trust(&sandbox);
    sandbox.ao(&["spawn", "--project", "shop"]).fails(9);
    is_untouched(&sandbox, &shop);
    let slow = format!("{}]\ntimeout_s = 1\n#", script("echo slow; sleep 1000"));
    commands(&shop, &slow);
    trust(&sandbox);
    let late = sandbox.ao(&["spawn", "--project", "shop"]).fails(9);
    assert!(late.err().contains("within 1 s") && late.err().contains("slow"), "{}", late.err());
    is_untouched(&sandbox, &shop);
    assert!(left.exists());
    sandbox.has_roles([1, 0, 0]);
}

/// A set-up that does not end: its shell and a child of it.
fn endless(sandbox: &Sandbox, shop: &Repository) -> (std::process::Child, Vec<Process>) {
    let file = sandbox.path("pids");
    let text = format!(
        "trap '' TERM; echo $$ >> {0}; setsid -f sh -c 'echo $$ >> {0}; exec sleep 1000'; sleep 1000",
        file.display()
    );
    commands(shop, &script(&text));
    trust(sandbox);
    let mut spawn = sandbox.ao(&["spawn", "--project", "shop"]).command();
    let quiet = std::process::Stdio::null;
    let spawn = spawn.stdout(quiet()).stderr(quiet()).spawn().unwrap();
    let pids: Vec<u64> = eventually(sandbox.root(), "two pids", || {
        let text = std::fs::read_to_string(&file).ok()?;
        let pids: Vec<u64> = text.lines().filter_map(|line| line.parse().ok()).collect();
        (pids.len() == 2).then_some(pids)
    });
    (spawn, pids.into_iter().map(Process::of).collect())
}

#[test]
fn a_kill_reaches_a_session_that_is_being_set_up() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let (mut spawn, processes) = endless(&sandbox, &shop);
    let killed = sandbox.ao(&["kill", "shop-1"]).json();
    assert_eq!(killed["session"]["end_reason"], "killed(person)");
    assert_eq!(spawn.wait().unwrap().code(), Some(3), "stopped by a person");
    assert_eq!(super::support::wait_gone(&processes, super::support::SOON), []);
    is_untouched(&sandbox, &shop);
}

#[test]
fn a_set_up_that_was_cut_off_is_undone_at_the_next_start() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let (mut spawn, processes) = endless(&sandbox, &shop);
    sandbox.supervisor().kill();
    spawn.wait().unwrap();
    is_untouched(&sandbox, &shop);
    assert_eq!(super::support::wait_gone(&processes, super::support::SOON), []);
}

/// Somebody has written to a session that never came to life: that mail is dead and still there.
#[test]
fn mail_for_a_session_that_is_undone_does_not_vanish() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let (mut spawn, processes) = endless(&sandbox, &shop);
    let message = sandbox.ao(&["-q", "send", "shop-1", "are you there?"]).ok().line();
    sandbox.supervisor().kill();
    spawn.wait().unwrap();
    let session = sandbox.session("shop-1");
    assert_eq!((&session["phase"], &session["status"]), (&"ended".into(), &"failed".into()));
    assert!(session["cleaned_at"].is_string(), "{session}");
    let mail = sandbox.message(&message);
    assert_eq!((&mail["state"], &mail["reason"]), (&"dead".into(), &"recipient_ended".into()));
    assert_eq!((shop.worktrees().len(), shop.branches()), (1, vec!["main".to_owned()]));
    assert_eq!(super::support::wait_gone(&processes, super::support::SOON), []);
    // Its worktree can be had all the same.
    sandbox.ao(&["restore-work", "shop-1"]).ok();
    assert_eq!(shop.worktrees().len(), 2);
}

#[test]
fn an_orchestrator_whose_worktree_is_made_anew_is_set_up_again() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    write(
        shop.path().join("ao.toml"),
        &format!("[setup]\npost_create = [{}]\n", script("echo x >> ../made")),
    );
    sandbox.ao(&["project", "add"]).dir(shop.path()).ok();
    trust(&sandbox);
    sandbox.ao(&["start"]).dir(shop.path()).ok();
    let session = sandbox.session("shop-orchestrator");
    let worktree = PathBuf::from(session["worktree"].as_str().unwrap());
    let made = worktree.with_file_name("made");
    sandbox.ao(&["orchestrator", "relaunch", "--project", "shop"]).ok();
    assert_eq!(std::fs::read_to_string(&made).unwrap(), "x\n", "it was there");
    sandbox.ao(&["orchestrator", "stop", "--project", "shop"]).ok();
    std::fs::remove_dir_all(&worktree).unwrap();
    sandbox.ao(&["orchestrator", "start", "--project", "shop"]).ok();
    assert_eq!(std::fs::read_to_string(&made).unwrap(), "x\nx\n");
}
