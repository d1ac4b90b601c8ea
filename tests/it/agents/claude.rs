//! Claude Code.

use super::contract;
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
