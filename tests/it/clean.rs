//! `ao clean`, `ao restore-work` and `ao restore`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use ao::process::ProcessId;

use super::support::{Repository, SOON, Sandbox, git, wait_gone};

fn worktree(sandbox: &Sandbox, id: &str) -> PathBuf {
    sandbox.session(id)["worktree"].as_str().unwrap().into()
}

/// A shop whose repository ignores `.env`, without an orchestrator.
fn shop(sandbox: &Sandbox) -> Repository {
    let shop = sandbox.plain_shop();
    fs::write(shop.path().join(".gitignore"), ".env\nnode_modules/\n").unwrap();
    shop.git(&["add", "."]);
    shop.git(&["commit", "-q", "-m", "ignore"]);
    shop
}

/// Some of every kind of work.
fn work(sandbox: &Sandbox, worktree: &Path) {
    fs::write(worktree.join("README"), "changed\n").unwrap();
    fs::write(worktree.join("new"), "new\n").unwrap();
    fs::write(worktree.join(".env"), "SECRET=1\n").unwrap();
    fs::create_dir_all(worktree.join("node_modules/x")).unwrap();
    fs::write(worktree.join("node_modules/x/y"), "made again\n").unwrap();
    git(worktree, &sandbox.path("home"), &["commit", "-q", "--allow-empty", "-m", "mine"]);
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

fn fate<'a>(answer: &'a Value, name: &str) -> &'a str {
    let items = answer["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == name);
    item.unwrap_or_else(|| panic!("no {name} in {answer}"))["fate"].as_str().unwrap()
}

#[test]
fn says_first_what_would_go_then_removes_it_and_brings_it_back() {
    let sandbox = Sandbox::new();
    let shop = shop(&sandbox);
    let worker = sandbox.worker();
    let at = worktree(&sandbox, &worker);
    work(&sandbox, &at);
    let clean = |args: &[&str]| {
        let all = [&["--project", "shop", "clean"], args].concat();
        sandbox.ao(&all).json()["sessions"].clone()
    };
    assert_eq!(clean(&[]), json!([]), "a live one is not thought of");
    sandbox.ao(&["kill", &worker]).ok();
    let dry = clean(&[]);
    assert_eq!(dry[0]["verdict"], "remove");
    assert_eq!(dry[0]["removed"], false);
    assert_eq!(dry[0]["branch"], "kept");
    for (name, expected) in [
        ("README", "refs"),
        ("new", "refs"),
        (".env", "aside"),
        ("node_modules", "removed"),
        ("its branch", "branch"),
    ] {
        assert_eq!(fate(&dry[0], name), expected, "{name}");
    }
    assert_eq!(read(at.join(".env")), "SECRET=1\n", "a dry run touches nothing");
    assert!(!shop.git(&["for-each-ref"]).contains("refs/ao"));
    let done = clean(&["--yes"]);
    assert_eq!(done[0]["removed"], true);
    assert!(!at.exists());
    assert_eq!(shop.worktrees().len(), 1);
    assert!(shop.branches().contains(&"worker/shop-1".to_owned()));
    assert_eq!(shop.git(&["show", "refs/ao/keep/shop-1/1/worktree:new"]), "new\n");
    let slot = sandbox.data().join("preserved/shop-1/1");
    assert_eq!(done[0]["preserved"]["folder"], slot.display().to_string());
    assert_eq!(read(slot.join("files/.env")), "SECRET=1\n");
    assert!(sandbox.session(&worker)["cleaned_at"].is_string());
    assert_eq!(clean(&["--yes"]), json!([]));
    assert_eq!(clean(&[&worker, "--yes"])[0]["verdict"], "gone");
    let back = sandbox.ao(&["restore-work", &worker]).json();
    assert_eq!((&back["slot"], &back["notices"]), (&json!("1"), &json!([])));
    assert!(sandbox.session(&worker)["cleaned_at"].is_null());
    assert_eq!(read(at.join("README")), "changed\n");
    assert_eq!(read(at.join("new")), "new\n");
    assert_eq!(read(at.join(".env")), "SECRET=1\n");
    let status = git(&at, &sandbox.path("home"), &["status", "--porcelain"]);
    assert_eq!(status, " M README\n?? new\n");
    sandbox.ao(&["restore-work", &worker, "--slot", "7"]).fails(3);
    // Discarded, the ignored file is gone for good, and the rest is not.
    assert_eq!(fate(&clean(&["--discard"])[0], ".env"), "removed");
    clean(&["--discard", "--yes"]);
    let back = sandbox.ao(&["restore-work", &worker]).run();
    assert!(back.out().contains("all that was kept is back in"), "{}", back.out());
    let told = back.err();
    assert!(told.contains("given up when it was removed, not back: .env"), "{told}");
    assert!(!told.contains("node_modules"), "{told}");
    assert!(!at.join(".env").exists());
    assert_eq!(read(at.join("new")), "new\n");
    shop.git(&["fsck", "--strict"]);
}

#[test]
fn without_work_nothing_is_left() {
    let sandbox = Sandbox::new();
    let shop = shop(&sandbox);
    let before = (shop.branches(), shop.worktrees(), shop.git(&["for-each-ref"]));
    let worker = sandbox.worker();
    let at = worktree(&sandbox, &worker);
    sandbox.ao(&["kill", &worker]).ok();
    let done = sandbox.ao(&["clean", &worker, "--yes"]).ok();
    assert!(done.out().contains("was removed"), "{}", done.out());
    assert_eq!((shop.branches(), shop.worktrees(), shop.git(&["for-each-ref"])), before);
    assert!(!sandbox.data().join("preserved").exists());
    assert_eq!(fs::read_dir(at.parent().unwrap()).unwrap().count(), 0);
    // It can be started again all the same.
    sandbox.ao(&["restore", &worker]).ok();
    assert_eq!(read(at.join("README")), "a project\n");
    assert!(shop.branches().contains(&"worker/shop-1".to_owned()));
}

#[test]
fn what_somebody_uses_stays() {
    let sandbox = Sandbox::new();
    let shop = shop(&sandbox);
    let worker = sandbox.worker();
    let at = worktree(&sandbox, &worker);
    work(&sandbox, &at);
    sandbox.ao(&["clean", &worker, "--yes"]).fails(2);
    sandbox.ao(&["kill", &worker]).ok();
    // The caller itself stands in it.
    let refused = sandbox.ao(&["clean", &worker, "--yes", "--discard"]).dir(&at).fails(2);
    assert!(refused.err().contains("is using it"), "{}", refused.err());
    let path = at.to_str().unwrap();
    shop.git(&["worktree", "unlock", path]);
    shop.git(&["worktree", "lock", "--reason", "mine", path]);
    let refused = sandbox.ao(&["clean", &worker, "--yes"]).fails(2);
    assert!(refused.err().contains("\"mine\""), "{}", refused.err());
    shop.git(&["worktree", "unlock", path]);
    assert_eq!(read(at.join("new")), "new\n");
    sandbox.ao(&["clean", &worker, "--yes"]).ok();
    // Something new is in its place.
    fs::create_dir(&at).unwrap();
    fs::write(at.join("theirs"), "").unwrap();
    sandbox.ao(&["restore-work", &worker]).fails(5);
    assert!(at.join("theirs").exists());
    fs::remove_dir_all(&at).unwrap();
    sandbox.ao(&["restore-work", &worker]).ok();
    assert_eq!(read(at.join("new")), "new\n");
}

#[test]
fn each_role_cleans_its_own() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (one, two) = (sandbox.worker(), sandbox.worker());
    let (orchestrator, worker) = (sandbox.probe("shop-orchestrator"), sandbox.probe(&two));
    sandbox.ao(&["kill", &one]).ok();
    let code = |ran: Value| ran["code"].as_i64().unwrap();
    for verb in ["clean", "restore", "restore-work"] {
        assert_eq!(code(worker.run(&["ao", verb, &one])), 7, "{verb}");
    }
    assert_eq!(code(orchestrator.run(&["ao", "clean", "shop-orchestrator", "--yes"])), 7);
    assert_eq!(code(orchestrator.run(&["ao", "restore-work", &one])), 7);
    fs::write(worktree(&sandbox, &one).join("new"), "new\n").unwrap();
    let cleaned = orchestrator.run(&["ao", "-q", "clean", "--all", "--yes"]);
    assert_eq!(cleaned["out"], format!("{one}\n"), "{cleaned}");
    // Its work is the person's to bring back.
    assert_eq!(code(orchestrator.run(&["ao", "restore", &one])), 7);
    sandbox.ao(&["restore-work", &one]).ok();
    assert_eq!(code(orchestrator.run(&["ao", "restore", &one])), 0);
    assert_eq!(sandbox.session(&one)["generation"], 2);
    // A person does not clean an orchestrator's, either.
    sandbox.ao(&["--project", "shop", "orchestrator", "stop"]).ok();
    let at = worktree(&sandbox, "shop-orchestrator");
    let refused = sandbox.ao(&["clean", "shop-orchestrator", "--yes", "--discard"]).fails(2);
    assert!(refused.err().contains("orchestrator"), "{}", refused.err());
    assert!(at.join(".git").exists());
    sandbox.ao(&["restore", "shop-orchestrator"]).fails(2);
}

/// An agent that names its conversation on its command line.
fn write_talker(sandbox: &Sandbox) {
    sandbox.write_manifest("talker", true, "paste");
    let file = sandbox.config().join("agents/talker.toml");
    let ledger = sandbox.ledger().display().to_string();
    let text: String = read(&file)
        .lines()
        .map(|line| match line.strip_prefix("argv = ") {
            Some(_) => format!(
                "argv = [[\"--hooks\"], [\"--ledger\", {ledger:?}], [\"new\", \"{{conversation_id}}\"]]\n\
                 resume_argv = [[\"--hooks\"], [\"--ledger\", {ledger:?}], \
                 [\"again\", \"{{conversation_id}}\"]]\nconversation_id = \"uuid\"\n"
            ),
            None => format!("{line}\n"),
        })
        .collect();
    fs::write(file, text).unwrap();
}

#[test]
fn a_killed_worker_comes_back_when_asked_with_its_conversation() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    write_talker(&sandbox);
    let spawn = ["-q", "--project", "shop", "spawn", "--agent", "talker", "do it"];
    let worker = sandbox.ao(&spawn).ok().line();
    let said = |generation| {
        let started = sandbox.probe_of(&worker, generation).started();
        let words: Vec<String> = serde_json::from_value(started["argv"].clone()).unwrap();
        words[words.len() - 2..].to_vec()
    };
    let first = said(1);
    assert_eq!(first[0], "new");
    let heard = |generation| sandbox.probe_of(&worker, generation).hears(2)[1].clone();
    // The first is the word on its command line, which this agent takes for a prompt.
    assert_eq!(heard(1), "do it");
    let live = sandbox.ao(&["restore", &worker]).json();
    assert_eq!(live["outcome"], "reused");
    let at = worktree(&sandbox, &worker);
    fs::write(at.join("new"), "new\n").unwrap();
    sandbox.ao(&["kill", &worker]).ok();
    let again = sandbox.ao(&["restore", &worker]).json();
    assert_eq!((&again["outcome"], &again["resumed"]), (&json!("started"), &json!(true)));
    assert_eq!(again["session"]["generation"], 2);
    assert_eq!(said(2), ["again", &first[1]]);
    assert_eq!(read(at.join("new")), "new\n");
    // Through a clean, too, and from the start if that is asked for.
    sandbox.ao(&["kill", &worker]).ok();
    sandbox.ao(&["clean", &worker, "--yes"]).ok();
    let again = sandbox.ao(&["restore", &worker, "--fresh"]).json();
    assert_eq!(again["resumed"], false);
    assert_eq!(read(at.join("new")), "new\n");
    let fresh = said(3);
    assert_eq!(fresh[0], "new");
    assert_ne!(fresh[1], first[1]);
    assert_eq!(heard(3), "do it");
    sandbox.ao(&["restore", "shop-9"]).fails(3);
}

#[test]
fn an_agent_that_is_gone_is_told_and_nothing_is_lost() {
    let sandbox = Sandbox::new();
    shop(&sandbox);
    let program = sandbox.path("agent");
    std::os::unix::fs::symlink("/bin/cat", &program).unwrap();
    let words = ["-q", "--project", "shop", "spawn", "--", program.to_str().unwrap()];
    let worker = sandbox.ao(&words).ok().line();
    let at = worktree(&sandbox, &worker);
    fs::write(at.join("new"), "new\n").unwrap();
    sandbox.ao(&["kill", &worker]).ok();
    fs::remove_file(&program).unwrap();
    sandbox.ao(&["restore", &worker]).fails(9);
    assert_eq!(sandbox.session(&worker)["end_reason"], "killed(person)");
    // One that ends at once is no failure of the launch.
    std::os::unix::fs::symlink("/nonexistent", &program).unwrap();
    sandbox.ao(&["restore", &worker]).fails(9);
    assert_eq!(read(at.join("new")), "new\n");
    // A launch that fails half-way keeps the worktree, at the next start of the supervisor, too.
    fs::remove_file(&program).unwrap();
    fs::write(&program, "#!/nonexistent/interpreter\n").unwrap();
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(&program, mode).unwrap();
    sandbox.ao(&["restore", &worker]).run();
    sandbox.ao(&["stop"]).ok();
    sandbox.ao(&["ls"]).ok();
    assert_eq!(sandbox.session(&worker)["phase"], "ended");
    assert_eq!(read(at.join("new")), "new\n");
}

/// Waits until the keepers of supervisors that were killed have found out that another one runs.
fn one_keeper(sandbox: &Sandbox) {
    let supervisor = ProcessId::observe(sandbox.supervisor().pid()).unwrap();
    let above = ao::process::ancestors(supervisor).unwrap();
    let command = |pid: u32| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut keepers = sandbox.processes();
    keepers.retain(|process| {
        let is_ours = above.iter().any(|id| id.pid == process.pid());
        !is_ours && command(process.pid()).ends_with(b"\0supervisor\0--detach\0")
    });
    assert_eq!(wait_gone(&keepers, SOON), []);
}

#[test]
fn a_supervisor_that_is_killed_in_the_middle_finishes_at_its_next_start() {
    let sandbox = Sandbox::new();
    let shop = shop(&sandbox);
    let worker = sandbox.worker();
    let at = worktree(&sandbox, &worker);
    work(&sandbox, &at);
    for n in 0..300 {
        fs::create_dir_all(at.join(format!("deep/{n}"))).unwrap();
        fs::write(at.join(format!("deep/{n}/.env")), format!("{n}\n")).unwrap();
        fs::write(at.join(format!("deep/{n}/new")), format!("{n}\n")).unwrap();
    }
    sandbox.ao(&["kill", &worker]).ok();
    let mut events = sandbox.events();
    let mut wanted = 0;
    for _ in 0..4 {
        // At the intent, and at the intent to take it back.
        for (verb, kind) in [
            (&["clean", "--yes"][..], "session.cleaning"),
            (&["restore-work"], "session.work_restoring"),
        ] {
            let supervisor = sandbox.supervisor();
            let words = [verb, &[&worker]].concat();
            let mut asked = sandbox.ao(&words).command();
            let quiet = std::process::Stdio::null;
            let mut asked = asked.stdout(quiet()).stderr(quiet()).spawn().unwrap();
            events.session(kind, &worker);
            supervisor.kill();
            asked.wait().unwrap();
            sandbox.ao(&["ls"]).ok();
            one_keeper(&sandbox);
            events = sandbox.events();
            // Each intent has its end, whichever supervisor came to it.
            let ends = ["session.cleaned", "session.work_restored"];
            wanted += 1;
            let mut seen = 0;
            events.until("the end of it", |event| {
                let ended = event["session"] == worker.as_str()
                    && ends.iter().any(|end| event["kind"] == *end);
                seen += usize::from(ended);
                seen == wanted
            });
            if at.exists() && kind == "session.cleaning" {
                // Killed before anything was moved: it was taken back, there is nothing to restore.
                break;
            }
        }
        assert_eq!(read(at.join("README")), "changed\n");
        for n in 0..300 {
            assert_eq!(read(at.join(format!("deep/{n}/.env"))), format!("{n}\n"));
            assert_eq!(read(at.join(format!("deep/{n}/new"))), format!("{n}\n"));
        }
    }
    let names: Vec<_> = fs::read_dir(at.parent().unwrap()).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    shop.git(&["fsck", "--strict"]);
}
