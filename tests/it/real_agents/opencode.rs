//! OpenCode.

use super::contract;
use super::one_task;
use super::team::{Agent, Team};

const OPENCODE: Agent = Agent {
    name: "opencode",
    home: &[
        (
            ".config/opencode/opencode.json",
            r#"{"share": "disabled", "model": "mock/mock-model", "small_model": "mock/mock-small",
            "provider": {"mock": {"npm": "@ai-sdk/openai-compatible",
                "options": {"baseURL": "{url}/v1", "apiKey": "x"},
                "models": {"mock-model": {}, "mock-small": {}}}}}"#,
        ),
        // As after an earlier start: the first one in a home fetches its plugins' library.
        (
            ".config/opencode/package.json",
            r#"{"dependencies": {"@opencode-ai/plugin": "1.18.33"}}"#,
        ),
        (
            ".config/opencode/package-lock.json",
            r#"{"lockfileVersion": 3, "packages":
                {"": {"dependencies": {"@opencode-ai/plugin": "1.18.33"}}}}"#,
        ),
        (".config/opencode/node_modules/.keep", ""),
    ],
    env: &[("OPENCODE_DISABLE_MODELS_FETCH", "1"), ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1")],
    ask: "ask",
    free: "bypass",
};

#[test]
fn spawns_with_its_task_and_its_role() {
    contract::spawns_with_its_task_and_its_role(&Team::new(&OPENCODE));
}

#[test]
fn hears_twenty_while_idle() {
    let team = Team::new(&OPENCODE);
    contract::hears_twenty_while_idle(&team, &team.worker(""));
}

#[test]
fn hears_twenty_while_busy() {
    contract::hears_twenty_while_busy(&Team::new(&OPENCODE));
}

#[test]
fn stops_for_a_message() {
    contract::stops_for_a_message(&Team::new(&OPENCODE));
}

#[test]
fn hears_long_texts() {
    contract::hears_long_texts(&Team::new(&OPENCODE));
}

#[test]
fn sends_with_its_own_shell() {
    let team = Team::new(&OPENCODE);
    let id = contract::sends_with_its_own_shell(&team);
    contract::traces_its_calls(&team, &id, "told-00");
}

#[test]
fn resumes_its_conversation() {
    let team = Team::new(&OPENCODE);
    let id = contract::resumes_its_conversation(&team);
    contract::counts_what_the_server_counts(&team, &id);
}

#[test]
fn holds_messages_while_a_dialog_is_open() {
    contract::holds_messages_while_a_dialog_is_open(
        &Team::new(&OPENCODE),
        "Permission required",
        "\r",
    );
}

#[test]
fn begins_anew_without_a_conversation() {
    contract::begins_anew_without_a_conversation(&Team::new(&OPENCODE));
}

#[test]
fn runs_one_task() {
    one_task::runs(&Team::new(&OPENCODE));
}

#[test]
fn has_its_permission_answered() {
    contract::has_its_permission_answered(&Team::new(&OPENCODE));
}

#[test]
fn has_its_permission_refused() {
    contract::has_its_permission_refused(&Team::new(&OPENCODE));
}
