//! Group F without crashes: keys, resume of a run, the project's cache, pause.

use serde_json::{Value, json};

use super::bed::Bed;

const P: &str = "return (await pipeline([1,2,3,4,5,6], i=>agent('!sleep '+((i*7)%5)*20+' find'+i), \
                 (p,i)=>agent('!sleep '+((i*3)%5)*20+' ver'+i), (p,i)=>agent('fix'+i))).length";

fn id(ran: &super::bed::Ran) -> String {
    ran.json["run_id"].as_str().unwrap_or_else(|| panic!("{}", ran.err)).to_owned()
}

#[test]
fn f03_nothing_finished_runs_twice() {
    let bed = Bed::new();
    let first = bed.run(P);
    assert_eq!((first.result(), bed.ran().len()), (&json!(6), 18));
    bed.forget();
    let again = bed.run_with(P, &["--resume-from", &id(&first)]);
    assert_eq!((again.result(), bed.ran().len()), (&json!(6), 0), "{}", again.err);
    assert_eq!(again.json["usage"]["cached"], 18);
    assert_eq!(again.json["usage"]["output_tokens"], 0, "D13: known results cost nothing");
    // A label, an argument (F08) and an edit elsewhere change nothing either.
    let edited =
        format!("log('edited'); {}", P.replace("agent('fix'+i)", "agent('fix'+i,{label:'x'})"));
    let again = bed.run_with(&edited, &["--resume-from", &id(&again), "--arg", "a=1"]);
    assert_eq!((again.result(), bed.ran().len()), (&json!(6), 0));
}

/// For agents that read what earlier ones wrote: nothing is taken behind the first change.
#[test]
fn a_strict_prefix_ends_with_the_first_change() {
    let bed = Bed::new();
    let body = "const r=[]; for (const p of ['a','b','c']) r.push(await agent(p)); return r";
    let first = id(&bed.run(body));
    let edited = body.replace("'b'", "'other'");
    for (more, ran) in [(&[][..], &["other"][..]), (&["--strict-prefix"], &["other", "c"])] {
        bed.forget();
        bed.run_with(&edited, &[&["--resume-from", &first], more].concat());
        assert_eq!(bed.ran(), ran);
    }
    assert_eq!(bed.run_with(body, &["--strict-prefix"]).code, 2);
}

/// Its answer is not what was asked for alone.
#[test]
fn an_agent_that_was_spoken_to_is_nobody_elses() {
    let bed = Bed::new();
    let file = bed.script("return await agent('ask')");
    let ao = env!("CARGO_BIN_EXE_ao");
    let asks = format!("cat >/dev/null; until {ao} inbox | grep go; do sleep 0.2; done");
    let run = |options: &[&str]| {
        let args = ["--project", "shop", "workflow", "run", file.to_str().unwrap()];
        let behind = ["--show", "--", "sh", "-c", &asks];
        bed.sandbox.ao(&[&args, options, &behind].concat()).json()
    };
    let speak = |run: &str| {
        let session = crate::support::eventually(bed.sandbox.root(), "a session", || {
            bed.status(run)["agents"][0]["session"].as_str().map(str::to_owned)
        });
        bed.sandbox.ao(&["send", "--deliver", "on-demand", &session, "go"]).ok();
        bed.result(run)
    };
    let first = run(&["--detach"])["run"]["run_id"].as_str().unwrap().to_owned();
    assert!(speak(&first).result().as_str().unwrap().contains("go"));
    assert_eq!(bed.status(&first)["agents"][0]["tainted"], true);
    let shown = bed.sandbox.ao(&["workflow", "agents", &first]).ok().out();
    assert!(shown.contains("was spoken to"), "{shown}");
    // Neither a run that goes on from it nor one on the same tree takes it.
    for options in [&["--detach", "--resume-from", &first][..], &["--detach"]] {
        let next = run(options)["run"]["run_id"].as_str().unwrap().to_owned();
        assert_eq!(speak(&next).json["usage"]["cached"], 0);
    }
}

#[test]
fn f04_f22_only_what_failed_runs_again() {
    let bed = Bed::new();
    let body = "return (await parallel([1,2,3,4,5,6,7,8].map(i=>()=>agent((i===3?'!once ':'')+'file'+i)))).filter(x=>x!==null).length";
    let first = bed.run(body);
    assert_eq!(*first.result(), json!(7));
    bed.forget();
    let again = bed.run_with(body, &["--resume-from", &id(&first)]);
    assert_eq!((again.result(), bed.ran()), (&json!(8), vec!["!once file3".to_owned()]));
}

#[test]
fn f07_f09_f10_what_changes_the_key() {
    let bed = Bed::new();
    let with = |opts: &str| format!("return await agent('!json {{\"a\":1}}', {opts})");
    let schema = "{schema:{type:'object',required:['a'],properties:{a:{}}}}";
    let first = bed.run(&with(schema));
    for (opts, count) in [
        ("{schema:{properties:{a:{}},required:['a'],type:'object'}}", 0),
        ("{schema:{type:'object',properties:{a:{}}}}", 1),
        ("{schema:{type:'object',required:['a'],properties:{a:{}}},model:'m'}", 1),
        ("{schema:{type:'object',required:['a'],properties:{a:{}}},max_tool_calls:9}", 1),
        ("{schema:{type:'object',required:['a'],properties:{a:{}}},capabilities:['read']}", 1),
        ("{schema:{type:'object',required:['a'],properties:{a:{}}},isolation:'worktree'}", 1),
        ("{schema:{type:'object',required:['a'],properties:{a:{}}},timeout_ms:90000,label:'l'}", 0),
    ] {
        bed.forget();
        bed.run_with(&with(opts), &["--resume-from", &id(&first)]);
        assert_eq!(bed.ran().len(), count, "{opts}");
    }
}

#[test]
fn what_an_edited_script_no_longer_asks_for_is_said() {
    let bed = Bed::new();
    let first = bed.run("return [await agent('a'), await agent('b'), await agent('c')]");
    let again = bed.run_with("return await agent('b')", &["--resume-from", &id(&first)]);
    let told = bed.sandbox.ao(&["workflow", "logs", &id(&again)]).ok().out();
    let line = format!("2 recorded results were not asked for again, of {}", id(&first));
    assert!(told.contains(&line), "{told}");
    let whole = bed.run_with("return await agent('b')", &["--resume-from", &id(&again)]);
    let told = bed.sandbox.ao(&["workflow", "logs", &id(&whole)]).ok().out();
    assert!(!told.contains("not asked for again"), "{told}");
}

#[test]
fn f12_a_run_whose_agents_live_is_not_resumed() {
    let bed = Bed::new();
    let run = bed.detach("return await agent('!hang')", &["--fresh"]);
    bed.until_ran(1);
    assert_eq!(bed.run_with("return 1", &["--resume-from", &run]).code, 2);
    bed.sandbox.ao(&["workflow", "stop", &run]).ok();
    assert_eq!(*bed.run_with("return 1", &["--resume-from", &run]).result(), json!(1));
    assert_eq!(bed.run_with("return 1", &["--resume-from", "wf-nothing"]).code, 3);
}

#[test]
fn f19_f21_the_projects_cache_holds_while_the_working_tree_does() {
    let bed = Bed::new();
    let body = "return [await agent('a'), await agent('b',{cache:'off'}), await agent('c')]";
    bed.run_with(body, &[]);
    bed.forget();
    bed.run_with(body, &[]);
    assert_eq!(bed.ran(), ["b"], "the same tree: known");
    bed.forget();
    bed.run_with(body, &["--fresh"]);
    assert_eq!(bed.ran().len(), 3);
    bed.forget();
    std::fs::write(bed.shop.path().join("new.txt"), "x").unwrap();
    bed.run_with(body, &[]);
    assert_eq!(bed.ran().len(), 3, "another tree: unknown");
    bed.forget();
    bed.run_with("return await agent('a',{cache:'refresh'})", &[]);
    assert_eq!(bed.ran(), ["a"]);
}

#[test]
fn f28_all_runs_share_their_slots_and_each_gets_on() {
    let bed = Bed::configured(&[["limits.workflow_agents", "4"]]);
    let body = |name: &str| {
        format!(
            "return (await parallel(Array.from({{length:5}},(_,i)=>()=>agent('!sleep 200 {name}'+i)))).length"
        )
    };
    let runs: Vec<String> = ["x", "y", "z"]
        .iter()
        .map(|name| bed.detach(&body(name), &["--fresh", "--concurrency", "5"]))
        .collect();
    for run in &runs {
        assert_eq!(*bed.result(run).result(), json!(5));
    }
    assert!(bed.peak() <= 4, "{}", bed.peak());
}

#[test]
fn f29_a_paused_run_starts_nothing_and_loses_nothing() {
    let bed = Bed::new();
    let mut events = bed.sandbox.events();
    let run = bed.detach("return [await agent('!sleep 1500 a'), await agent('b')]", &["--fresh"]);
    bed.until_ran(1);
    assert_eq!(bed.sandbox.ao(&["workflow", "pause", &run]).json()["run"]["state"], "paused");
    events.until("the first agent has ended", |event| {
        event["kind"] == "workflow.agent_ended" && event["data"]["run"] == run.as_str()
    });
    assert_eq!(bed.ran().len(), 1);
    assert_eq!(bed.status(&run)["agents"].as_array().unwrap().len(), 1, "its result is withheld");
    bed.sandbox.ao(&["workflow", "resume", &run]).ok();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)"]));
    assert_eq!(bed.ran().len(), 2);
}

/// A run that waits for a person is in the list whatever its age; what is left out is told.
#[test]
fn a_paused_run_is_listed_whatever_its_age() {
    let bed = Bed::new();
    let paused = bed.detach("return await agent('!hang')", &["--fresh"]);
    bed.until_ran(1);
    bed.sandbox.ao(&["workflow", "pause", &paused]).ok();
    let over: Vec<String> = (0..3)
        .map(|_| {
            let run = bed.detach("return 1", &["--fresh"]);
            assert_eq!(*bed.result(&run).result(), json!(1));
            run
        })
        .collect();
    let page = |more: &[&str]| {
        let argv = [&["--project", "shop", "workflow", "status"], more].concat();
        let list = bed.sandbox.ao(&argv).json();
        let runs = list["runs"].as_array().unwrap().clone();
        let ids: Vec<Value> = runs.iter().map(|run| run["run_id"].clone()).collect();
        (json!(ids), list["next_before"].clone())
    };
    assert_eq!(page(&["--limit", "1"]), (json!([over[2], paused]), json!(over[2])));
    let older = page(&["--before", &over[2]]);
    assert_eq!(older, (json!([over[1], over[0]]), Value::Null));
    let argv = ["--project", "shop", "workflow", "status", "--limit", "1"];
    let told = bed.sandbox.ao(&argv).ok().err();
    assert!(told.contains(&format!("ao workflow status --before {}", over[2])), "{told}");
    bed.sandbox.ao(&["workflow", "stop", &paused]).ok();
    // Of what has ended it is said what can be done instead.
    let refused = bed.sandbox.ao(&["workflow", "resume", &paused]).fails_json(3);
    let hint = format!("--resume-from {paused}");
    assert!(refused["hint"].as_str().unwrap().contains(&hint), "{refused}");
}
