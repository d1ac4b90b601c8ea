//! Gemini CLI.

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

const GEMINI: Agent = Agent {
    name: "gemini",
    home: &[(
        ".gemini/settings.json",
        r#"{"security": {"auth": {"selectedType": "gemini-api-key"}},
            "model": {"name": "gemini-3-pro-preview"},
            "privacy": {"usageStatisticsEnabled": false}}"#,
    )],
    env: &[("GEMINI_API_KEY", "x"), ("GOOGLE_GEMINI_BASE_URL", "{url}")],
    ask: "ask",
    free: "bypass",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&GEMINI));
}

#[test]
fn hears_twenty_while_idle() {
    let team = Team::new(&GEMINI);
    contract::hears_twenty_while_idle(&team, &team.worker(""));
}

#[test]
fn hears_twenty_while_busy() {
    contract::hears_twenty_while_busy(&Team::new(&GEMINI));
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&GEMINI));
}

#[test]
fn hears_long_texts() {
    contract::hears_long_texts(&Team::new(&GEMINI));
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&GEMINI);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&GEMINI);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    contract::holds_messages_while_a_dialog_is_open(
        &Team::new(&GEMINI),
        "Allow execution of",
        "\r",
    );
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&GEMINI));
}

#[test]
fn runs_one_task() {
    one_task::runs(&Team::new(&GEMINI));
}
