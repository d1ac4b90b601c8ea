//! `ao subagent` and the tools for the same: background work that outlives the supervisor, told to
//! who had it started.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{LATER, Mcp, Sandbox, eventually, example};

/// A project whose headless agent is the scripted one, and a worker that has it work for it.
fn world() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let program = example("scripted").display().to_string();
    let log = sandbox.path("fake.log").display().to_string();
    let text = format!(
        "name = \"scripted\"\nabout = \"does what its task says\"\nbinary = {program:?}\n\
         prompt = \"paste\"\nsystem_prompt = \"file\"\nhooks = \"none\"\n\
         [env.set]\nFAKE_LOG = {log:?}\n[headless]\nargv = []\n"
    );
    std::fs::write(sandbox.config().join("agents/scripted.toml"), text).unwrap();
    sandbox.shop();
    let worker = sandbox.worker();
    (sandbox, worker)
}

fn ran(sandbox: &Sandbox, prompt: &str) -> usize {
    let log = std::fs::read_to_string(sandbox.path("fake.log")).unwrap_or_default();
    let ran = json!(["ran", prompt]).to_string();
    log.lines().filter(|line| *line == ran).count()
}

fn task(prompt: &str) -> Value {
    json!({"prompt": prompt, "agent": "scripted"})
}

fn until_over(mcp: &mut Mcp, id: &str) -> Value {
    let begun = Instant::now();
    loop {
        let status = mcp.call("subagent_status", json!({"subagent_id": id}));
        let one = status["subagents"][0].clone();
        if ["completed", "failed", "cancelled"].contains(&one["state"].as_str().unwrap()) {
            return one;
        }
        assert!(begun.elapsed() < LATER, "{status}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// H02, H03, H04, H05, H07 and H11.
#[test]
fn a_worker_has_work_done_and_is_told() {
    let (sandbox, worker) = world();
    let mut mcp = Mcp::inside(&sandbox, &worker);
    let mut asked = task("!sleep 500 x");
    asked["idempotency_key"] = "k".into();
    let made = mcp.call("spawn_subagent", asked.clone());
    let id = made["subagent_id"].as_str().unwrap().to_owned();
    assert!(["queued", "running"].contains(&made["state"].as_str().unwrap()), "{made}");
    assert_eq!(mcp.call("spawn_subagent", asked)["subagent_id"], id.as_str());
    let early = mcp.call("subagent_result", json!({"subagent_id": id}));
    assert!(early["result"].is_null(), "{early}");
    assert_eq!(until_over(&mut mcp, &id)["state"], "completed");
    let status = mcp.call("subagent_status", json!({}));
    assert!(!status.to_string().contains("R(x)"), "{status}");
    assert_eq!(mcp.call("subagent_result", json!({"subagent_id": id}))["result"], "R(x)");
    assert_eq!(ran(&sandbox, "!sleep 500 x"), 1);
    let heard = sandbox.probe(&worker).hears(1).remove(0);
    assert!(heard.starts_with("[from ao]") && heard.contains(&id), "{heard}");
    assert!(!heard.contains("R(x)"), "{heard}");
    let big = mcp.call("spawn_subagent", task("!big 50000"));
    let big = big["subagent_id"].as_str().unwrap().to_owned();
    until_over(&mut mcp, &big);
    let (mut whole, mut offset) = (String::new(), Some(0));
    while let Some(at) = offset {
        let page = mcp.call("subagent_result", json!({"subagent_id": big, "offset": at}));
        whole.push_str(page["result"].as_str().unwrap());
        offset = page["next_offset"].as_u64();
    }
    assert_eq!(whole, "x".repeat(50_000));
    assert_eq!(sandbox.ao(&["subagent", "result", &big]).ok().out().len(), 50_000);
    mcp.refused("spawn_subagent", json!({"prompt": " "}));
    let other = sandbox.worker();
    let text = Mcp::inside(&sandbox, &other).refused("subagent_result", json!({"subagent_id": id}));
    assert!(text.contains("had it started"), "{text}");
}

/// I10, and that what nobody asked to be told of is not told.
#[test]
fn policies_decide_what_is_told() {
    let (sandbox, worker) = world();
    let mut mcp = Mcp::inside(&sandbox, &worker);
    let mut spawn = |prompt: &str, deliver: &str| {
        let mut asked = task(prompt);
        asked["deliver"] = deliver.into();
        let made = mcp.call("spawn_subagent", asked);
        let id = made["subagent_id"].as_str().unwrap().to_owned();
        until_over(&mut mcp, &id);
        id
    };
    let quiet = spawn("!text a", "on_demand");
    let failed = spawn("!fail no_credit", "on_demand");
    let loud = spawn("!text b", "immediate");
    let heard = eventually(sandbox.root(), "both are told", || {
        let all = sandbox.probe(&worker).said().join("\n");
        (all.contains(&failed) && all.contains(&loud)).then_some(all)
    });
    assert!(heard.contains("failed: no_credit") && !heard.contains(&quiet), "{heard}");
    // I12: the call, then the kind of agent, then the project.
    let shop = sandbox.ao(&["project", "ls"]).json()["projects"][0]["path"].clone();
    let shop = std::path::Path::new(shop.as_str().unwrap());
    std::fs::create_dir_all(shop.join(".ao/agents")).unwrap();
    let kind = "---\nname: loud\nagent: scripted\ndeliver: immediate\n---\nYou shout.";
    std::fs::write(shop.join(".ao/agents/loud.md"), kind).unwrap();
    std::fs::write(shop.join("ao.toml"), "[subagents]\ndeliver = \"on_demand\"\n").unwrap();
    for (more, policy) in [
        (&["--agent-type", "loud", "--deliver", "deferred"][..], "deferred"),
        (&["--agent-type", "loud"], "immediate"),
        (&["--agent", "scripted"], "on_demand"),
    ] {
        let args = [&["--project", "shop", "subagent", "spawn"], more, &["!told"]].concat();
        assert_eq!(sandbox.ao(&args).json()["subagent"]["policy"], policy, "{more:?}");
    }
    sandbox.ao(&["--project", "shop", "subagent", "spawn", "--agent-type", "no", "x"]).fails(2);
    let told = sandbox.ao(&["subagent", "status", &quiet]).json();
    assert_eq!(told["subagent"]["told"], Value::Null);
}

/// I11: the supervisor dies while one works and comes back; it is done once and told once.
#[test]
fn a_dead_supervisor_loses_none() {
    let (sandbox, worker) = world();
    let probe = sandbox.probe(&worker);
    let spawn = ["ao", "-q", "subagent", "spawn", "--agent", "scripted", "!sleep 1500 y"];
    let made = probe.run(&spawn);
    let id = made["out"].as_str().unwrap().trim().to_owned();
    assert!(id.starts_with("sa-"), "{made}");
    eventually(sandbox.root(), "it runs", || (ran(&sandbox, "!sleep 1500 y") == 1).then_some(()));
    sandbox.supervisor().kill();
    sandbox.ao(&["ls"]).ok();
    let heard = probe.hears(1).remove(0);
    assert!(heard.contains(&id) && heard.contains("completed"), "{heard}");
    assert_eq!(sandbox.ao(&["subagent", "result", &id]).ok().out(), "R(y)");
    assert_eq!(ran(&sandbox, "!sleep 1500 y"), 1);
    let ends = sandbox.journal("subagent.ended");
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!(probe.said().len(), 1);
}

#[test]
fn it_ends_when_it_is_told_to_or_its_parent_ends() {
    let (sandbox, worker) = world();
    let probe = sandbox.probe(&worker);
    let spawn = |more: &[&str]| {
        let argv = [&["ao", "-q", "subagent", "spawn", "--agent", "scripted"], more].concat();
        let made = probe.run(&argv);
        assert_eq!(made["code"], 0, "{made}");
        made["out"].as_str().unwrap().trim().to_owned()
    };
    let state = |id: &str| sandbox.ao(&["subagent", "status", id]).json()["subagent"].clone();
    let cancelled = spawn(&["!hang"]);
    let over = sandbox.ao(&["subagent", "cancel", &cancelled]).json();
    assert_eq!(over["subagent"]["state"], "cancelled", "{over}");
    sandbox.ao(&["subagent", "result", &cancelled]).run();
    let (left, stays) = (spawn(&["!hang"]), spawn(&["--stay", "!sleep 3000 z"]));
    eventually(sandbox.root(), "both run", || {
        (state(&left)["state"] == "running" && state(&stays)["state"] == "running").then_some(())
    });
    sandbox.ao(&["kill", &worker]).ok();
    eventually(sandbox.root(), "the one ends", || {
        (state(&left)["state"] == "cancelled").then_some(())
    });
    eventually(sandbox.root(), "the other goes on", || {
        (state(&stays)["state"] == "completed").then_some(())
    });
    let session = state(&left)["session"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.session(&session)["phase"], "ended");
}

#[test]
fn there_are_limits() {
    let (sandbox, worker) = world();
    let probe = sandbox.probe(&worker);
    // One that has one of its own.
    let script = "ao subagent spawn --agent scripted x 2>&1; true";
    let made = probe.run(&["ao", "-q", "subagent", "spawn", "x", "--", "sh", "-c", script]);
    let id = made["out"].as_str().unwrap().trim().to_owned();
    let result = eventually(sandbox.root(), "it has a result", || {
        let ran = sandbox.ao(&["subagent", "result", &id]).run();
        (ran.code() == 0).then(|| ran.out())
    });
    assert!(result.contains("subagents.depth"), "{result}");
    for wrong in [&["--schema", "/dev/null", "x"][..], &["  "]] {
        let args = [&["--project", "shop", "subagent", "spawn"], wrong].concat();
        sandbox.ao(&args).fails(2);
    }
}

#[test]
fn the_person_is_notified() {
    let sandbox = Sandbox::new();
    let (program, told) = (sandbox.path("notify"), sandbox.path("told"));
    let script = format!("#!/bin/sh\necho \"$AO_NOTICE|$AO_EVENT\" >> {}\n", told.display());
    std::fs::write(&program, script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    sandbox.ao(&["config", "set", "notify", program.to_str().unwrap()]).ok();
    sandbox.plain_shop();
    let spawn = ["-q", "--project", "shop", "subagent", "spawn", "x", "--", "echo", "secret"];
    let id = sandbox.ao(&spawn).ok().line();
    let line = eventually(sandbox.root(), "a notice", || {
        std::fs::read_to_string(&told).ok().filter(|text| text.contains('\n'))
    });
    let begin = format!("ao: subagent {id} of shop completed|{{");
    assert!(line.starts_with(&begin) && !line.contains("secret"), "{line}");
}

/// Who asks for a result is told how it stands, can wait for it, and is told why there is none.
#[test]
fn a_result_is_waited_for_or_said_not_to_come() {
    let (sandbox, _worker) = world();
    let spawn = |prompt: &str| {
        let argv = ["-q", "--project", "shop", "subagent", "spawn", "--agent", "scripted", prompt];
        sandbox.ao(&argv).ok().line()
    };
    let slow = spawn("!sleep 2000 x");
    let early = sandbox.ao(&["subagent", "result", &slow]).fails_json(3);
    assert_eq!(early["code"], "not_running");
    assert_eq!(early["hint"], format!("wait for it: ao subagent result {slow} --wait"));
    assert_eq!(sandbox.ao(&["subagent", "result", &slow, "--wait"]).ok().out(), "R(x)");
    assert_eq!(sandbox.ao(&["subagent", "result", &slow, "--wait"]).ok().out(), "R(x)");
    let failed = spawn("!fail no luck");
    let why = sandbox.ao(&["subagent", "result", &failed, "--wait"]).fails_json(1);
    assert_eq!(why["code"], "work_failed", "{why}");
    let reason = why["reason"].as_str().unwrap();
    assert!(reason.contains("is failed, it has no result: "), "{why}");
    assert!(why["hint"].as_str().unwrap().contains("ao subagent status"), "{why}");
    let ended = spawn("!hang");
    sandbox.ao(&["subagent", "cancel", &ended]).ok();
    let why = sandbox.ao(&["subagent", "result", &ended, "--wait"]).fails_json(3);
    assert!(why["reason"].as_str().unwrap().contains("is cancelled, it has no result"), "{why}");
    // What is left out of a list is told, and with ids alone nothing is.
    let list = |more: &[&str]| {
        let argv = [&["--project", "shop", "subagent", "ls"], more].concat();
        sandbox.ao(&argv).json()
    };
    let open = spawn("!hang");
    let page = list(&["--limit", "1"]);
    let ids = |page: &Value| {
        let all = page["subagents"].as_array().unwrap();
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&page), [ended.clone(), open.clone()]);
    assert_eq!(page["next_before"], ended.as_str());
    let older = list(&["--before", &ended]);
    assert_eq!((ids(&older), &older["next_before"]), (vec![slow, failed], &Value::Null));
    sandbox.ao(&["subagent", "cancel", &open]).ok();
}
