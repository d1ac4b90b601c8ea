//! What git says has changed in a checkout, with git's own filters applied.

use std::path::Path;

use super::WorkspaceError;
use super::git::Git;

/// One path that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A tracked file: states of index and checkout, modes in commit and checkout, the blob of the
    /// commit, the path as bytes.
    Ordinary { states: String, mode_head: String, mode_file: String, blob: String, path: Vec<u8> },
    /// Unmerged, untracked or ignored: git's letter and the path.
    Other(char, Vec<u8>),
}

impl Change {
    /// State and path, for an error.
    pub(super) fn describe(&self) -> String {
        let (state, path) = match self {
            Self::Ordinary { states, path, .. } => (states.clone(), path),
            Self::Other(letter, path) => (letter.to_string(), path),
        };
        format!("{state} {:?}", String::from_utf8_lossy(path))
    }
}

/// Everything that differs from HEAD, untracked files included, ignored ones not. Settings that
/// hide things are overridden.
pub(super) async fn changes(git: &Git, checkout: &Path) -> Result<Vec<Change>, WorkspaceError> {
    status(git, checkout, "--ignored=no").await
}

/// The same with what is ignored: letter `!`, folders that a pattern matches with a `/` behind them
/// and without what is in them.
pub(super) async fn survey(git: &Git, checkout: &Path) -> Result<Vec<Change>, WorkspaceError> {
    status(git, checkout, "--ignored=matching").await
}

async fn status(git: &Git, checkout: &Path, ignored: &str) -> Result<Vec<Change>, WorkspaceError> {
    let arguments = [
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        ignored,
        "--no-renames",
        "--ignore-submodules=none",
    ];
    let output = git.read(checkout, &arguments).await?;
    if output.cut {
        let words = "its answer is too long".to_owned();
        return Err(WorkspaceError::Git { command: "status".into(), words });
    }
    parse(&output.stdout).ok_or_else(|| WorkspaceError::Git {
        command: "status".into(),
        words: "its answer is not understood".into(),
    })
}

/// Whether anything differs; `None` if git could not say in time.
pub(super) async fn is_dirty(git: &Git, checkout: &Path) -> Option<bool> {
    let arguments = ["status", "--porcelain=v2", "-z", "--untracked-files=normal"];
    let output = git.read(checkout, &arguments).await.ok()?;
    Some(!output.stdout.is_empty())
}

/// Porcelain version 2 with NUL ends, as git-status(1) describes it; `None` for anything else.
fn parse(bytes: &[u8]) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    for record in bytes.split(|b| *b == 0).filter(|r| !r.is_empty()) {
        let change = match record.first()? {
            b'1' => ordinary(record)?,
            // Rename detection is off, so no record has a second path.
            b'u' => Change::Other('u', record.splitn(11, |b| *b == b' ').nth(10)?.to_vec()),
            b'?' => Change::Other('?', record.get(2..)?.to_vec()),
            b'!' => Change::Other('!', record.get(2..)?.to_vec()),
            b'#' => continue,
            _ => return None,
        };
        changes.push(change);
    }
    Some(changes)
}

/// `1 XY sub mH mI mW hH hI path`
fn ordinary(record: &[u8]) -> Option<Change> {
    let mut fields = record.splitn(9, |b| *b == b' ');
    let mut text = || fields.next().and_then(|f| std::str::from_utf8(f).ok()).map(str::to_owned);
    text()?;
    let states = text()?;
    text()?;
    let mode_head = text()?;
    text()?;
    let mode_file = text()?;
    let blob = text()?;
    text()?;
    let path = fields.next()?.to_vec();
    Some(Change::Ordinary { states, mode_head, mode_file, blob, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_taken_apart() {
        let bytes = b"1 .M N... 100644 100644 100755 aaa bbb a b\0? new file\0";
        let changes = parse(bytes).unwrap();
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].describe(), ".M \"a b\"");
        assert_eq!(changes[1], Change::Other('?', b"new file".to_vec()));
        assert_eq!(parse(b"! a/\0").unwrap(), [Change::Other('!', b"a/".to_vec())]);
        assert_eq!(parse(b"").unwrap(), []);
        assert_eq!(parse(b"x what\0"), None);
        assert_eq!(parse(b"1 .M\0"), None);
    }
}
