//! The state of a working tree as one word: the commit, and everything that differs from it.
//! Results are taken from the project's cache only for the very same one.

use std::io::ErrorKind::NotFound;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::read_regular;
use crate::services::World;

/// Most files that may differ, and the most bytes of them.
const MAX_FILES: usize = 2000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// SHA-256 in hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// Of the working tree at `root`. Nothing if it cannot be told within bounds: then nothing is
/// taken from the cache, and nothing kept.
pub(super) async fn fingerprint(world: &World, root: &Path) -> Option<String> {
    let state = crate::workspace::working_state(&world.git, root).await.ok()?;
    let root = root.to_owned();
    tokio::task::spawn_blocking(move || of_state(&root, &state.head, &state.entries)).await.ok()?
}

fn of_state(root: &Path, head: &str, entries: &[(String, String)]) -> Option<String> {
    if entries.len() > MAX_FILES {
        return None;
    }
    let mut sum = Sha256::new();
    sum.update(head);
    let mut left = MAX_BYTES;
    for (status, path) in entries {
        sum.update([0]);
        sum.update(status);
        sum.update(path);
        sum.update([0]);
        sum.update(of_path(&root.join(path), status, &mut left)?);
    }
    Some(hex(&sum.finalize()))
}

/// What stands at a path that differs; nothing if that cannot be told: a repository within this one
/// has a state of its own.
fn of_path(path: &Path, status: &str, left: &mut u64) -> Option<Vec<u8>> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == NotFound && status.contains('D') => return Some(Vec::new()),
        // A name that is no text, say.
        Err(_) => return None,
    };
    if meta.is_symlink() {
        let mut target = b"link ".to_vec();
        target.extend(std::fs::read_link(path).ok()?.as_os_str().as_bytes());
        return Some(target);
    }
    let bytes = read_regular(path, *left).ok()?;
    *left -= bytes.len() as u64;
    // All of the mode that git knows.
    let kind: &[u8] = if meta.mode() & 0o100 == 0 { b"file " } else { b"program " };
    Some([kind, Sha256::digest(bytes).as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn whatever_differs_is_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x");
        let of = |status: &str| of_state(root.path(), "head", &[(status.into(), "x".into())]);
        let deleted = of(" D").unwrap();
        assert_eq!(of(" M"), None, "it is not there, and git does not say so");
        std::fs::write(&path, "a").unwrap();
        let file = of("??").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let program = of("??").unwrap();
        std::fs::remove_file(&path).unwrap();
        symlink("a", &path).unwrap();
        let link = of("??").unwrap();
        std::fs::remove_file(&path).unwrap();
        symlink("b", &path).unwrap();
        let other = of("??").unwrap();
        let all = std::collections::BTreeSet::from([deleted, file, program, link, other]);
        assert_eq!(all.len(), 5);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(of("??"), None, "a repository within it, or a submodule");
    }
}
