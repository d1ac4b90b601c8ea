//! Codex.

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

const CODEX: Agent = Agent {
    name: "codex",
    home: &[(
        ".codex/config.toml",
        "model = \"mock-model\"\nmodel_provider = \"mock\"\n[model_providers.mock]\nname = \"mock\"\n\
         base_url = \"{url}/v1\"\nenv_key = \"MOCK_KEY\"\nwire_api = \"responses\"\n",
    )],
    env: &[("MOCK_KEY", "x")],
    ask: "ask",
    free: "bypass",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&CODEX));
}

#[test]
fn hears_twenty_while_idle() {
    let team = Team::new(&CODEX);
    contract::hears_twenty_while_idle(&team, &team.worker(""));
}

#[test]
fn hears_twenty_while_busy() {
    contract::hears_twenty_while_busy(&Team::new(&CODEX));
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&CODEX));
}

#[test]
fn hears_long_texts() {
    contract::hears_long_texts(&Team::new(&CODEX));
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&CODEX);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&CODEX);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    contract::holds_messages_while_a_dialog_is_open(&Team::new(&CODEX), "Would you like to", "y");
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&CODEX));
}

#[test]
fn runs_one_task() {
    let team = Team::new(&CODEX);
    one_task::runs(&team);
    contract::works_for_a_workflow(&team);
}
