//! Spawn, kill and clean, again and again: file descriptors, memory, processes, folders and refs
//! are where they were.

use super::rest::assert_sound;
use super::size;
use crate::support::{Process, Repository, Sandbox};

/// What a supervisor holds.
#[derive(Debug)]
struct Held {
    descriptors: usize,
    memory_kb: u64,
    threads: u64,
    zombies: usize,
}

fn held(supervisor: Process) -> Held {
    let folder = format!("/proc/{}", supervisor.pid());
    let status = std::fs::read_to_string(format!("{folder}/status")).unwrap();
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    Held {
        descriptors: std::fs::read_dir(format!("{folder}/fd")).unwrap().count(),
        memory_kb: number("VmRSS:"),
        threads: number("Threads:"),
        zombies: zombies(supervisor.pid()),
    }
}

/// Children that have ended and were not reaped.
fn zombies(parent: u32) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().map_while(Result::ok);
    all.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
        .filter(|stat| {
            let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let mut fields = fields.split_whitespace();
            fields.next() == Some("Z") && fields.next() == Some(&parent.to_string())
        })
        .count()
}

fn cycle(sandbox: &Sandbox) {
    let id = sandbox.ao(&["-q", "--project", "shop", "spawn", "--", "sleep", "1000"]).ok().line();
    sandbox.ao(&["kill", &id, "--grace", "1"]).ok();
    let cleaned = sandbox.ao(&["clean", &id, "--yes"]).json();
    assert!(cleaned.to_string().contains("\"removed\":true"), "{cleaned}");
}

fn refs(shop: &Repository) -> String {
    shop.git(&["for-each-ref"])
}

#[test]
fn cycles_of_spawn_kill_and_clean_leave_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let cycles = size(16, 200);
    // What is allocated once, for the first ones, is no leak.
    for _ in 0..cycles / 4 {
        cycle(&sandbox);
    }
    let supervisor = sandbox.supervisor();
    let (before, refs_before) = (held(supervisor), refs(&shop));
    let processes = sandbox.processes().len();
    for _ in 0..cycles {
        cycle(&sandbox);
    }
    let after = held(supervisor);
    eprintln!("{cycles} cycles: {before:?}, then {after:?}");
    assert!(after.descriptors <= before.descriptors + 5, "{before:?} {after:?}");
    assert!(after.memory_kb * 10 <= before.memory_kb * 11, "{before:?} {after:?}");
    assert!(after.threads <= before.threads + 5, "{before:?} {after:?}");
    assert_eq!(after.zombies, 0);
    assert_eq!(refs(&shop), refs_before);
    assert_eq!(sandbox.processes().len(), processes);
    assert_sound(&sandbox, &[&shop]);
    let sockets = std::fs::read_dir(sandbox.data().join("run/hosts")).unwrap().count();
    assert_eq!(sockets, 0, "sockets of hosts that are gone");
}
