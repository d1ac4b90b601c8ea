//! Pi.

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

const PI: Agent = Agent {
    name: "pi",
    home: &[
        (
            ".pi/agent/models.json",
            r#"{"providers": {"mock": {"baseUrl": "{url}/v1", "api": "openai-completions",
                "apiKey": "x", "models": [{"id": "mock-model"}]}}}"#,
        ),
        (".pi/agent/settings.json", r#"{"defaultProvider": "mock", "defaultModel": "mock-model"}"#),
    ],
    env: &[("PI_OFFLINE", "1")],
    ask: "",
    free: "",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&PI));
}

#[test]
fn hears_twenty_while_busy_and_twenty_while_idle() {
    let team = Team::new(&PI);
    let id = contract::hears_twenty_while_busy(&team);
    contract::hears_twenty_while_idle(&team, &id);
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&PI));
}

#[test]
fn hears_long_texts() {
    contract::hears_long_texts(&Team::new(&PI));
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&PI);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&PI);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&PI));
}

#[test]
fn runs_one_task() {
    let team = Team::new(&PI);
    one_task::runs(&team);
    one_task::is_asked_again_for_its_result(&team);
    one_task::tells_that_its_model_has_failed(&team);
}
