//! The mark that a worktree is ours: a file in the worktree's own git directory, outside of what
//! an agent edits and git shows.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use crate::config::write_private;
use crate::model::ids::{ProjectId, SessionId};

/// The mark's file name.
const NAME: &str = "ao-session.json";

/// Whose worktree it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Version of this form: 1.
    pub version: u32,
    /// The session it was made for.
    pub session: SessionId,
    /// That session's project.
    pub project: ProjectId,
    /// Random, chosen for this worktree: the same ids in another data directory are not ours.
    pub nonce: String,
    /// An agent has been let in: from now on only a removal that preserves work may touch it.
    #[serde(default)]
    pub sealed: bool,
}

/// What the place of the mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Marked {
    /// There is none.
    No,
    /// Somebody's, perhaps ours.
    Yes(Mark),
    /// Something that is not understood: nobody's to touch.
    Unreadable,
}

impl Mark {
    /// Reads the mark in a worktree's git directory.
    pub(super) fn read(admin: &Path) -> Marked {
        match std::fs::read(admin.join(NAME)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_or(Marked::Unreadable, Marked::Yes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Marked::No,
            Err(_) => Marked::Unreadable,
        }
    }

    /// Writes the mark, durable when this returns.
    pub(super) fn write(&self, admin: &Path) -> Result<(), WorkspaceError> {
        let text = serde_json::to_vec_pretty(self).expect("a mark has only plain fields");
        Ok(write_private(&admin.join(NAME), &text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back_and_never_guessed() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Mark::read(root.path()), Marked::No);
        let mark = Mark {
            version: 1,
            session: SessionId::parse("s-1").unwrap(),
            project: ProjectId::parse("p").unwrap(),
            nonce: "n".into(),
            sealed: false,
        };
        mark.write(root.path()).unwrap();
        assert_eq!(Mark::read(root.path()), Marked::Yes(mark));
        std::fs::write(root.path().join(NAME), "{").unwrap();
        assert_eq!(Mark::read(root.path()), Marked::Unreadable);
    }
}
