//! Tokens on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::usage::{Shape, Tokens};

/// Tokens of some model calls, and what follows from them. `input`, `cache_read` and `cache_write`
/// do not overlap; `reasoning` is part of `output`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageView {
    /// A session, a role, a project, a day (UTC), a model; `total` for all.
    pub key: String,
    /// Model calls.
    pub calls: u64,
    /// Turns that they were made in.
    pub turns: u64,
    /// The tokens.
    #[serde(flatten)]
    pub tokens: Tokens,
    /// The part of the prompts that the cache gave, 0 to 1; null without a prompt.
    pub hit_rate: Option<f64>,
    /// US dollars, where `prices.toml` has a price for at least one of the models.
    pub cost_usd: Option<f64>,
    /// Models without a price, which the cost leaves out.
    #[serde(default)]
    pub unpriced: Vec<String>,
    /// How often a cache was lost.
    pub cache_breaks: u64,
    /// All numbers are what the provider counted for single calls.
    pub exact: bool,
}

/// `GET /usage`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UsageList {
    /// What was summed up together: `session`, `role`, `project`, `day`, `model`.
    pub by: String,
    /// In the order of their keys.
    pub usage: Vec<UsageView>,
    /// All of them together.
    pub total: UsageView,
}

/// `GET /usage?by=&session=&project=&since=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct UsageQuery {
    /// `session` (default), `role`, `project`, `day`, `model`.
    pub by: Option<String>,
    /// Only this session's.
    pub session: Option<String>,
    /// Only this project's.
    pub project: Option<String>,
    /// RFC 3339: only calls from this moment on.
    pub since: Option<String>,
}

/// `GET /sessions/{id}/usage`: turn by turn.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionUsage {
    /// The session.
    pub session: String,
    /// In order; the newest where there are very many.
    pub turns: Vec<TurnUsage>,
    /// All of the session's calls.
    pub total: UsageView,
}

/// One turn's tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TurnUsage {
    /// From 1.
    pub turn: u32,
    /// Model calls, those of subagents included.
    pub calls: u64,
    /// Their tokens.
    #[serde(flatten)]
    pub tokens: Tokens,
    /// The part of the prompts that the cache gave.
    pub hit_rate: Option<f64>,
    /// All tokens of the session up to here.
    pub cumulative: Tokens,
    /// The shape of the last prompt of the turn, subagents left aside; absent where only a sum is
    /// known.
    pub shape: Option<Shape>,
    /// The caches that were lost in it.
    #[serde(default)]
    pub cache_breaks: Vec<BreakView>,
}

/// A lost cache.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BreakView {
    /// Tokens that it held.
    pub held: u64,
    /// Tokens that it gave.
    pub read: u64,
    /// Seconds since the call before.
    pub idle_s: u64,
    /// `model`, `idle`, `changed`.
    pub cause: String,
}
