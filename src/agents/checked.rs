//! What `ao doctor --delivery` found of the agents that are installed here, and that it is remembered:
//! a version that passed is relied on like one that ao's own tests run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::write_private;

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked: `start`, `idle`, `lines`, `busy`, `dialog`, `resume`.
    pub name: String,
    /// Whether it is as it must be.
    pub passed: bool,
    /// What was found.
    pub found: String,
}

/// What was found of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its name.
    pub agent: String,
    /// What its program says of its version.
    pub version: String,
    /// RFC 3339.
    pub at: String,
    /// Everything that was checked.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("delivery.json")
}

/// The last report of each agent, by name; none where nothing is remembered.
#[must_use]
pub fn remembered(data: &Path) -> BTreeMap<String, Report> {
    let text = std::fs::read(file(data)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Keeps the report over the last one of its agent.
///
/// # Errors
/// When it cannot be written.
pub fn remember(data: &Path, report: &Report) -> std::io::Result<()> {
    let mut all = remembered(data);
    all.insert(report.agent.clone(), report.clone());
    let text = serde_json::to_vec_pretty(&all).map_err(std::io::Error::other)?;
    write_private(&file(data), &text).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_of_each_agent_is_remembered() {
        let data = tempfile::tempdir().unwrap();
        assert!(remembered(data.path()).is_empty());
        let check = Check { name: "idle".into(), passed: false, found: "no".into() };
        let mut report = Report {
            agent: "claude".into(),
            version: "1".into(),
            at: "2026-01-01T00:00:00Z".into(),
            checks: vec![check],
        };
        assert!(!report.passed());
        remember(data.path(), &report).unwrap();
        report.version = "2".into();
        remember(data.path(), &report).unwrap();
        assert_eq!(remembered(data.path())["claude"], report);
        std::fs::write(file(data.path()), "{").unwrap();
        assert!(remembered(data.path()).is_empty());
    }
}
