//! Gemini CLI.

use super::contract;
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
