//! The supervisor killed at its system calls, one by one, from outside: strace counts them and
//! kills at the n-th. A run is a spawn, messages, a relaunch, a kill and a clean.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::rest::assert_sound;
use super::size;
use crate::storm::field::until;
use crate::storm::history::{Heard, Verdict};
use crate::storm::seed::Seed;
use crate::storm::sender::Sender;
use crate::support::{Process, Repository, Sandbox};

/// Calls by which something becomes true outside of the supervisor: files, sockets, processes.
const CALLS: [&str; 9] =
    ["pwrite64", "fsync", "write", "rename", "unlink", "mkdir", "sendto", "clone3", "connect"];
/// Every command is over in time.
const LIMIT: Duration = Duration::from_secs(30);
/// Until a traced supervisor answers, or has ended.
const UP: Duration = Duration::from_secs(30);

/// Where to kill: at the n-th call of that name of any one thread.
struct Point {
    call: &'static str,
    n: u64,
}

#[test]
fn killed_at_any_system_call_it_loses_nothing() {
    let mut seed = Seed::of("system calls");
    let sandbox = &Sandbox::new();
    let shop = sandbox.shop();
    sandbox.ao(&["stop"]).ok();
    let counts = count(sandbox, &shop);
    let points = size(6, 240);
    let begun = Instant::now();
    let mut hit = 0;
    for number in 0..points {
        let call = CALLS[number % CALLS.len()];
        let calls = counts.get(call).copied().unwrap_or(1);
        let point = Point { call, n: 1 + seed.below(calls) };
        hit += usize::from(run(sandbox, &shop, Some(&point), number));
    }
    let took = begun.elapsed().as_secs_f64();
    eprintln!("{points} runs in {took:.0} s, the supervisor was killed in {hit}; {counts:?}");
    assert!(hit * 3 >= points, "only {hit} of {points} points were reached");
}

/// Counts the calls of an undisturbed run: the most that any one thread makes.
fn count(sandbox: &Sandbox, shop: &Repository) -> BTreeMap<&'static str, u64> {
    run(sandbox, shop, None, 100_000);
    let trace = std::fs::read_to_string(sandbox.path("trace")).unwrap();
    let mut by_thread: BTreeMap<(&str, &'static str), u64> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let name = rest.trim_start().split('(').next().unwrap_or_default();
        if let Some(call) = CALLS.iter().find(|call| **call == name) {
            *by_thread.entry((thread, call)).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, call), count) in by_thread {
        let known: &mut u64 = most.entry(call).or_default();
        *known = (*known).max(count);
    }
    assert!(most.contains_key("pwrite64"), "strace saw nothing: {trace:.2000}");
    most
}

/// One run; whether the supervisor was killed in it.
fn run(sandbox: &Sandbox, shop: &Repository, point: Option<&Point>, number: usize) -> bool {
    let what = point.map_or_else(|| "none".to_owned(), |at| format!("{} {}", at.call, at.n));
    let mut traced = trace(sandbox, point);
    let tracer = Process::of(traced.id().into());
    // Killed on its way up, another one is started, as by a person's next command.
    until(&sandbox.data(), UP, || {
        traced.try_wait().unwrap().is_some()
            || std::os::unix::net::UnixStream::connect(sandbox.socket()).is_ok()
    });
    let over = AtomicBool::new(false);
    let (killed, sender, worker) = std::thread::scope(|threads| {
        let over = &over;
        let watch = threads.spawn(move || {
            traced.wait().unwrap();
            let killed = !over.load(Ordering::Relaxed);
            if killed {
                sandbox.ao(&["ls"]).within(LIMIT).ok();
            }
            killed
        });
        let (sender, worker) = script(sandbox, number);
        over.store(true, Ordering::Relaxed);
        sandbox.ao(&["stop"]).run();
        tracer.wait(UP);
        (watch.join().unwrap(), sender, worker)
    });
    let rows = assert_sound(sandbox, &[shop]);
    eprintln!("{what}: killed: {killed}, {} sessions", rows.len());
    messages(sandbox, &sender, &worker);
    sandbox.ao(&["stop"]).ok();
    killed
}

/// A supervisor in the foreground under strace. What it starts is let go at its exec.
fn trace(sandbox: &Sandbox, point: Option<&Point>) -> Child {
    let mut command = sandbox.command("strace");
    command.args(["-f", "-qq", "-b", "execve", "-e", "signal=none"]);
    match point {
        Some(Point { call, n }) => {
            let inject = format!("inject={call}:signal=KILL:when={n}");
            command.args(["-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
            command.arg("-e").arg(inject);
        }
        None => {
            command.arg("-o").arg(sandbox.path("trace"));
            command.arg("-e").arg(format!("trace={}", CALLS.join(",")));
        }
    }
    command.arg(env!("CARGO_BIN_EXE_ao")).arg("supervisor");
    let log = std::fs::File::create(sandbox.path("traced.log")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Runs a command to success; where the supervisor died under it, again.
fn again(sandbox: &Sandbox, words: &[&str]) -> String {
    for _ in 0..3 {
        let ran = sandbox.ao(words).within(LIMIT).run();
        match ran.code() {
            0 => return ran.out().trim().to_owned(),
            code => assert!(matches!(code, 2..=9), "{words:?}: {code} {}", ran.err()),
        }
    }
    panic!("{words:?} does not succeed");
}

/// A spawn, messages, a relaunch, a kill and a clean; returns who sent what to whom.
fn script(sandbox: &Sandbox, number: usize) -> (Sender, String) {
    let worker = again(sandbox, &["-q", "--project", "shop", "spawn"]);
    let mut sender = Sender::new(&sandbox.socket(), 0);
    let texts = size(10, 40);
    for text in 0..texts / 2 {
        let body = format!("{} words", crate::storm::history::mark(text));
        sender.send(&worker, &body, &format!("{number}-{text}"));
    }
    again(sandbox, &["--project", "shop", "orchestrator", "relaunch"]);
    for text in texts / 2..texts {
        let body = format!("{} words", crate::storm::history::mark(text));
        sender.send(&worker, &body, &format!("{number}-{text}"));
    }
    let before = again(sandbox, &["-q", "--project", "shop", "spawn"]);
    again(sandbox, &["kill", &before, "--grace", "1"]);
    again(sandbox, &["clean", &before, "--yes"]);
    (sender, worker)
}

/// Every accepted message reaches its agent, once and in order.
fn messages(sandbox: &Sandbox, sender: &Sender, worker: &str) {
    let mut verdict = Verdict::default();
    until(&sandbox.ledger(), Duration::from_secs(60), || {
        let args = ["messages", "--session", worker, "--limit", "10000"];
        let list = sandbox.ao(&args).json();
        let messages = list["messages"].as_array().unwrap();
        let said = sandbox.probe(worker).said();
        verdict = Verdict::default();
        verdict.compare(&sender.ledger, &Heard { session: worker, said: &said, messages });
        verdict == Verdict::default()
    });
    verdict.assert_perfect();
    again(sandbox, &["kill", worker, "--grace", "1"]);
}
