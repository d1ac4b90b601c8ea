//! GitHub Copilot CLI.

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

const COPILOT: Agent = Agent {
    name: "copilot",
    home: &[(".copilot/config.json", "{\"trusted_folders\": [\"{world}\"]}")],
    env: &[
        ("COPILOT_PROVIDER_BASE_URL", "{url}/v1"),
        // It blots out the key wherever it prints, so not a letter.
        ("COPILOT_PROVIDER_API_KEY", "mock-key"),
        ("COPILOT_MODEL", "mock-model"),
        ("COPILOT_OFFLINE", "true"),
    ],
    ask: "ask",
    free: "bypass",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&COPILOT));
}

#[test]
fn hears_twenty_while_busy_and_twenty_while_idle() {
    let team = Team::new(&COPILOT);
    let id = contract::hears_twenty_while_busy(&team);
    contract::hears_twenty_while_idle(&team, &id);
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&COPILOT));
}

#[test]
fn hears_long_texts() {
    contract::hears_long_texts(&Team::new(&COPILOT));
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&COPILOT);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&COPILOT);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    contract::holds_messages_while_a_dialog_is_open(&Team::new(&COPILOT), "Do you want", "\r");
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&COPILOT));
}

#[test]
fn runs_one_task() {
    let team = Team::new(&COPILOT);
    one_task::runs(&team);
    one_task::is_asked_again_for_its_result(&team);
    one_task::tells_that_its_model_has_failed(&team);
}

#[test]
fn reports_with_a_tool() {
    contract::reports_with_a_tool(&Team::new(&COPILOT), "ao-");
}
