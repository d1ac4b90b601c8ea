//! SIGKILL of the supervisor or of the script's process at random moments: no finished agent runs
//! again, and what is folded in the order of completion is told the same words.
//!
//! `AO_TEST_SEED` repeats a run, `AO_KILLS=full` makes it a hundred kills.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::bed::{Bed, Ran};
use crate::storm::seed::Seed;
use crate::support::{Process, SOON};

/// A script, its agents, and what it must come to.
struct Case {
    name: &'static str,
    body: &'static str,
    agents: usize,
    fits: fn(&Value, &[String]) -> bool,
}

const CASES: [Case; 3] = [
    Case {
        name: "a pipeline of 8 × 3",
        body: "return (await pipeline([1,2,3,4,5,6,7,8], i=>agent('!sleep '+(i*37%200)+' find'+i), \
               (p,i)=>agent('!sleep '+(i*91%200)+' ver'+i+p), (p,i)=>agent('fix'+i+p))).length",
        agents: 24,
        fits: |result, _| *result == json!(8),
    },
    Case {
        name: "a race",
        body: "const w = await Promise.race([700,150,400].map(ms=>agent('!sleep '+ms+' r'+ms))); \
               return await agent('!sleep 300 build '+w)",
        agents: 4,
        fits: |result, ran| told(ran, "build ").is_some_and(|words| *result == json!(words)),
    },
    Case {
        name: "a fold in the order of completion",
        body: "const seen=[]; await parallel([600,50,300,450,150,0].map(ms=>async()=>{ \
               seen.push(await agent('!sleep '+ms+' m'+ms)) })); \
               return await agent('!sleep 300 fold '+seen)",
        agents: 7,
        fits: |result, ran| told(ran, "fold ").is_some_and(|words| *result == json!(words)),
    },
];

/// What the agent that was told `order` answers.
fn told(ran: &[String], order: &str) -> Option<String> {
    let mut orders = ran.iter().filter_map(|prompt| prompt.strip_prefix("!sleep 300 "));
    orders.find(|prompt| prompt.starts_with(order)).map(|prompt| format!("R({prompt})"))
}

/// The process that runs the script: a child of one of the supervisor's threads.
pub fn script_host(bed: &Bed) -> Option<Process> {
    let supervisor = bed.sandbox.supervisor().pid();
    let threads = std::fs::read_dir(format!("/proc/{supervisor}/task")).ok()?;
    let children: String = threads
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .collect::<Vec<_>>()
        .join(" ");
    children.split_whitespace().find_map(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let is_host = String::from_utf8_lossy(&line).contains("workflow-host");
        is_host.then(|| Process::try_of(pid.parse().ok()?)).flatten()
    })
}

/// Kills the script's process and has the run go on. One that is over stays over.
fn kill_script(bed: &Bed, run: &str) -> Option<Ran> {
    let host = script_host(bed)?;
    host.signal(Signal::KILL);
    host.wait(SOON);
    // The wait ends when the run is over, or cannot go on by itself.
    let waited = bed.result(run);
    if waited.code == 0 {
        return Some(waited);
    }
    bed.sandbox.ao(&["workflow", "resume", run]).ok();
    None
}

#[test]
fn nothing_finished_runs_again_whatever_is_killed_when() {
    let mut seed = Seed::of("workflow kills");
    let is_full = std::env::var("AO_KILLS").is_ok_and(|size| size == "full");
    let (kills, mut done) = (if is_full { 100 } else { 6 }, 0);
    let bed = Bed::new();
    for case in CASES.iter().cycle() {
        if done >= kills {
            break;
        }
        bed.forget();
        let run = bed.detach(case.body, &["--fresh"]);
        for turn in 0..2 {
            std::thread::sleep(seed.between(Duration::ZERO, Duration::from_millis(900)));
            done += 1;
            // Each of both in each run, in either order.
            if (turn == 0) == (seed.below(2) == 0) {
                bed.kill_supervisor();
            } else if kill_script(&bed, &run).is_some() {
                break;
            }
        }
        let (result, mut ran) = (bed.result(&run), bed.ran());
        assert_eq!(result.code, 0, "{}: {} {}", case.name, result.json, result.err);
        assert!((case.fits)(result.result(), &ran), "{}: {} {ran:?}", case.name, result.json);
        ran.sort();
        ran.dedup();
        assert_eq!((ran.len(), bed.ran().len()), (case.agents, case.agents), "{}", case.name);
        let agents = bed.status(&run)["agents"].clone();
        let agents = agents.as_array().unwrap();
        assert_eq!(agents.len(), case.agents, "{}: nothing else was asked for", case.name);
        assert!(agents.iter().all(|agent| agent["state"] != "running"), "{agents:?}");
    }
}
