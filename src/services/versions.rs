//! What agents' programs say of their versions: each is asked once for as long as its file stays as
//! it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tokio::sync::OnceCell;

use crate::agents;

/// A program's file, as it was when it was asked.
type Stamp = (PathBuf, u64, Option<SystemTime>);

/// An answer, or the question under way.
type Said = Arc<OnceCell<Option<String>>>;

/// The answers so far.
#[derive(Default)]
pub struct Versions {
    said: Mutex<HashMap<Stamp, Said>>,
}

impl Versions {
    /// What the program says; nothing if it says nothing in time.
    pub async fn of(&self, program: &Path) -> Option<String> {
        let stamp = stamp(program)?;
        let said = self.said(stamp);
        said.get_or_init(|| agents::ask(program)).await.clone()
    }

    fn said(&self, stamp: Stamp) -> Said {
        let mut said = self.said.lock().expect("nobody panics while holding the answers");
        said.entry(stamp).or_default().clone()
    }
}

fn stamp(program: &Path) -> Option<Stamp> {
    let file = program.canonicalize().ok()?;
    let facts = file.metadata().ok()?;
    Some((file, facts.len(), facts.modified().ok()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(program: &Path, words: &str) {
        // Whoever forks meanwhile would hold the file open for writing if it were written in place.
        let fresh = program.with_extension("new");
        std::fs::write(&fresh, format!("#!/bin/sh\necho x >> \"$0.asked\"\necho {words}\n"))
            .unwrap();
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::rename(fresh, program).unwrap();
    }

    #[tokio::test]
    async fn it_is_asked_again_when_its_file_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("agent");
        let versions = Versions::default();
        assert_eq!(versions.of(&program).await, None);
        write(&program, "agent 1.2.3");
        for _ in 0..3 {
            assert_eq!(versions.of(&program).await.as_deref(), Some("agent 1.2.3"));
        }
        write(&program, "agent 1.2.4 beta");
        assert_eq!(versions.of(&program).await.as_deref(), Some("agent 1.2.4 beta"));
        let asked = std::fs::read_to_string(folder.path().join("agent.asked")).unwrap();
        assert_eq!(asked, "x\nx\n");
    }
}
