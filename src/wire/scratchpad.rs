//! The scratchpad: small versioned values by key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ScratchView {
    /// Its key.
    pub key: String,
    /// The value.
    pub value: String,
    /// 1, and one more with every writing; a key that comes back goes on counting.
    pub version: u32,
    /// Who wrote it: a session's id, or `person`.
    pub written_by: String,
    /// When.
    pub written_at: String,
}

/// One value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ScratchAnswer {
    /// The value.
    pub entry: ScratchView,
}

/// All values, in the order of their keys.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ScratchList {
    /// The values.
    pub entries: Vec<ScratchView>,
}

/// Whose scratchpad: `GET /scratchpad`, `GET`, `PUT` and `DELETE /scratchpad/{key}`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScratchQuery {
    /// The project [default: the caller's].
    pub project: Option<String>,
    /// The run of a flow [default: the project's own].
    pub flow: Option<String>,
    /// Only if it has this version.
    pub expect_version: Option<u32>,
    /// Only if there is none.
    pub create: bool,
}

/// `PUT /scratchpad/{key}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutScratch {
    /// The value: 64 KiB at most.
    pub value: String,
}
