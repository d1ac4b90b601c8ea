//! How long tool calls and their tokens are kept, and what is taken out of them.

use regex::Regex;

/// Bounds of traces and usage.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// Days for which tool calls are kept.
    pub keep_days: u32,
    /// Room for tool calls with their bodies, in MiB.
    pub limit_mb: u64,
    /// Days for which the tokens of model calls are kept.
    pub usage_keep_days: u32,
    /// What is taken out of tool calls beside the known forms of secrets.
    pub redact: Option<Regex>,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self { keep_days: 30, limit_mb: 2048, usage_keep_days: 400, redact: None }
    }
}

impl PartialEq for TraceSettings {
    fn eq(&self, other: &Self) -> bool {
        let pattern = |settings: &Self| settings.redact.as_ref().map(|r| r.as_str().to_owned());
        (self.keep_days, self.limit_mb, self.usage_keep_days, pattern(self))
            == (other.keep_days, other.limit_mb, other.usage_keep_days, pattern(other))
    }
}

impl Eq for TraceSettings {}
