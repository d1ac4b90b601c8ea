//! What a removal has put where: a file beside what was moved aside, written before anything is
//! moved, and all that bringing it back goes by.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use crate::config::{create_private_dir, write_private};
use crate::model::ids::{Generation, SessionId};
use crate::model::work::What;

const NAME: &str = "manifest.json";
/// Version of this form.
const VERSION: u32 = 1;

/// Where the work of one removal is preserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// `<generation>`, for later removals of the same generation `<generation>-2` and so on.
    pub name: String,
    /// `<data dir>/preserved/<session>/<name>`.
    pub folder: PathBuf,
}

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) version: u32,
    pub(super) session: SessionId,
    pub(super) generation: Generation,
    pub(super) nonce: String,
    /// The worktree.
    #[serde(with = "path_text")]
    pub(super) path: PathBuf,
    /// Its git directory, as it was.
    #[serde(with = "path_text")]
    pub(super) admin: PathBuf,
    /// The session's branch, and where it was.
    pub(super) branch: String,
    pub(super) tip: Option<String>,
    /// The branch that HEAD was on.
    pub(super) head_branch: Option<String>,
    /// Full names, and the objects they point to.
    pub(super) refs: BTreeMap<String, String>,
    /// There was a folder; else only its registration.
    pub(super) folder: bool,
    /// What is in `files/`, or on its way there.
    pub(super) moved: Vec<Moved>,
    /// What was given up with the worktree: not kept anywhere.
    #[serde(default)]
    pub(super) given_up: Vec<Moved>,
    /// Folders with their permissions, parents first.
    pub(super) folders: Vec<Mode>,
    /// Files whose permissions are not those of a plain checkout.
    pub(super) modes: Vec<Mode>,
    /// The worktree is gone, and nothing is left to be moved.
    pub(super) complete: bool,
    /// It has been brought back.
    pub(super) restored: bool,
}

/// A file or folder that was moved, or given up, as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Moved {
    #[serde(with = "path_text")]
    pub(super) path: PathBuf,
    pub(super) what: What,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// Permissions, as octal digits are read: 493 is 0755.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mode {
    #[serde(with = "path_text")]
    pub(super) path: PathBuf,
    pub(super) mode: u32,
}

/// What a manifest begins with.
pub(super) struct Identity<'a> {
    pub(super) spec: &'a super::WorktreeSpec,
    pub(super) generation: Generation,
    pub(super) admin: &'a Path,
}

impl Manifest {
    pub(super) fn new(identity: &Identity<'_>) -> Self {
        let spec = identity.spec;
        Self {
            version: VERSION,
            session: spec.session.clone(),
            generation: identity.generation,
            nonce: spec.nonce.clone(),
            path: spec.path.clone(),
            admin: identity.admin.to_owned(),
            branch: spec.branch.clone(),
            tip: None,
            head_branch: None,
            refs: BTreeMap::new(),
            folder: false,
            moved: Vec::new(),
            given_up: Vec::new(),
            folders: Vec::new(),
            modes: Vec::new(),
            complete: false,
            restored: false,
        }
    }

    /// The manifest of a slot; `None`: there is none.
    pub(super) fn read(slot: &Slot) -> Result<Option<Self>, WorkspaceError> {
        let file = slot.folder.join(NAME);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(WorkspaceError::io("read", file)(e)),
        };
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|e| WorkspaceError::io("understand", &file)(e.into()))?;
        if manifest.version > VERSION {
            let newer = std::io::Error::other("it is of a newer ao");
            return Err(WorkspaceError::io("understand", file)(newer));
        }
        Ok(Some(manifest))
    }

    /// What the ref with this last part points to, in hexadecimal.
    pub(super) fn kept(&self, last: &str) -> Option<&String> {
        let end = format!("/{last}");
        self.refs.iter().find(|(name, _)| name.ends_with(&end)).map(|(_, id)| id)
    }

    /// Writes it, durable when this returns.
    pub(super) fn write(&self, slot: &Slot) -> Result<(), WorkspaceError> {
        create_private_dir(&slot.folder)?;
        let text = serde_json::to_vec_pretty(self).expect("a manifest has only plain fields");
        Ok(write_private(&slot.folder.join(NAME), &text)?)
    }
}

impl Slot {
    /// Where moved files go, in folders as in the worktree.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Where the worktree's git directory goes.
    pub(super) fn admin(&self) -> PathBuf {
        self.folder.join("git")
    }

    /// The prefix of its refs.
    #[must_use]
    pub fn refs(session: &SessionId, name: &str) -> String {
        format!("refs/ao/keep/{session}/{name}/")
    }
}

/// The last work that was preserved of a session and not brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPreserved {
    /// Its slot's name.
    pub slot: String,
    /// The tip of the session's branch.
    pub tip: Option<String>,
}

/// Looks through `<data dir>/preserved/<session>`; what is not understood is passed over.
pub fn last_preserved(folder: &Path) -> Result<Option<LastPreserved>, WorkspaceError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(WorkspaceError::io("read", folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let slot = Slot { name: name.clone(), folder: entry.path() };
        let Ok(Some(manifest)) = Manifest::read(&slot) else { continue };
        if manifest.complete && !manifest.restored {
            // `3-2` comes after `3`, and `10` after both.
            let number = |part: Option<&str>| part.and_then(|n| n.parse().ok()).unwrap_or(1_u32);
            let mut parts = name.split('-');
            let order = (number(parts.next()), number(parts.next()));
            found.push((order, LastPreserved { slot: name, tip: manifest.tip }));
        }
    }
    Ok(found.into_iter().max_by_key(|(order, _)| *order).map(|(_, last)| last))
}

/// Paths as JSON texts: bytes that are no UTF-8, and `%`, as `%` and two hexadecimal digits.
mod path_text {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&encode(path))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
        let text = String::deserialize(input)?;
        decode(&text).ok_or_else(|| D::Error::custom("not a path in ao's form"))
    }

    pub(super) fn encode(path: &Path) -> String {
        let mut text = String::new();
        for chunk in path.as_os_str().as_bytes().utf8_chunks() {
            text.push_str(&chunk.valid().replace('%', "%25"));
            for byte in chunk.invalid() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
        text
    }

    pub(super) fn decode(text: &str) -> Option<PathBuf> {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            if *first == b'%' {
                let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        Some(PathBuf::from(OsString::from_vec(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn every_path_comes_back() {
        for bytes in [&b"a/b c"[..], b"100%", b"%41", b"\xff\xfe/x", "é/日".as_bytes(), b"a\nb"] {
            let path = Path::new(OsStr::from_bytes(bytes));
            let text = path_text::encode(path);
            assert_eq!(path_text::decode(&text).as_deref(), Some(path), "{text}");
        }
        assert_eq!(path_text::decode("%"), None);
        assert_eq!(path_text::decode("%zz"), None);
    }
}
