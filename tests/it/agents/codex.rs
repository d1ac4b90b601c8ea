//! Codex.

use super::contract;
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
