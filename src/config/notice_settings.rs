//! Settings that decide how often ao itself speaks to an agent. Read by the services of reports
//! and of the noise guard.

/// How long reports wait for others, in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSettings {
    /// From the first `done` to the message to the orchestrator.
    pub done_window_s: u64,
    /// The same for `checkpoint` and `pr-created`.
    pub batch_window_s: u64,
    /// Between two different reports of one worker on being stuck.
    pub stuck_pause_s: u64,
}

impl Default for ReportSettings {
    fn default() -> Self {
        // Workers that end together do so within seconds. A checkpoint asks for nothing.
        Self { done_window_s: 10, batch_window_s: 300, stuck_pause_s: 180 }
    }
}

/// The bounds of the noise guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoiseSettings {
    /// Seconds between two automatic messages of one kind on one subject when the content has
    /// changed.
    pub changed_pause_s: u64,
    /// Automatic messages to one session in a day.
    pub daily_cap: u32,
    /// Messages with which two agents may answer each other before they are stopped.
    pub ping_pong_limit: u32,
    /// Seconds within which those count.
    pub ping_pong_window_s: u64,
}

impl Default for NoiseSettings {
    fn default() -> Self {
        Self { changed_pause_s: 600, daily_cap: 200, ping_pong_limit: 20, ping_pong_window_s: 300 }
    }
}
