//! How a run is to be driven; kept with it as JSON, so that it goes on the same way after a crash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::script::Limits;
use crate::store::workflows::Unit;

/// Agents of one run at the same time, where nobody says.
pub(super) const CONCURRENCY: u32 = 3;
/// Agents of one run altogether.
pub(super) const MAX_AGENTS: u32 = 1000;
/// How long an agent may take, where nobody says.
pub(super) const AGENT_TIMEOUT_MS: u64 = 60 * 60 * 1000;

/// How a run is to be driven.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    /// Agents at the same time.
    pub(super) concurrency: u32,
    /// Tokens that may be spent, or
    pub(super) budget: Option<f64>,
    /// US dollars.
    pub(super) in_money: bool,
    /// The command that is an agent, where the script names none.
    pub(super) command: Option<Vec<String>>,
    /// The agent by name, where neither script nor command line name one.
    pub(super) agent: Option<String>,
    /// Commands run in sessions as well, each with a pane.
    pub(super) show: bool,
    /// Options of all agents: the script's `meta.defaults`.
    pub(super) defaults: Map<String, Value>,
    /// Nothing is taken from earlier runs.
    pub(super) fresh: bool,
    /// What is taken from an earlier run ends with the first call that it does not know.
    pub(super) strict_prefix: bool,
    /// The caller's environment, PATH included.
    pub(super) env: BTreeMap<String, String>,
    /// What the script may use up.
    pub(super) limits: Option<Limits>,
}

impl Options {
    /// In what its budget is counted.
    pub(super) fn unit(&self) -> Unit {
        if self.in_money { Unit::Money } else { Unit::Tokens }
    }

    /// Why no further agent may start, once this much is spent.
    pub(super) fn used_up(&self, spent: f64) -> Option<String> {
        let total = self.budget.filter(|total| spent >= *total)?;
        Some(match self.unit() {
            Unit::Tokens => format!("the budget is used up: {spent} of {total} spent"),
            Unit::Money => format!("the budget is used up: ${spent:.4} of ${total} spent"),
        })
    }
}
