//! Mixed commands of many clients while the supervisor is killed again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::rest::assert_sound;
use super::{one, size};
use crate::storm::kills;
use crate::storm::seed::Seed;
use crate::support::Sandbox;

/// Clients at the same time.
const CLIENTS: usize = 8;
/// No command takes longer, whoever dies.
const LIMIT: Duration = Duration::from_secs(30);
/// Sessions that live at the same time, about.
const CROWD: usize = 6;

#[test]
fn mixed_commands_under_kills_return_and_leave_everything_one_to_one() {
    let mut seed = Seed::of("mixed commands");
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let (commands, times) = (size(96, 400), size(8, 30));
    let over = AtomicBool::new(false);
    let mut killing = seed.fork();
    let begun = Instant::now();
    let (killed, longest) = std::thread::scope(|threads| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (mut seed, sandbox) = (seed.fork(), &sandbox);
                threads.spawn(move || client(sandbox, &mut seed, commands / CLIENTS))
            })
            .collect();
        let (sandbox, over) = (&sandbox, &over);
        let killer = threads.spawn(move || {
            let pause = (Duration::from_millis(50), Duration::from_millis(size(700, 350) as u64));
            kills::storm(sandbox, &mut killing, times, pause, over)
        });
        let longest = clients.into_iter().map(|client| client.join().unwrap()).max();
        over.store(true, Ordering::Relaxed);
        (killer.join().unwrap(), longest.unwrap())
    });
    eprintln!(
        "{commands} commands and {} kills in {:.1} s; the longest command took {:.1} s, the \
         longest time without a supervisor was {:.1} s",
        killed.times,
        begun.elapsed().as_secs_f64(),
        longest.as_secs_f64(),
        killed.longest.as_secs_f64()
    );
    assert!(killed.times * 4 >= times, "hardly anything was killed");
    let rows = assert_sound(&sandbox, &[&shop]);
    killed_stay_killed(&sandbox, &rows);
    every_message_is_known(&sandbox, &rows);
    // And it works.
    let id = sandbox.worker();
    sandbox.ao(&["send", &id, "after the storm", "--wait", "submitted", "--timeout", "30"]).ok();
}

/// One client's commands; the longest that one took.
fn client(sandbox: &Sandbox, seed: &mut Seed, count: usize) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..count {
        let ids = ids(sandbox, &mut longest);
        let args = command(seed, &ids);
        longest = longest.max(run(sandbox, &args).0);
    }
    longest
}

/// Runs a command: over in time, with success or an error of the documented kind.
fn run(sandbox: &Sandbox, args: &[String]) -> (Duration, String) {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = sandbox.ao(&words).within(LIMIT).run();
    assert!((0..=9).contains(&ran.code()), "{words:?}: {} {}", ran.code(), ran.err());
    assert_ne!(ran.code(), 1, "{words:?}: {}", ran.err());
    assert!(!ran.err().contains("panicked"), "{words:?}: {}", ran.err());
    (ran.took, ran.out())
}

/// The workers there are.
fn ids(sandbox: &Sandbox, longest: &mut Duration) -> Vec<String> {
    let words = ["-q", "ls", "--all"].map(str::to_owned);
    let (took, out) = run(sandbox, &words);
    *longest = (*longest).max(took);
    out.lines().filter(|id| !id.ends_with("orchestrator")).map(str::to_owned).collect()
}

fn command(seed: &mut Seed, ids: &[String]) -> Vec<String> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let id = one(seed, ids).cloned();
    let any = id.clone().unwrap_or_else(|| "shop-orchestrator".to_owned());
    match (seed.index(20), id) {
        (0..4, _) if ids.len() < CROWD * 3 => words("--project shop spawn"),
        (4..7, Some(id)) => words(&format!("kill {id} --grace 1")),
        (7, Some(id)) => words(&format!("restore {id}")),
        (8 | 9, Some(id)) => words(&format!("clean {id} --yes")),
        (10, _) => words("--project shop orchestrator relaunch"),
        (11, _) => words("--project shop orchestrator start"),
        (12, _) => words("ls"),
        (13, _) => words("status"),
        _ => words(&format!("send {any} words-{}", seed.below(1_000_000))),
    }
}

/// What was killed last is over, and stays so over another start.
fn killed_stay_killed(sandbox: &Sandbox, rows: &[Value]) {
    let over = |rows: &[Value]| -> Vec<(String, Value, Value)> {
        let ended = rows.iter().filter(|row| row["phase"] == "ended");
        ended
            .map(|row| {
                let (generation, reason) = (row["generation"].clone(), row["end_reason"].clone());
                (row["id"].to_string(), generation, reason)
            })
            .collect()
    };
    let before = over(rows);
    sandbox.ao(&["stop"]).ok();
    assert_eq!(over(&super::rest::at_rest(sandbox)), before);
}

/// No message waits for a session that cannot take it any more.
fn every_message_is_known(sandbox: &Sandbox, rows: &[Value]) {
    let list = sandbox.ao(&["messages", "--limit", "10000"]).json();
    for message in list["messages"].as_array().unwrap() {
        let state = message["state"].as_str().unwrap();
        let to = rows.iter().find(|row| row["id"] == message["to"]);
        let over = to.is_none_or(|row| row["phase"] == "ended" && row["kind"] == "worker");
        assert!(!(over && matches!(state, "queued" | "delivering")), "{message}");
    }
}
