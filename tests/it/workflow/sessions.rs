//! Agents that are sessions: with a pane, a worktree of their own, a trace.

use serde_json::{Value, json};

use super::bed::{Bed, Ran};
use crate::support::{SOON, git};

fn agent(bed: &Bed, ran: &Ran) -> Value {
    bed.status(ran.json["run_id"].as_str().unwrap())["agents"][0].clone()
}

#[test]
fn a_command_that_is_to_be_seen_is_a_session_like_any_other() {
    let bed = Bed::new();
    let ran = bed.run_with(
        "return [await agent('one', {label: 'first'}), await agent('!json {\"n\":1}', {schema:{type:'object',required:['n']}})]",
        &["--fresh", "--show"],
    );
    assert_eq!(*ran.result(), json!(["R(one)", {"n": 1}]), "{} {}", ran.json, ran.err);
    assert_eq!(ran.json["usage"]["output_tokens"], 25);
    let agent = agent(&bed, &ran);
    let session = bed.sandbox.session(agent["session"].as_str().unwrap());
    assert_eq!((&session["mode"], &session["label"]), (&json!("headless"), &json!("t first")));
    assert_eq!(session["worktree"], bed.shop.path().display().to_string());
    let logs = bed.sandbox.ao(&["logs", session["id"].as_str().unwrap()]).ok().out();
    assert!(logs.contains("R(one)"), "{logs}");
}

#[test]
fn b29_an_agent_in_isolation_leaves_a_worktree_only_where_there_is_work_in_it() {
    let bed = Bed::new();
    let ran = bed.run("return await agent('x', {isolation: 'worktree'})");
    assert_eq!((ran.result(), ran.warnings()), (&json!("R(x)"), "[]".to_owned()), "{}", ran.err);
    let session = bed.sandbox.session(agent(&bed, &ran)["session"].as_str().unwrap());
    assert!(!std::path::Path::new(session["worktree"].as_str().unwrap()).exists());
    let home = bed.sandbox.path("home");
    let branches = || git(bed.shop.path(), &home, &["branch", "--list", "worker/*"]);
    assert_eq!(branches(), "");
    let body = "return await agent('!write made x', {isolation: 'worktree'})";
    let ran = bed.run(body);
    assert_eq!(*ran.result(), json!("R(x)"), "{} {}", ran.json, ran.err);
    let session = bed.sandbox.session(agent(&bed, &ran)["session"].as_str().unwrap());
    let worktree = session["worktree"].as_str().unwrap();
    let branch = session["branch"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(format!("{worktree}/made")).unwrap(), "made");
    assert!(!bed.shop.path().join("made").exists());
    for part in [worktree, branch] {
        assert!(ran.warnings().contains(part), "{part}: {}", ran.warnings());
    }
    // What it found is good as long as its branch is there.
    let from = ran.json["run_id"].as_str().unwrap();
    bed.forget();
    assert_eq!(*bed.run_with(body, &["--resume-from", from]).result(), json!("R(x)"));
    assert_eq!(bed.ran().len(), 0);
    git(bed.shop.path(), &home, &["worktree", "remove", "--force", "--force", worktree]);
    git(bed.shop.path(), &home, &["branch", "-D", branch]);
    assert_eq!(*bed.run_with(body, &["--resume-from", from]).result(), json!("R(x)"));
    assert_eq!(bed.ran().len(), 1);
}

#[test]
fn b27_a_worktree_that_cannot_be_made_is_an_error() {
    let bed = Bed::new();
    let place = bed.sandbox.data().join("worktrees");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("shop"), "in the way").unwrap();
    bed.is(
        "try { await agent('x', {isolation: 'worktree'}) } catch (e) { return e.name }",
        json!("WorktreeError"),
    );
    assert!(bed.ran().is_empty());
    std::fs::remove_file(place.join("shop")).unwrap();
}

#[test]
fn a_session_that_ends_while_nobody_looks_is_harvested() {
    let bed = Bed::new();
    let run = bed.detach(
        "const r=[]; for (const p of ['a','!sleep 1500 b','c']) r.push(await agent(p)); return r",
        &["--fresh", "--show"],
    );
    bed.until_ran(2);
    bed.kill_supervisor();
    assert_eq!(*bed.result(&run).result(), json!(["R(a)", "R(b)", "R(c)"]));
    assert_eq!(bed.ran(), ["a", "!sleep 1500 b", "c"]);
}

/// One that prints what it does and then says nothing is ended and begun again, twice; one whose
/// tool runs is waited for.
#[test]
fn an_agent_that_stalls_is_begun_again() {
    let bed = Bed::configured(&[["limits.agent_stall_s", "1"]]);
    let log = bed.sandbox.path("ran").display().to_string();
    let script = format!(
        r#"read -r task
printf '["ran","%s"]\n' "$task" >> {log}
echo '{{"type":"system","subtype":"init","session_id":"c"}}'
[ "$task" = mute ] && exec sleep 600
echo '{{"type":"assistant","message":{{"content":[{{"type":"tool_use","id":"t","name":"Bash","input":{{}}}}]}}}}'
sleep 3
echo '{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"t","content":"x"}}]}}}}'
echo '{{"type":"result","subtype":"success","is_error":false,"result":"slow but sure"}}'
"#
    );
    let program = bed.sandbox.path("slow");
    std::fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let text = format!(
        "name = \"slow\"\nabout = \"takes its time\"\nbinary = {:?}\nprompt = \"paste\"\n\
         system_prompt = \"file\"\nhooks = \"none\"\n[headless]\nargv = []\noutput = \"claude\"\n",
        program.display().to_string()
    );
    std::fs::write(bed.sandbox.config().join("agents/slow.toml"), text).unwrap();
    let body = "return await parallel(['mute','work'].map(p => () => agent(p, {agent: 'slow'})))";
    let ran = bed.run(body);
    assert_eq!(*ran.result(), json!([null, "slow but sure"]), "{} {}", ran.json, ran.err);
    assert_eq!(ran.kinds(), ["stalled"]);
    let mut all = bed.ran();
    all.sort();
    assert_eq!(all, ["mute", "mute", "mute", "work"]);
}

#[test]
fn a_stopped_agent_and_a_stopped_run_end_their_sessions() {
    let bed = Bed::new();
    let run = bed.detach(
        "await agent('!hang', {label: 'stuck'}); await agent('!hang again')",
        &["--fresh", "--show"],
    );
    bed.until_ran(1);
    bed.sandbox.ao(&["workflow", "stop", &run, "--agent", "stuck"]).ok();
    bed.until_ran(2);
    let all = || bed.sandbox.processes().into_iter();
    let hangs: Vec<_> = all()
        .filter(|process| {
            let line = std::fs::read(format!("/proc/{}/cmdline", process.pid()));
            String::from_utf8_lossy(&line.unwrap_or_default()).contains("scripted")
        })
        .collect();
    bed.sandbox.ao(&["workflow", "stop", &run]).ok();
    assert!(crate::support::wait_gone(&hangs, SOON).is_empty());
    let agents = bed.status(&run)["agents"].clone();
    assert_eq!((&agents[0]["state"], &agents[1]["state"]), (&json!("failed"), &json!("cancelled")));
    for agent in agents.as_array().unwrap() {
        let session = bed.sandbox.session(agent["session"].as_str().unwrap());
        assert_eq!(session["status"], "killed", "{session}");
    }
}
