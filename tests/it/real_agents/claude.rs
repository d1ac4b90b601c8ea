//! Claude Code.

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

const CLAUDE: Agent = Agent {
    name: "claude",
    home: &[(".claude.json", "{\"hasCompletedOnboarding\": true}")],
    env: &[
        ("ANTHROPIC_BASE_URL", "{url}"),
        ("ANTHROPIC_AUTH_TOKEN", "mock"),
        ("DISABLE_TELEMETRY", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        // As root it refuses to do without questions anywhere else.
        ("IS_SANDBOX", "1"),
    ],
    ask: "ask",
    free: "bypass",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&CLAUDE));
}

#[test]
fn hears_twenty_while_idle() {
    let team = Team::new(&CLAUDE);
    contract::hears_twenty_while_idle(&team, &team.worker(""));
}

#[test]
fn hears_twenty_while_busy() {
    contract::hears_twenty_while_busy(&Team::new(&CLAUDE));
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&CLAUDE));
}

#[test]
fn hears_long_texts() {
    let team = Team::new(&CLAUDE);
    let (id, file) = contract::hears_long_texts(&team);
    contract::reads_without_asking(&team, &id, &file);
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&CLAUDE);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&CLAUDE);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    contract::holds_messages_while_a_dialog_is_open(
        &Team::new(&CLAUDE),
        "Do you want to proceed?",
        "\r",
    );
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&CLAUDE));
}

#[test]
fn is_conducted_by_a_workflow() {
    contract::is_conducted_by_a_workflow(&Team::new(&CLAUDE));
}

#[test]
fn conducts_with_tools() {
    contract::conducts_with_tools(&Team::new(&CLAUDE), "mcp__ao__");
}

#[test]
fn runs_one_task() {
    one_task::runs(&Team::new(&CLAUDE));
}

#[test]
fn has_its_permission_answered() {
    contract::has_its_permission_answered(&Team::new(&CLAUDE));
}

/// Its turn has ended, and a subagent of it works on: it is not idle to those who wait for that.
#[test]
fn a_subagent_that_works_on_is_no_idleness() {
    let team = Team::new(&CLAUDE);
    let id = team.worker(
        "MOCK: tool Agent {\"description\":\"look\",\"prompt\":\"MOCK: sleep 25\",\
         \"subagent_type\":\"general-purpose\",\"run_in_background\":true} ;; say told-it",
    );
    team.events().until("the turn's end", |event| {
        event["kind"] == "session.activity" && event["data"]["background"] == 1
    });
    team.idle(&id);
    let activities = team.sandbox.journal("session.activity");
    let last = &activities.last().unwrap()["data"];
    assert_eq!(last["activity"], "idle", "{last}");
    assert!(last["background"].is_null(), "{last}");
}
