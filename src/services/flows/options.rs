//! How a run is to be driven; kept with it as JSON, so that it goes on the same way after a crash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::flow::Budget;

/// How long an attempt may take, where nobody says, in milliseconds: an hour.
pub(super) const TIMEOUT_MS: u64 = 60 * 60 * 1000;

/// How a run is to be driven.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    /// What it may use: the file's, as a person has raised it since.
    pub(super) budget: Budget,
    /// The command that stands for every agent.
    pub(super) command: Option<Vec<String>>,
    /// The agent of steps that name none, where no command stands for it.
    pub(super) agent: Option<String>,
    /// The caller's environment, PATH included.
    pub(super) env: BTreeMap<String, String>,
}
