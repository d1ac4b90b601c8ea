//! Qwen Code.

use serde_json::json;

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

/// Without its own memory, which asks the model after a turn and may be cut off by a kill.
const QWEN: Agent = Agent {
    name: "qwen",
    home: &[(
        ".qwen/settings.json",
        r#"{"security": {"auth": {"selectedType": "openai"}},
            "privacy": {"usageStatisticsEnabled": false},
            "memory": {"enableManagedAutoMemory": false}}"#,
    )],
    env: &[
        ("OPENAI_API_KEY", "x"),
        ("OPENAI_BASE_URL", "{url}/v1"),
        ("OPENAI_MODEL", "mock-model"),
    ],
    ask: "ask",
    free: "bypass",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&QWEN));
}

#[test]
fn hears_twenty_while_busy_and_twenty_while_idle() {
    let team = Team::new(&QWEN);
    let id = contract::hears_twenty_while_busy(&team);
    contract::hears_twenty_while_idle(&team, &id);
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&QWEN));
}

#[test]
fn hears_long_texts() {
    contract::hears_long_texts(&Team::new(&QWEN));
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&QWEN);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&QWEN);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    contract::holds_messages_while_a_dialog_is_open(&Team::new(&QWEN), "Allow execution", "\r");
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&QWEN));
}

#[test]
fn has_its_permission_answered() {
    contract::has_its_permission_answered(&Team::new(&QWEN));
}

#[test]
fn runs_one_task() {
    let team = Team::new(&QWEN);
    one_task::runs(&team);
    let task = "MOCK: tool structured_output {\"n\": 4}";
    one_task::gives_its_result_in_a_form(&team, task, &json!({ "n": 4 }));
    one_task::is_asked_again_for_words_alone(&team);
    one_task::tells_that_its_model_has_failed(&team);
}

#[test]
fn reports_with_a_tool() {
    contract::reports_with_a_tool(&Team::new(&QWEN), "mcp__ao__");
}
