//! Aider. It has no hooks and no tools: what it was told is known at the model's server.

use super::contract;
use super::team::{Agent, Team, whole};
use crate::support::{Terminal, until_screen};

const AIDER: Agent = Agent {
    name: "aider",
    home: &[(
        ".aider.conf.yml",
        "model: openai/mock-model\nedit-format: whole\nshow-model-warnings: false\n",
    )],
    env: &[
        ("OPENAI_API_KEY", "x"),
        ("OPENAI_API_BASE", "{url}/v1"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ],
    ask: "ask",
    free: "bypass",
};

/// A file in the form in which it takes edits.
const EDIT: &str = "MOCK: say new.txt\\n```\\nhi\\n```";

/// The request whose newest words contain this.
fn hears(team: &Team, text: &str) -> serde_json::Value {
    team.model.request(text, |request| request["user"].as_str().unwrap_or("").contains(text))
}

fn markers(stem: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{stem}{n:02}")).collect()
}

#[test]
fn spawns_with_its_task_and_its_role_and_goes_on_after_a_kill() {
    let team = Team::new(&AIDER);
    let id = team.worker("turn-00 MOCK: say earlier-words");
    let text = whole(&team.model.body(&hears(&team, "MOCK: say earlier-words")));
    for part in [id.as_str(), "worker/shop-1", "ao report done"] {
        assert!(text.contains(part), "no {part} in the model's request: {text}");
    }
    team.idle(&id);
    let session = team.sandbox.session(&id);
    assert_eq!(session["status_source"], "output", "{session}");
    contract::leaves_nothing_in_the_worktree(&team, &id);
    team.ao(&["kill", &id]).ok();
    let restored = team.ao(&["restore", &id]).json();
    assert_eq!(restored["resumed"], true, "{restored}");
    team.send(&id, "turn-01 MOCK: say ok");
    let text = whole(&team.model.body(&hears(&team, "turn-01")));
    for part in ["turn-00", "earlier-words", "turn-01"] {
        assert!(text.contains(part), "no {part} in the request of the resumed one: {text}");
    }
}

#[test]
fn hears_twenty_while_busy_and_twenty_while_idle() {
    let team = Team::new(&AIDER);
    let id = team.worker("MOCK: sleep 5 ;; say worked");
    until_screen(&team.sandbox, &id, "Waiting for ");
    for marker in markers("busy-", 20) {
        team.send(&id, &format!("{marker} MOCK: say ok"));
    }
    hears(&team, "busy-19");
    assert_eq!(team.heard("busy-"), markers("busy-", 20));
    for marker in markers("idle-", 20) {
        team.send(&id, &format!("{marker} MOCK: say ok"));
        hears(&team, &marker);
    }
    assert_eq!(team.heard("idle-"), markers("idle-", 20));
}

#[test]
fn hears_long_texts() {
    let team = Team::new(&AIDER);
    let id = team.worker("");
    let lines = "lines-00 first\n\n  second \"quoted\" 'text' `x` $(touch canary)\n\tzwölf 漢字\n\
                 MOCK: say ok";
    team.send(&id, lines);
    let request = hears(&team, "lines-00");
    let folded = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let heard = folded(request["user"].as_str().unwrap());
    assert!(heard.contains(&folded(lines)), "{heard}");
    let long = format!("{}\nlong-00 MOCK: say ok", "0123456789abcde\n".repeat(384));
    let message = team.ao(&["-q", "send", &id, "-"]).input(long.clone()).ok().line();
    let request = hears(&team, &message);
    let pointer = request["user"].as_str().unwrap();
    let file = pointer.split_whitespace().find(|word| word.starts_with('/')).unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), long, "{pointer}");
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    let team = Team::new(&AIDER);
    let id = team.asking_worker(EDIT);
    until_screen(&team.sandbox, &id, "Create new file?");
    let new = team.sandbox.session(&id)["worktree"].as_str().unwrap().to_owned() + "/new.txt";
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
    assert!(!std::path::Path::new(&new).exists(), "a message has answered the dialog");
    let mut person = Terminal::run(&team.ao(&["attach", &id]).command(), 120, 40);
    person.shows("Create new file?");
    person.types("y\r");
    hears(&team, "dialog-04");
    assert!(std::path::Path::new(&new).exists(), "the person has answered");
    assert_eq!(team.heard("dialog-"), markers("dialog-", 5));
    person.types("\u{1d}d");
}
