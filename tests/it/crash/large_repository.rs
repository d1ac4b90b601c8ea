//! Spawns into a repository of many files, the supervisor killed in the middle of each: no agent
//! ever starts in half a worktree, nothing is left of what was cut off, and the next try succeeds.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::rest::assert_sound;
use super::size;
use crate::storm::kills::supervisor;
use crate::storm::seed::Seed;
use crate::support::{Repository, Sandbox};

/// Files of the repository.
const FILES: usize = 5000;

/// A repository of many small files.
fn large(sandbox: &Sandbox) -> Repository {
    let shop = sandbox.repository("shop");
    for n in 0..FILES {
        let folder = shop.path().join(format!("part-{}", n / 100));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{n}.txt")), format!("file {n}\n")).unwrap();
    }
    shop.git(&["add", "."]);
    shop.git(&["commit", "-q", "-m", "many files"]);
    shop
}

/// A manifest for an agent that first notes how many files its worktree has.
fn write_manifest(sandbox: &Sandbox) {
    let script = "find . -name '*.txt' | wc -l >> \"$AO_CONFIG_DIR/../seen\"; \
                  exec \"$0\" \"$@\"";
    let mut argv = vec!["-c".to_owned(), script.to_owned()];
    argv.extend(sandbox.quiet_probe());
    argv.push("--hooks".to_owned());
    let text = format!(
        "name = \"counting\"\nbinary = \"/bin/sh\"\nargv = {argv:?}\nprompt = \"paste\"\n\
         system_prompt = \"file\"\nhooks = \"any\"\nidle_evidence = \"hooks\"\n"
    );
    std::fs::write(sandbox.config().join("agents/counting.toml"), text).unwrap();
    let settings = "agent = \"counting\"\n\n[limits]\nsessions_per_project = 200\n";
    std::fs::write(sandbox.config().join("config.toml"), settings).unwrap();
}

#[test]
fn spawns_cut_off_anywhere_leave_whole_worktrees_or_none() {
    let mut seed = Seed::of("large repository");
    let sandbox = Sandbox::new();
    write_manifest(&sandbox);
    let shop = large(&sandbox);
    sandbox.ao(&["start", "--no-orchestrator"]).dir(shop.path()).ok();
    let begun = std::time::Instant::now();
    sandbox.ao(&["--project", "shop", "spawn"]).ok();
    let longest = begun.elapsed() * 5 / 4;
    let spawns = size(4, 50);
    let (mut kept, mut at_once) = (0, 0);
    for _ in 0..spawns {
        let before = sessions(&sandbox).len();
        let pause = seed.between(Duration::ZERO, longest);
        let ran = std::thread::scope(|threads| {
            let spawn = threads.spawn(|| sandbox.ao(&["--project", "shop", "spawn"]).run());
            // The moment is the point, not a wait for anything.
            std::thread::sleep(pause);
            if let Some(supervisor) = supervisor(&sandbox) {
                supervisor.kill();
            }
            spawn.join().unwrap()
        });
        assert!(matches!(ran.code(), 0 | 2..=9), "{} {}", ran.code(), ran.err());
        let rows = assert_sound(&sandbox, &[&shop]);
        at_once += usize::from(ran.code() == 0);
        kept += rows.len() - before;
        whole(&sandbox, &rows[before..]);
        sandbox.ao(&["--project", "shop", "spawn"]).ok();
        for id in sandbox.ao(&["-q", "ls"]).ok().out().lines() {
            sandbox.ao(&["kill", id, "--grace", "1"]).ok();
        }
    }
    eprintln!("{spawns} spawns: {at_once} succeeded, {kept} sessions were there after the kill");
    let seen = std::fs::read_to_string(sandbox.path("seen")).unwrap_or_default();
    assert!(seen.lines().count() > spawns, "{seen}");
    assert!(seen.lines().all(|count| count.trim() == FILES.to_string()), "{seen}");
}

fn sessions(sandbox: &Sandbox) -> Vec<Value> {
    super::rest::at_rest(sandbox)
}

/// What there is after the kill lives in a whole, clean worktree, or says that it failed and left
/// a whole one.
fn whole(sandbox: &Sandbox, rows: &[Value]) {
    for row in rows {
        let worktree = Path::new(row["worktree"].as_str().unwrap());
        let status = crate::support::git(worktree, sandbox.root(), &["status", "--porcelain"]);
        assert_eq!(status, "", "{row:#}");
        assert!(row["phase"] == "live" || row["status"] == "failed", "{row:#}");
    }
}
