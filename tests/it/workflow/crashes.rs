//! Group F: nothing finished runs twice, whatever is killed when. F27 is asked after F13, F14, E29.

use serde_json::json;

use super::bed::Bed;
use super::kills::script_host;

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
    bed.is_sound();
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
    bed.is_sound();
}

#[test]
fn a_run_that_was_cut_off_waits_for_a_person_where_the_setting_says_so() {
    let bed = Bed::configured(&[["workflow.recover", "ask"]]);
    let run = bed.detach("return [await agent('a'), await agent('!sleep 500 b')]", &["--fresh"]);
    bed.until_ran(2);
    bed.kill_supervisor();
    assert_eq!(bed.result(&run).code, 3);
    assert_eq!(bed.status(&run)["state"], "interrupted");
    let told = bed.sandbox.ao(&["status"]).ok().out();
    assert!(told.contains(&format!("`ao workflow resume {run}` goes on with it")), "{told}");
    bed.sandbox.ao(&["workflow", "resume", &run]).ok();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)"]));
    assert_eq!(bed.ran().len(), 2);
    assert!(!bed.sandbox.ao(&["status"]).ok().out().contains("was cut off"));
    bed.is_sound();
}

#[test]
fn a_run_that_was_cut_off_is_stopped_where_the_setting_says_so() {
    let bed = Bed::configured(&[["workflow.recover", "never"]]);
    let run = bed.detach("return await agent('!hang')", &["--fresh"]);
    bed.until_ran(1);
    bed.kill_supervisor();
    assert_eq!(bed.result(&run).code, 3);
    assert_eq!(bed.status(&run)["state"], "cancelled");
    // One that a person had paused was not cut off.
    let run = bed.detach("return [await agent('a'), await agent('b')]", &["--fresh"]);
    bed.sandbox.ao(&["workflow", "pause", &run]).ok();
    bed.kill_supervisor();
    bed.sandbox.ao(&["ls"]).ok();
    assert_eq!(bed.status(&run)["state"], "paused");
    bed.sandbox.ao(&["workflow", "resume", &run]).ok();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)"]));
    bed.is_sound();
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

#[test]
fn f14_a_result_on_record_reaches_the_script_after_a_crash() {
    let bed = Bed::new();
    let mut events = bed.sandbox.events();
    let run = bed.detach("return [await agent('a'), await agent('b')]", &["--fresh"]);
    events.until("the first result is on record", |event| {
        event["kind"] == "workflow.agent_ended" && event["data"]["run"] == run.as_str()
    });
    bed.kill_supervisor();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)"]));
    assert_eq!(bed.ran(), ["a", "b"]);
    bed.is_sound();
}
