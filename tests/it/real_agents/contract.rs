//! What holds for every agent. Each function is one promise; the files of the agents say which
//! hold for them.

use std::time::Duration;

use serde_json::{Value, json};

use super::team::{PATIENCE, Team, whole};
use crate::support::{Terminal, changes_to, until_screen};

/// The task is submitted, the role is in the model's request, and the status follows.
pub fn spawns_with_its_task_and_its_role(team: &Team) {
    let mut events = team.events();
    let id = team.worker("MOCK: say first-turn");
    let request = team.model.hears("MOCK: say first-turn");
    let text = whole(&team.model.body(&request));
    for part in [id.as_str(), "worker/shop-1", "ao report done"] {
        assert!(text.contains(part), "no {part} in the model's request: {text}");
    }
    for status in ["working", "idle"] {
        events.until(status, |event| {
            event["kind"] == "session.activity" && event["data"]["activity"] == status
        });
    }
    team.idle(&id);
    let session = team.sandbox.session(&id);
    assert_eq!(session["status_source"], "hook", "{session}");
    leaves_nothing_in_the_worktree(team, &id);
}

/// A launch changes nothing in the worktree, not even files that git ignores.
pub fn leaves_nothing_in_the_worktree(team: &Team, id: &str) {
    let session = team.sandbox.session(id);
    let worktree = session["worktree"].as_str().unwrap();
    let changed = crate::support::git(
        worktree.as_ref(),
        &team.sandbox.path("home"),
        &["status", "--porcelain", "--ignored"],
    );
    assert_eq!(changed, "", "the launch leaves nothing in the worktree");
}

/// Twenty messages, each sent to an idle agent.
pub fn hears_twenty_while_idle(team: &Team, id: &str) {
    for n in 0..20 {
        let message = team.send(id, &format!("idle-{n:02} MOCK: say ok"));
        team.until_reply(&message);
    }
    assert_eq!(team.heard("idle-"), (0..20).map(|n| format!("idle-{n:02}")).collect::<Vec<_>>());
}

/// Twenty messages, sent while the agent works; returns the worker.
pub fn hears_twenty_while_busy(team: &Team) -> String {
    let id = team.worker("MOCK: sleep 5 ;; say worked");
    team.until_status(&id, "working");
    let sent: Vec<String> =
        (0..20).map(|n| team.send(&id, &format!("busy-{n:02} MOCK: say ok"))).collect();
    for message in &sent {
        team.ao(&["wait", message, "--for", "submitted", "--timeout", PATIENCE]).ok();
    }
    team.until_heard("busy-19");
    assert_eq!(team.heard("busy-"), (0..20).map(|n| format!("busy-{n:02}")).collect::<Vec<_>>());
    id
}

/// A turn is stopped for a message that asks for it, which is then the next prompt, by itself.
pub fn stops_for_a_message(team: &Team) {
    let id = team.worker("MOCK: sleep 100 ;; say never");
    team.until_status(&id, "working");
    let text = "stop-00 MOCK: say ok";
    let message = team.ao(&["-q", "send", &id, text, "--interrupt"]).ok().line();
    team.until_reply(&message);
    assert_eq!(team.sandbox.message(&message)["interrupt"], "stopped");
    let request = team.model.hears("stop-00");
    // Some put the time before it.
    let heard = request["user"].as_str().unwrap().lines().last().unwrap().trim().to_owned();
    assert_eq!(heard, text);
    assert!(!request["user"].as_str().unwrap().contains("say never"), "{request}");
}

/// Lines, quotes, tabs and other scripts arrive as they are; a long text by a file.
/// Returns the worker, which asks before each command, and the file.
pub fn hears_long_texts(team: &Team) -> (String, String) {
    let id = team.asking_worker("");
    let lines = "lines-00 first\n\n  second \"quoted\" 'text' `x` $(touch canary)\n\tzwölf 漢字\n\
                 MOCK: say ok";
    let message = team.send(&id, lines);
    team.until_reply(&message);
    let request = team.model.hears("lines-00");
    let folded = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let heard = folded(request["user"].as_str().unwrap());
    assert!(heard.contains(&folded(lines)), "{heard}");
    let long = format!("{}\nlong-00 MOCK: say ok", "0123456789abcde\n".repeat(384));
    let message = team.ao(&["-q", "send", &id, "-"]).input(long.clone()).ok().line();
    team.until_reply(&message);
    let worktree = team.sandbox.session(&id)["worktree"].as_str().unwrap().to_owned();
    assert!(!std::path::Path::new(&worktree).join("canary").exists());
    if team.sandbox.message(&message)["channel"] == "side" {
        let told = json!(long).to_string();
        team.model.request("the whole of it", |request| {
            whole(&team.model.body(request)).contains(told.trim_matches('"'))
        });
        return (id, String::new());
    }
    let request = team.model.hears(&message);
    let pointer = request["user"].as_str().unwrap();
    let file = pointer.split_whitespace().find(|word| word.starts_with('/')).unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), long, "{pointer}");
    (id, file.to_owned())
}

/// What was sent to it in a file it reads without asking anybody.
pub fn reads_without_asking(team: &Team, id: &str, file: &str) {
    let message = team.send(id, &format!("MOCK: read {file} ;; say has-read-it"));
    team.until_reply(&message);
    let asked = team.sandbox.journal("session.activity");
    let asked = asked.iter().any(|event| event["data"]["activity"] == "needs_permission");
    assert!(!asked, "it has asked for leave");
    team.model.request("the file's text", |request| {
        request["text"] == "has-read-it"
            && whole(&team.model.body(request)).contains("0123456789abcde")
    });
}

/// Five messages wait while a dialog is open, and none of them answers it.
pub fn holds_messages_while_a_dialog_is_open(team: &Team, dialog: &str, yes: &str) {
    let id = team.asking_worker("MOCK: ask touch asked ;; say answered");
    team.until_status(&id, "needs_permission");
    let asked = team.sandbox.session(&id)["worktree"].as_str().unwrap().to_owned();
    let asked = std::path::Path::new(&asked).join("asked");
    let sent: Vec<String> =
        (0..5).map(|n| team.send(&id, &format!("dialog-{n:02} MOCK: say ok"))).collect();
    team.events().until("held by the dialog", |event| {
        event["kind"] == "message.queued"
            && event["data"]["message"] == sent[0].as_str()
            && event["data"]["reason"] == "dialog"
    });
    for message in &sent {
        assert_eq!(team.sandbox.message(message)["state"], "queued");
    }
    assert_eq!(team.status(&id), "needs_permission");
    assert!(!asked.exists(), "a message has answered the dialog");
    // The hook may come before the dialog.
    until_screen(&team.sandbox, &id, dialog);
    let mut person = Terminal::run(&team.ao(&["attach", &id]).command(), 120, 40);
    person.shows(dialog);
    // What is pressed right after it opened is passed over by some, as a person's slip.
    let worktree = asked.parent().unwrap();
    for _ in 0..10 {
        person.types(yes);
        if changes_to(worktree, Duration::from_secs(3), || asked.exists()) {
            break;
        }
    }
    for message in &sent {
        team.ao(&["wait", message, "--for", "submitted", "--timeout", PATIENCE]).ok();
    }
    assert!(asked.exists(), "the person has answered");
    team.until_heard("dialog-04");
    let expected: Vec<String> = (0..5).map(|n| format!("dialog-{n:02}")).collect();
    assert_eq!(team.heard("dialog-"), expected);
    person.types("\u{1d}d");
}

/// A worker tells the orchestrator something with its own shell tool; returns the worker.
pub fn sends_with_its_own_shell(team: &Team) -> String {
    team.orchestrator();
    let id = team.worker("MOCK: bash ao send orchestrator 'told-00 MOCK: say ok' ;; say told");
    let request = team.model.hears(&format!("[from {id}] told-00"));
    assert_eq!(request["status"], 200);
    let sent = team.ao(&["messages", "shop-orchestrator"]).json();
    let message = &sent["messages"][0];
    assert_eq!(message["from"], id.as_str(), "{message}");
    team.until_reply(message["id"].as_str().unwrap());
    id
}

/// The call of a tool is one row with what went in, how it went and its times.
pub fn traces_its_calls(team: &Team, id: &str, words: &str) {
    let calls = team.eventually("the call in the traces", || {
        let list = team.ao(&["trace", id]).json();
        let is_it = |row: &Value| {
            row["input"].to_string().contains(words) && row["outcome"].as_str().is_some()
        };
        let rows = list["traces"].as_array().unwrap();
        let found: Vec<Value> = rows.iter().filter(|row| is_it(row)).cloned().collect();
        (!found.is_empty()).then_some(found)
    });
    let [call] = calls.as_slice() else { panic!("one call, several rows: {calls:#?}") };
    assert_eq!((&call["outcome"], &call["turn"]), (&"ok".into(), &1.into()), "{call:#}");
    let latency = call["latency_ms"].as_u64().unwrap();
    assert!(latency < 60_000, "{call:#}");
}

/// `ao usage` of the only session says what the server has counted for it.
pub fn counts_what_the_server_counts(team: &Team, id: &str) {
    let asked = || {
        let all = team.model.requests().into_iter();
        all.filter(|request| request["tools"].as_array().is_some_and(|tools| !tools.is_empty()))
    };
    let sum = |key: &str| asked().filter_map(|request| request["usage"][key].as_u64()).sum::<u64>();
    let mut told = Value::Null;
    team.eventually("the server's numbers", || {
        told = team.ao(&["usage", id]).json()["total"].clone();
        let has = |key: &str| told[key].as_u64().unwrap_or(0);
        let same = has("input") + has("cache_write") == sum("in") + sum("write")
            && has("cache_read") == sum("read")
            && has("output") == sum("out");
        same.then_some(())
    });
    let models = team.ao(&["usage", "--by", "model"]).json()["usage"].clone();
    let unnamed = models.as_array().unwrap().iter().any(|row| row["key"] == "");
    assert!(!unnamed, "each call has its model: {models}");
}

/// After a kill its own conversation goes on; returns the worker.
pub fn resumes_its_conversation(team: &Team) -> String {
    let id = team.worker("turn-00 MOCK: say earlier-words");
    team.until_answered(&id);
    team.ao(&["kill", &id]).ok();
    let restored = team.ao(&["restore", &id]).json();
    assert_eq!(restored["resumed"], true, "{restored}");
    let message = team.send(&id, "turn-01 MOCK: say ok");
    team.until_reply(&message);
    let text = whole(&team.model.body(&team.model.hears("turn-01")));
    for part in ["turn-00", "earlier-words", "turn-01"] {
        assert!(text.contains(part), "no {part} in the request of the resumed one: {text}");
    }
    let asked = team.model.requests().iter().filter(|r| r["text"] == "earlier-words").count();
    assert_eq!(asked, 1, "the task is not given again");
    id
}

/// One that was ended before its first prompt has nothing to resume: it gets its task again.
pub fn begins_anew_without_a_conversation(team: &Team) {
    let id = team.worker("");
    team.idle(&id);
    team.ao(&["kill", &id]).ok();
    let restored = team.ao(&["restore", &id]).json();
    assert_eq!(restored["resumed"], false, "{restored}");
    let message = team.send(&id, "anew-00 MOCK: say ok");
    team.until_reply(&message);
    let text = whole(&team.model.body(&team.model.hears("anew-00")));
    assert!(text.contains("An earlier launch of yours was interrupted"), "{text}");
}

/// An orchestrator creates agents, waits for one and archives it, stops the turn of another, by
/// nothing but ao's tools.
pub fn conducts_with_tools(team: &Team, prefix: &str) {
    let conductor = team.free_orchestrator();
    team.until_tool(&conductor, &format!("{prefix}create_agent"));
    let call = |tool: &str, arguments: Value| format!("tool {prefix}{tool} {arguments}");
    let steps = [
        call("create_agent", json!({"prompt": "greet the till", "title": "till"})),
        call("wait_for_agent", json!({"agent_id": "shop-1", "timeout_s": 100})),
        call("archive_agent", json!({"agent_id": "shop-1"})),
        call("create_agent", json!({"prompt": "MOCK: hang", "title": "slow"})),
        "say all conducted".to_owned(),
    ];
    let message = team.send(&conductor, &format!("MOCK: {}", steps.join(" ;; ")));
    team.until_reply(&message);
    team.until_heard("greet the till");
    let worker = team.sandbox.session("shop-1");
    assert_eq!((&worker["spawned_by"], &worker["label"]), (&json!(conductor), &json!("till")));
    assert_eq!(worker["status"], "killed", "{worker}");
    let reply = team.sandbox.message(&message)["reply"].clone();
    assert_eq!(reply, "all conducted");
    for told in ["\"state\":\"archived\"", "\"timed_out\":false"] {
        let heard =
            team.model.requests().iter().any(|request| {
                team.model.body(request).to_string().replace('\\', "").contains(told)
            });
        assert!(heard, "{told}");
    }
    team.until_status("shop-2", "working");
    let steps = [
        call("cancel_agent", json!({"agent_id": "shop-2"})),
        call("wait_for_agent", json!({"agent_id": "shop-2", "timeout_s": 100})),
        "say it is stopped".to_owned(),
    ];
    let message = team.send(&conductor, &format!("MOCK: {}", steps.join(" ;; ")));
    team.until_reply(&message);
    let stopped = team.sandbox.session("shop-2");
    assert_eq!((&stopped["status"], &stopped["phase"]), (&json!("idle"), &json!("live")));
    team.model
        .request("the turn that was given up", |request| request["outcome"] == "disconnected");
}

/// A worker is offered what a worker may do with ao's tools, no more, and reports by one of them.
pub fn reports_with_a_tool(team: &Team, prefix: &str) {
    let id = team.worker("");
    team.until_tool(&id, &format!("{prefix}report"));
    let report = json!({"state": "checkpoint", "note": "tool-00"});
    let message = team.send(&id, &format!("MOCK: tool {prefix}report {report} ;; say told-it"));
    team.until_reply(&message);
    let session = team.sandbox.session(&id);
    assert_eq!(session["report"]["note"], "tool-00", "{session}");
    let conducts = format!("{prefix}create_agent");
    let offers = |request: &Value| team.model.body(request).to_string().contains(&conducts);
    assert!(!team.model.requests().iter().any(offers), "it is offered {conducts}");
}

/// A permission dialog is answered by the orchestrator, with its own shell, through ao.
pub fn has_its_permission_answered(team: &Team) {
    team.ao(&["orchestrator", "start", "--permission", "bypass"]).ok();
    team.idle("shop-orchestrator");
    team.ao(&["project", "set", "--orchestrator-permits", "true"]).ok();
    let id = team.asking_worker("MOCK: ask touch asked ;; say answered");
    let mut permit = String::new();
    team.events().until("a permission request", |event| {
        permit = event["data"]["permit"].as_str().unwrap_or_default().to_owned();
        event["kind"] == "permission.asked" && event["session"] == id.as_str()
    });
    let asked = team.sandbox.session(&id)["worktree"].as_str().unwrap().to_owned();
    let asked = std::path::Path::new(&asked).join("asked");
    team.model.hears(&permit);
    assert!(!std::path::Path::new(&asked).exists(), "nobody has answered yet");
    team.send("shop-orchestrator", &format!("MOCK: bash ao permit allow {permit} ;; say done"));
    let mut by = serde_json::Value::Null;
    team.events().until("the decision", |event| {
        by = event["data"]["by"].clone();
        event["kind"] == "permission.decided" && event["data"]["permit"] == permit.as_str()
    });
    assert_eq!(by, "shop-orchestrator");
    team.model.request("the turn after the tool", |request| request["text"] == "answered");
    assert!(std::path::Path::new(&asked).exists(), "it was let");
    team.idle(&id);
}

/// A permission that is refused through ao: the tool does not run, the dialog is closed, and the
/// session goes on.
pub fn has_its_permission_refused(team: &Team) {
    let id = team.asking_worker("MOCK: ask touch asked ;; say heard-no");
    let mut permit = String::new();
    team.events().until("a permission request", |event| {
        permit = event["data"]["permit"].as_str().unwrap_or_default().to_owned();
        event["kind"] == "permission.asked" && event["session"] == id.as_str()
    });
    team.ao(&["permit", "deny", &permit]).ok();
    let mut decided = Value::Null;
    team.events().until("the decision", |event| {
        decided = event["data"].clone();
        event["kind"] == "permission.decided" && event["data"]["permit"] == permit.as_str()
    });
    assert_eq!((&decided["by"], &decided["state"]), (&json!("person"), &json!("denied")));
    team.idle(&id);
    let message = team.send(&id, "after-00 MOCK: say ok");
    team.until_reply(&message);
    let session = team.sandbox.session(&id);
    let worktree = std::path::Path::new(session["worktree"].as_str().unwrap());
    assert!(!worktree.join("asked").exists(), "it was refused");
    assert_eq!(session["status"], "idle", "{session}");
    let traces = team.ao(&["trace", &id]).json();
    assert_eq!(traces["traces"][0]["outcome"], "denied", "{traces}");
}

/// A workflow's agent as well: of a kind, with a result that meets its schema, and a text that is
/// told what it found.
pub fn works_for_a_workflow(team: &Team) {
    let kinds = team.shop.path().join(".ao/agents");
    std::fs::create_dir_all(&kinds).unwrap();
    let kind = "---\nname: finder\n---\nYou are the finder of role-00.";
    std::fs::write(kinds.join("finder.md"), kind).unwrap();
    let file = team.sandbox.path("work.js");
    let script = r#"export const meta = { name: 'work', description: 'a real agent' }
const schema = { type: 'object', required: ['n'], additionalProperties: false, properties: { n: { type: 'integer' } } }
const found = await agent('find-00', { schema, agentType: 'finder' })
return [typeof found.n, await agent('MOCK: say text-' + found.n)]"#;
    std::fs::write(&file, script).unwrap();
    let ran = team.ao(&["workflow", "run", file.to_str().unwrap(), "--fresh"]).json();
    let result = &ran["result"];
    assert_eq!(result[0], "number", "{ran}");
    assert!(result[1].as_str().unwrap().starts_with("text-"), "{ran}");
    assert!(ran["usage"]["output_tokens"].as_u64().unwrap() > 0, "{ran}");
    team.until_heard("You are the finder of role-00.");
}

/// A workflow's agent without a name is this one: a result that meets its schema, a text that is
/// told what the first one found, and nothing of it again in the run that takes it up.
pub fn is_conducted_by_a_workflow(team: &Team) {
    let file = team.sandbox.path("real.js");
    let script = r#"export const meta = { name: 'real', description: 'a real agent' }
phase('Find')
const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
const found = await agent('MOCK: tool StructuredOutput {"n": 4} ;; say it is there', { schema })
return [found, await agent('MOCK: say text-' + found.n)]"#;
    std::fs::write(&file, script).unwrap();
    let file = file.to_str().unwrap();
    let ran = team.ao(&["workflow", "run", file, "--fresh"]).json();
    assert_eq!(ran["result"], json!([{ "n": 4 }, "text-4"]), "{ran}");
    assert!(ran["usage"]["output_tokens"].as_u64().unwrap() > 0, "{ran}");
    let run = ran["run_id"].as_str().unwrap();
    let agents = team.ao(&["workflow", "agents", run]).json()["agents"].clone();
    let session = agents[1]["session"].as_str().unwrap();
    let usage = team.ao(&["usage", session]).json();
    assert_eq!(team.counted(&usage), team.logged("MOCK: say text-4"), "{usage}");
    let asked = team.model.requests().len();
    let again = team.ao(&["workflow", "run", file, "--resume-from", run]).json();
    assert_eq!((&again["result"], &again["usage"]["cached"]), (&ran["result"], &json!(2)));
    assert_eq!(team.model.requests().len(), asked);
}
