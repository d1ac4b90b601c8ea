//! Groups A and K: what is refused before it runs, exit codes, and the command line.

use std::process::Stdio;

use serde_json::json;

use super::bed::{Bed, META};

#[test]
fn a01_to_a25_and_k05_scripts_are_refused_with_their_place() {
    let bed = Bed::new();
    bed.is("return 1", json!(1));
    let refused = |text: &str, part: &str| {
        let file = bed.sandbox.path("x.js");
        std::fs::write(&file, text).unwrap();
        for verb in [&["workflow", "check"][..], &["--project", "shop", "workflow", "run"]] {
            let mut args = verb.to_vec();
            args.push(file.to_str().unwrap());
            let ran = bed.sandbox.ao(&args).fails(2);
            assert!(ran.err().contains(part), "{text}: {}", ran.err());
        }
    };
    refused("return 1", "export const meta"); // A02
    refused("export const meta={name:'a',description:'b'}\nconst a = ;", "x.js:2:");
    refused(
        "export const meta={name:'a',description:'b'}\nconst a: string = 'x'; return a",
        "plain JavaScript",
    );
    // A21, A22
    refused("export const meta={name:'a',description:'b'}\nexport default 1", "no import, export");
    refused(
        "export const meta={name:'a',description:'b'}\n})();(async()=>{ return 5",
        "SyntaxError",
    );
    refused("export const meta={name:'a',description:'b'}\nreturn Date.now()", "x.js:2:8");
    assert!(bed.ran().is_empty());
    let runs = bed.sandbox.ao(&["workflow", "status"]).json()["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 1, "what is refused leaves no run");
    let ran = bed.run("\n\nfunction inner(){ throw new RangeError('top boom') }\n\ninner()");
    assert_eq!((ran.code, &ran.json["error"]["name"]), (1, &json!("RangeError")));
    let stack = ran.json["error"]["stack"].as_str().unwrap();
    assert!(stack.contains("t.js:4:") && stack.contains("t.js:6:"), "{stack}");
}

#[test]
fn k01_k03_k04_k12_workflows_are_found_and_never_executed_to_be_listed() {
    let bed = Bed::new();
    let folder = bed.shop.path().join(".claude/workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("x.js"),
        format!("{}while(true){{}}", META.replace("'t'", "'endless'")),
    )
    .unwrap();
    std::fs::write(folder.join("bad.js"), "export const meta={name:'bad'}\n").unwrap();
    std::fs::write(
        folder.join("fine.js"),
        format!("{}return await agent('hi')", META.replace("name:'t'", "name:'fine'")),
    )
    .unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("link.js")).unwrap();
    let list = bed.sandbox.ao(&["--project", "shop", "workflow", "list"]).json();
    let state = |name: &str| {
        let all = list["workflows"].as_array().unwrap().clone();
        let found = all.into_iter().find(|script| script["name"] == name);
        found.map(|script| {
            format!("{} {}", script["source"].as_str().unwrap(), script["state"].as_str().unwrap())
        })
    };
    for name in ["deep-research", "review-code", "find-issues"] {
        assert_eq!(state(name).as_deref(), Some("builtin ok"));
    }
    assert_eq!(state("bad").as_deref(), Some("project invalid"));
    assert_eq!(state("link").as_deref(), Some("project invalid"));
    assert_eq!(state("fine").as_deref(), Some("project ok"));
    let ran = bed.run_what("fine", &["--fresh"]).run();
    assert_eq!(ran.json()["result"], "R(hi)");
    bed.sandbox.ao(&["workflow", "check", folder.join("x.js").to_str().unwrap()]).ok();
    bed.sandbox.ao(&["--project", "shop", "workflow", "run", "bad"]).fails(2);
    bed.sandbox.ao(&["--project", "shop", "workflow", "run", "nope"]).fails(3);
    let shown = bed.sandbox.ao(&["--project", "shop", "workflow", "show", "fine"]).ok();
    assert!(shown.out().contains("agent('hi')"));
    // Which of two is meant, nobody knows.
    let twin = std::fs::read_to_string(folder.join("fine.js")).unwrap();
    std::fs::write(folder.join("y.js"), twin).unwrap();
    let refused = bed.sandbox.ao(&["--project", "shop", "workflow", "run", "fine"]).fails_json(2);
    let reason = refused.to_string();
    assert!(reason.contains("fine.js") && reason.contains("y.js"), "{reason}");
}

#[test]
fn what_cannot_be_meant_is_refused_before_there_is_a_run() {
    let bed = Bed::new();
    let file = bed.script("return 1");
    let run = ["--project", "shop", "workflow", "run", file.to_str().unwrap()];
    for more in [["--agent", "nope"], ["--agent", "aider"], ["--resume-from", "wf-1"]] {
        let all: Vec<&str> = run.into_iter().chain(["--fresh"]).chain(more).collect();
        bed.sandbox.ao(&all).fails(2);
    }
    bed.sandbox.ao(&["--project", "shop", "subagent", "spawn", "x", "--agent", "nope"]).fails(2);
    assert_eq!(bed.sandbox.ao(&["workflow", "status"]).json()["runs"], json!([]));
    let input = std::fs::read(&file).unwrap();
    let run = bed.sandbox.ao(&["--project", "shop", "--json", "workflow", "run", "-"]).input(input);
    assert_eq!(run.ok().json()["result"], 1);
}

#[test]
fn k09_k10_k11_runs_are_followed_stopped_and_saved() {
    let bed = Bed::new();
    let run = bed.detach("phase('P'); log('a line'); return await agent('!hang')", &["--fresh"]);
    assert!(run.starts_with("wf-") && run.len() >= 9, "{run}");
    bed.until_ran(1);
    bed.sandbox.ao(&["workflow", "result", &run]).fails(3);
    let status = bed.status(&run);
    assert_eq!((&status["state"], &status["phases"]), (&json!("running"), &json!(["P"])));
    let agents = bed.sandbox.ao(&["workflow", "agents", &run]).json();
    assert_eq!(agents["agents"][0]["state"], "running");
    let lines = bed.sandbox.ao(&["workflow", "logs", &run]).ok().out();
    assert!(lines.contains("a line"), "{lines}");
    bed.sandbox.ao(&["workflow", "save", &run, "--as", "kept"]).dir(bed.shop.path()).ok();
    bed.sandbox.ao(&["workflow", "save", &run, "--as", "kept"]).dir(bed.shop.path()).fails(5);
    assert!(bed.shop.path().join(".ao/workflows/kept.js").exists());
    bed.sandbox.ao(&["workflow", "stop", &run]).ok();
    assert_eq!(bed.result(&run).code, 3);
    assert_eq!(bed.status(&run)["agents"][0]["state"], "cancelled");
    bed.sandbox.ao(&["workflow", "stop", &run]).fails(3);
    bed.sandbox.ao(&["workflow", "status", "wf-unknown"]).fails(3);
    assert_eq!(bed.run("throw new Error('no')").code, 1);
    assert_eq!(bed.run("await new Promise(()=>{})").code, 4);
}

#[test]
fn k14_an_interrupted_wait_leaves_the_run_alone() {
    let bed = Bed::new();
    let interrupted = |options: &[&str]| {
        bed.forget();
        let body = "return await agent('!sleep 3000 x')";
        let mut command = bed.command(body, &[&["--fresh"], options].concat()).command();
        let waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        bed.until_ran(1);
        let pid = rustix::process::Pid::from_raw(waiting.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        waiting.wait_with_output().unwrap()
    };
    let output = interrupted(&[]);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let runs = bed.sandbox.ao(&["workflow", "status"]).json();
    let run = runs["runs"][0]["run_id"].as_str().unwrap().to_owned();
    assert!(String::from_utf8_lossy(&output.stderr).contains(&run), "{output:?}");
    assert_eq!(*bed.result(&run).result(), json!("R(x)"));
    // Unless the person said that it should not.
    let output = interrupted(&["--kill-on-exit"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let runs = bed.sandbox.ao(&["workflow", "status"]).json()["runs"].clone();
    assert_eq!(runs[0]["state"], "cancelled", "{runs}");
    assert!(super::kills::script_host(&bed).is_none());
}

#[test]
fn one_agent_is_stopped_and_the_run_goes_on() {
    let bed = Bed::new();
    let run = bed
        .detach("return [await agent('!hang', {label:'stuck'}), await agent('b')]", &["--fresh"]);
    bed.until_ran(1);
    bed.sandbox.ao(&["workflow", "stop", &run, "--agent", "stuck"]).ok();
    let ran = bed.result(&run);
    assert_eq!((ran.result(), ran.kinds()), (&json!([null, "R(b)"]), vec!["stopped".to_owned()]));
}

#[test]
fn progress_is_told_in_plain_lines_where_there_is_no_terminal() {
    let bed = Bed::new();
    let file = bed.script(
        "phase('Look'); log('hello'); return await agent('!sleep 500 x', {label:'looker'})",
    );
    let agent = crate::support::example("scripted");
    let ran = bed
        .sandbox
        .ao(&[
            "--project",
            "shop",
            "workflow",
            "run",
            file.to_str().unwrap(),
            "--fresh",
            "--",
            agent.to_str().unwrap(),
        ])
        .env("FAKE_LOG", bed.sandbox.path("ran"))
        .ok();
    assert!(ran.out().lines().next().unwrap().starts_with("wf-"));
    assert_eq!(ran.out().lines().last().unwrap(), "R(x)");
    for part in ["Look", "hello", "looker"] {
        assert!(ran.err().contains(part), "{part}: {}", ran.err());
    }
}
