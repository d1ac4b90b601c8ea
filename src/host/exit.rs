//! How a session's agent ended: told to watchers, and left on disk for a supervisor that was away.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::ids::{Generation, SessionId, Timestamp};
use crate::process::ProcessId;

use super::error::HostError;

/// The agent's end. Either a code or a signal, never both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// What it exited with.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The last lines of its screen that were not blank, oldest first.
    #[serde(default)]
    pub last_lines: Vec<String>,
    /// When the host took note.
    #[serde(default)]
    pub at: Timestamp,
}

/// The file `exit.json` in the directory of a session's generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// Whose agent.
    pub session: SessionId,
    /// Which launch of it.
    pub generation: Generation,
    /// The agent, within this boot.
    pub agent: ProcessId,
    /// How it ended.
    pub exit: Exit,
    /// What of its process tree could not be ended. Empty, once the host has gone, means that the
    /// tree was seen empty.
    #[serde(default)]
    pub left: Vec<ProcessId>,
    /// Whether the tree was looked through to its end; before that `left` says nothing.
    #[serde(default)]
    pub tree_ended: bool,
}

impl ExitRecord {
    /// Where it lies in a generation's directory.
    #[must_use]
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("exit.json")
    }

    /// Reads it; `None` if this generation's agent is not known to have ended.
    pub fn read(dir: &Path) -> Result<Option<Self>, HostError> {
        let path = Self::path(dir);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(HostError::file("read", path)(e)),
        };
        let form = |e: serde_json::Error| HostError::Form { path, detail: e.to_string() };
        serde_json::from_slice(&bytes).map(Some).map_err(form)
    }

    /// Writes it whole or not at all, 0600, and has it on the disk when this returns.
    pub(super) fn write(&self, dir: &Path) -> Result<(), HostError> {
        let path = Self::path(dir);
        let new = dir.join("exit.json.new");
        let write = || {
            let text = serde_json::to_vec(self).map_err(io::Error::other)?;
            let mut options = fs::OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            fs::File::open(dir)?.sync_all()
        };
        write().map_err(HostError::file("write", path.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(ExitRecord::read(dir.path()).unwrap(), None);
        let record = ExitRecord {
            session: SessionId::parse("a-1").unwrap(),
            generation: Generation(2),
            agent: ProcessId { pid: 1, start_time: 2 },
            exit: Exit {
                code: None,
                signal: Some(9),
                last_lines: vec!["bye".to_owned()],
                at: Timestamp(5),
            },
            left: vec![],
            tree_ended: true,
        };
        record.write(dir.path()).unwrap();
        assert_eq!(ExitRecord::read(dir.path()).unwrap(), Some(record));
    }
}
