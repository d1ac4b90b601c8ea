//! Group F: nothing finished runs twice, whatever is killed when.

use serde_json::json;

use super::bed::Bed;
use crate::support::Process;

/// The process that runs scripts: a child of the supervisor.
fn script_host(bed: &Bed) -> Option<Process> {
    let supervisor = bed.sandbox.supervisor().pid();
    let children =
        std::fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children"));
    let all = children.unwrap_or_default();
    let threads = std::fs::read_dir(format!("/proc/{supervisor}/task")).ok()?;
    let more: String = threads
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .collect();
    format!("{all} {more}").split_whitespace().find_map(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let is_host = String::from_utf8_lossy(&line).contains("workflow-host");
        is_host.then(|| Process::of(pid.parse().unwrap()))
    })
}

#[test]
fn f13_an_agent_that_ends_while_nobody_looks_is_harvested() {
    let bed = Bed::new();
    let run = bed.detach(
        "const r=[]; for (const p of ['a','!sleep 1500 b','c']) r.push(await agent(p)); return r",
        &["--fresh"],
    );
    bed.until_ran(2);
    bed.kill_supervisor();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)", "R(c)"]));
    assert_eq!(bed.ran(), ["a", "!sleep 1500 b", "c"]);
}

#[test]
fn f15_the_winner_of_a_race_stays_the_winner() {
    let bed = Bed::new();
    let body = "const w=await Promise.race([agent('!sleep 2500 slow'),agent('!sleep 50 fast')]); return await agent('!sleep 1500 build '+w)";
    let run = bed.detach(body, &["--fresh"]);
    bed.until_ran(3);
    bed.kill_supervisor();
    assert_eq!(*bed.result(&run).result(), json!("R(build R(fast))"));
    assert_eq!(bed.ran().len(), 3);
}

#[test]
fn f16_a_fold_in_the_order_of_completion_is_told_the_same_again() {
    let bed = Bed::new();
    let body = "const seen=[]; await parallel([600,50,300].map(ms=>async()=>{seen.push(await agent('!sleep '+ms+' m'+ms))})); \
                return await agent('!sleep 1500 fold '+seen)";
    let run = bed.detach(body, &["--fresh"]);
    bed.until_ran(4);
    let prompt = bed.ran()[3].clone();
    bed.kill_supervisor();
    let result = bed.result(&run).result().as_str().unwrap().to_owned();
    assert_eq!(result, format!("R({})", prompt.strip_prefix("!sleep 1500 ").unwrap()));
    assert_eq!(bed.ran().len(), 4);
    assert_eq!(bed.ran()[3], prompt);
}

#[test]
fn e29_a_script_whose_process_is_killed_goes_on_when_it_is_told_to() {
    let bed = Bed::new();
    let run = bed.detach(
        "return [await agent('a'), await agent('!sleep 1000 b'), await agent('c')]",
        &["--fresh"],
    );
    bed.until_ran(2);
    let host = script_host(&bed).expect("the script has a process");
    host.signal(rustix::process::Signal::KILL);
    host.wait(crate::support::SOON);
    // The wait ends when the run cannot go on by itself.
    assert_eq!(bed.result(&run).code, 3);
    assert_eq!(bed.status(&run)["state"], "interrupted");
    bed.sandbox.ao(&["workflow", "resume", &run]).ok();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)", "R(c)"]));
    assert_eq!(bed.ran().len(), 3);
}

#[test]
fn f25_a_timer_that_has_run_out_is_not_waited_for_again() {
    let bed = Bed::new();
    let body = "await new Promise(r=>setTimeout(r,2000)); const a = await agent('!sleep 1500 a'); return a";
    let run = bed.detach(body, &["--fresh"]);
    bed.until_ran(1);
    bed.kill_supervisor();
    assert_eq!(*bed.result(&run).result(), json!("R(a)"));
    assert_eq!(bed.ran().len(), 1);
}

/// SIGKILL of supervisor or script at random moments: no finished agent runs again.
#[test]
fn random_kills_lose_nothing() {
    let seed: u64 = std::env::var("AO_TEST_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(|| u64::from(std::process::id()));
    println!("AO_TEST_SEED={seed}");
    let kills: u32 = std::env::var("AO_TEST_KILLS").ok().and_then(|s| s.parse().ok()).unwrap_or(6);
    let mut state = seed;
    let mut random = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let bed = Bed::new();
    let body = "const seen=[]; await pipeline([1,2,3,4,5,6,7,8], i=>agent('!sleep '+(i*37%200)+' find'+i), (p,i)=>agent('!sleep '+(i*91%200)+' ver'+i), \
                async (p,i)=>{ seen.push(await agent('fix'+i)) }); return await agent('fold '+seen)";
    let run = bed.detach(body, &["--fresh"]);
    for _ in 0..kills {
        std::thread::sleep(std::time::Duration::from_millis(random(700)));
        if random(2) == 0 {
            bed.kill_supervisor();
        } else if let Some(host) = script_host(&bed) {
            host.signal(rustix::process::Signal::KILL);
            host.wait(crate::support::SOON);
            // The wait ends when the run is over, or cannot go on by itself.
            bed.result(&run);
            bed.sandbox.ao(&["workflow", "resume", &run]).run();
        }
    }
    let ran = bed.result(&run);
    let mut prompts = bed.ran();
    assert_eq!(ran.code, 0, "seed {seed}: {} {}", ran.json, ran.err);
    prompts.sort();
    let count = prompts.len();
    prompts.dedup();
    assert_eq!(
        (prompts.len(), count),
        (25, 25),
        "seed {seed}: an agent ran twice: {:?}",
        bed.ran()
    );
}
