//! Settings of background work.

use std::path::PathBuf;

/// How the person is told that background work has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    #[default]
    Off,
    /// By `notify-send`.
    Desktop,
    /// By this program: AO_NOTICE is a line for people, AO_EVENT the event as JSON.
    Program(PathBuf),
}

impl Notify {
    /// As in the file: `off`, `desktop` or an absolute path.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "desktop" => Ok(Self::Desktop),
            path if PathBuf::from(path).is_absolute() => Ok(Self::Program(path.into())),
            _ => Err("it is off, desktop, or the absolute path of a program".into()),
        }
    }

    /// The same, for showing.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::Desktop => "desktop".to_owned(),
            Self::Program(path) => path.display().to_string(),
        }
    }
}

/// What they may be, and how their ends are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubagentSettings {
    /// How deep subagents may have subagents; 1: they may have none.
    pub depth: u32,
    /// How many of one parent may be under way.
    pub most: u32,
    /// How their ends are told where nobody says: `immediate`, `deferred`, `on_demand`.
    pub deliver: String,
}

impl Default for SubagentSettings {
    fn default() -> Self {
        Self { depth: 1, most: 16, deliver: "deferred".to_owned() }
    }
}
