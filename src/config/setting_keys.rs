//! The table of settings: name, default, meaning, and how each is read into [`Settings`]. A new
//! setting is one row here and one field there.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::settings::{Recover, Settings, ZellijMode};
use super::subagent_settings::Notify;

/// One setting's row.
#[derive(Debug, Clone, Copy)]
pub struct SettingKey {
    /// As in `config.toml`; a dot stands for a table.
    pub name: &'static str,
    /// What it does, in a line, with the unit.
    pub about: &'static str,
    /// How it is written in the file.
    pub(super) kind: Kind,
    /// Takes a checked value; the error says what would be right.
    pub(super) write: fn(&mut Settings, &str) -> Result<(), String>,
    /// The value as text; empty if there is none.
    pub(super) read: fn(&Settings) -> String,
}

/// TOML's type of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
}

impl SettingKey {
    /// The environment variable that overrides the file: `limits.queue` is `AO_LIMITS_QUEUE`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("AO_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

/// All settings, in the order in which they are listed.
#[must_use]
pub fn setting_keys() -> &'static [SettingKey] {
    KEYS
}

const KEYS: &[SettingKey] = &[
    SettingKey {
        name: "agent",
        about: "the agent of sessions for which nobody names one",
        kind: Kind::Text,
        write: |s, v| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if v.is_empty() || !v.bytes().all(plain) {
                return Err("an agent's name has only a-z, 0-9 and -".into());
            }
            v.clone_into(&mut s.agent);
            Ok(())
        },
        read: |s| s.agent.clone(),
    },
    SettingKey {
        name: "zellij",
        about: "auto: panes where zellij is installed; off: never",
        kind: Kind::Text,
        write: |s, v| {
            s.zellij = match v {
                "auto" => ZellijMode::Auto,
                "off" => ZellijMode::Off,
                _ => return Err("it is auto or off".into()),
            };
            Ok(())
        },
        read: |s| s.zellij.as_str().to_owned(),
    },
    SettingKey {
        name: "zellij_path",
        about: "the zellij program; empty: the first on PATH",
        kind: Kind::Text,
        write: |s, v| {
            let path = PathBuf::from(v);
            if !v.is_empty() && !path.is_absolute() {
                return Err("it is an absolute path".into());
            }
            s.zellij_path = (!v.is_empty()).then_some(path);
            Ok(())
        },
        read: |s| s.zellij_path.as_ref().map(|p| p.display().to_string()).unwrap_or_default(),
    },
    SettingKey {
        name: "log",
        about: "what the supervisor logs: a level, or filters such as info,ao::host=debug",
        kind: Kind::Text,
        write: |s, v| {
            if v.is_empty() {
                return Err("it is a level (error, warn, info, debug, trace) or filters".into());
            }
            v.clone_into(&mut s.log);
            Ok(())
        },
        read: |s| s.log.clone(),
    },
    SettingKey {
        name: "record_limit_mb",
        about: "terminal output kept on disk for each launch, in MiB",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=10_240).map(|n| s.record_limit_mb = n),
        read: |s| s.record_limit_mb.to_string(),
    },
    SettingKey {
        name: "scrollback_lines",
        about: "lines above the screen that a session host keeps in memory",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=100_000).map(|n| s.scrollback_lines = n),
        read: |s| s.scrollback_lines.to_string(),
    },
    SettingKey {
        name: "mcp",
        about: "on: agents that take MCP servers are given ao's tools (ao mcp); off: none is",
        kind: Kind::Text,
        write: |s, v| {
            s.mcp = match v {
                "on" => true,
                "off" => false,
                _ => return Err("it is on or off".into()),
            };
            Ok(())
        },
        read: |s| if s.mcp { "on" } else { "off" }.to_owned(),
    },
    SettingKey {
        name: "notify",
        about: "when background work ends: off, desktop (notify-send), or the absolute path of a program that gets AO_NOTICE and AO_EVENT",
        kind: Kind::Text,
        write: |s, v| Notify::parse(v).map(|notify| s.notify = notify),
        read: |s| s.notify.text(),
    },
    SettingKey {
        name: "subagents.depth",
        about: "how deep background subagents may have subagents; 1: they may have none",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=5).map(|n| s.subagents.depth = n),
        read: |s| s.subagents.depth.to_string(),
    },
    SettingKey {
        name: "subagents.most",
        about: "background subagents of one parent that may be under way",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=1000).map(|n| s.subagents.most = n),
        read: |s| s.subagents.most.to_string(),
    },
    SettingKey {
        name: "subagents.deliver",
        about: "how their ends are told where nobody says: immediate, deferred or on_demand",
        kind: Kind::Text,
        write: |s, v| {
            if !["immediate", "deferred", "on_demand"].contains(&v) {
                return Err("it is immediate, deferred or on_demand".into());
            }
            v.clone_into(&mut s.subagents.deliver);
            Ok(())
        },
        read: |s| s.subagents.deliver.clone(),
    },
    SettingKey {
        name: "workflow.recover",
        about: "what becomes of a workflow that the end of the supervisor has cut off: auto (it goes on, unless it is older than a day), ask (it waits for ao workflow resume) or never (it is stopped)",
        kind: Kind::Text,
        write: |s, v| Recover::parse(v).map(|recover| s.workflow_recover = recover),
        read: |s| s.workflow_recover.as_str().to_owned(),
    },
    SettingKey {
        name: "limits.queue",
        about: "messages that may wait for one session",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=100_000).map(|n| s.limits.queue = n),
        read: |s| s.limits.queue.to_string(),
    },
    SettingKey {
        name: "limits.message_bytes",
        about: "largest message, in bytes",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=(16 << 20)).map(|n| s.limits.message_bytes = n),
        read: |s| s.limits.message_bytes.to_string(),
    },
    SettingKey {
        name: "limits.sessions_per_project",
        about: "live sessions of one project at a time, the orchestrator included",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=10_000).map(|n| s.limits.sessions_per_project = n),
        read: |s| s.limits.sessions_per_project.to_string(),
    },
    SettingKey {
        name: "limits.sessions",
        about: "live sessions of all projects at a time",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=10_000).map(|n| s.limits.sessions = n),
        read: |s| s.limits.sessions.to_string(),
    },
    SettingKey {
        name: "limits.orchestrator_sessions",
        about: "live workers that one orchestrator may have started; 0: no limit",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=10_000).map(|n| s.limits.orchestrator_sessions = n),
        read: |s| s.limits.orchestrator_sessions.to_string(),
    },
    SettingKey {
        name: "limits.spawn_depth",
        about: "how deep sessions may start sessions; an orchestrator's workers are at depth 1",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=100).map(|n| s.limits.spawn_depth = n),
        read: |s| s.limits.spawn_depth.to_string(),
    },
    SettingKey {
        name: "limits.waiting_sessions",
        about: "sessions that may wait for room (ao spawn --queue)",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=10_000).map(|n| s.limits.waiting_sessions = n),
        read: |s| s.limits.waiting_sessions.to_string(),
    },
    SettingKey {
        name: "limits.workflow_agents",
        about: "agents of all workflow runs at a time; runs take turns",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=64).map(|n| s.limits.workflow_agents = n),
        read: |s| s.limits.workflow_agents.to_string(),
    },
    SettingKey {
        name: "limits.agent_stall_s",
        about: "seconds for which an agent with one task may say nothing while no tool runs; then it is ended; 0: for ever",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=86_400).map(|n| s.limits.agent_stall_s = n),
        read: |s| s.limits.agent_stall_s.to_string(),
    },
    SettingKey {
        name: "limits.memory_mb",
        about: "memory that must be available for one more session, in MiB; 0: not looked at",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=1_000_000_000).map(|n| s.limits.memory_mb = n),
        read: |s| s.limits.memory_mb.to_string(),
    },
    SettingKey {
        name: "limits.load_per_cpu",
        about: "load per processor over which no session starts; 0: not looked at",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=100_000).map(|n| s.limits.load_per_cpu = n),
        read: |s| s.limits.load_per_cpu.to_string(),
    },
    SettingKey {
        name: "reports.done_window_s",
        about: "how long a worker's `done` waits for others before the orchestrator is told, in seconds",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=3600).map(|n| s.reports.done_window_s = n),
        read: |s| s.reports.done_window_s.to_string(),
    },
    SettingKey {
        name: "reports.batch_window_s",
        about: "the same for checkpoints and pull requests",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=86_400).map(|n| s.reports.batch_window_s = n),
        read: |s| s.reports.batch_window_s.to_string(),
    },
    SettingKey {
        name: "reports.stuck_pause_s",
        about: "between two different reports of one worker on being stuck, in seconds",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=86_400).map(|n| s.reports.stuck_pause_s = n),
        read: |s| s.reports.stuck_pause_s.to_string(),
    },
    SettingKey {
        name: "noise.changed_pause_s",
        about: "between two automatic messages on one subject when it has changed, in seconds",
        kind: Kind::Number,
        write: |s, v| number(v, 0..=86_400).map(|n| s.noise.changed_pause_s = n),
        read: |s| s.noise.changed_pause_s.to_string(),
    },
    SettingKey {
        name: "noise.daily_cap",
        about: "automatic messages to one session in a day",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=100_000).map(|n| s.noise.daily_cap = n),
        read: |s| s.noise.daily_cap.to_string(),
    },
    SettingKey {
        name: "noise.ping_pong_limit",
        about: "messages with which two agents may answer each other without a person or a commit",
        kind: Kind::Number,
        write: |s, v| number(v, 2..=10_000).map(|n| s.noise.ping_pong_limit = n),
        read: |s| s.noise.ping_pong_limit.to_string(),
    },
    SettingKey {
        name: "noise.ping_pong_window_s",
        about: "within how many seconds those count",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=86_400).map(|n| s.noise.ping_pong_window_s = n),
        read: |s| s.noise.ping_pong_window_s.to_string(),
    },
    SettingKey {
        name: "traces.keep_days",
        about: "how long tool calls are kept, in days",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=3650).map(|n| s.traces.keep_days = n),
        read: |s| s.traces.keep_days.to_string(),
    },
    SettingKey {
        name: "traces.limit_mb",
        about: "room for tool calls with what went in and came out, in MiB",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=1_048_576).map(|n| s.traces.limit_mb = n),
        read: |s| s.traces.limit_mb.to_string(),
    },
    SettingKey {
        name: "traces.usage_keep_days",
        about: "how long the tokens of model calls are kept, in days",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=3650).map(|n| s.traces.usage_keep_days = n),
        read: |s| s.traces.usage_keep_days.to_string(),
    },
    SettingKey {
        name: "traces.redact",
        about: "a regular expression: what else is taken out of tool calls before they are kept",
        kind: Kind::Text,
        write: |s, v| {
            let pattern = regex::Regex::new(v).map_err(|_| "it is a regular expression".to_owned());
            s.traces.redact = if v.is_empty() { None } else { Some(pattern?) };
            Ok(())
        },
        read: |s| s.traces.redact.as_ref().map(|r| r.as_str().to_owned()).unwrap_or_default(),
    },
    SettingKey {
        name: "restart.attempts",
        about: "launches within a minute of an agent that fails right after its start; 1: no second",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=10).map(|n| s.upkeep.restart_attempts = n),
        read: |s| s.upkeep.restart_attempts.to_string(),
    },
    SettingKey {
        name: "reaper.sweep_s",
        about: "between two looks at all sessions, processes and worktrees, in seconds",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=86_400).map(|n| s.upkeep.sweep_s = n),
        read: |s| s.upkeep.sweep_s.to_string(),
    },
    SettingKey {
        name: "limits.sender_burst",
        about: "messages from one session to another within five seconds",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=1_000_000).map(|n| s.limits.sender_burst = n),
        read: |s| s.limits.sender_burst.to_string(),
    },
    SettingKey {
        name: "limits.sender_per_minute",
        about: "messages from one session to another in a minute",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=1_000_000).map(|n| s.limits.sender_per_minute = n),
        read: |s| s.limits.sender_per_minute.to_string(),
    },
    SettingKey {
        name: "limits.recipient_per_minute",
        about: "messages from all sessions to one in a minute",
        kind: Kind::Number,
        write: |s, v| number(v, 1..=1_000_000).map(|n| s.limits.recipient_per_minute = n),
        read: |s| s.limits.recipient_per_minute.to_string(),
    },
];

fn number<N: TryFrom<u64>>(text: &str, range: RangeInclusive<u64>) -> Result<N, String> {
    let wrong = || format!("it is a whole number from {} to {}", range.start(), range.end());
    let value: u64 = text.parse().map_err(|_| wrong())?;
    if !range.contains(&value) {
        return Err(wrong());
    }
    N::try_from(value).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_values_that_each_setting_accepts() {
        let defaults = Settings::default();
        for key in KEYS {
            let mut settings = Settings::default();
            let value = (key.read)(&defaults);
            (key.write)(&mut settings, &value).unwrap_or_else(|e| panic!("{}: {e}", key.name));
            assert_eq!(settings, defaults, "{}", key.name);
        }
    }

    #[test]
    fn names_and_variables_are_unique_and_not_those_of_sessions() {
        let reserved = ["AO_DATA_DIR", "AO_CONFIG_DIR", "AO_SOCKET", "AO_ROLE", "AO_SESSION_ID"];
        let mut seen = std::collections::BTreeSet::new();
        for key in KEYS {
            assert!(seen.insert(key.variable()), "{}", key.name);
            assert!(!reserved.contains(&key.variable().as_str()), "{}", key.name);
        }
    }
}
