//! Everything a host needs to know to run one generation of a session: written by the supervisor,
//! read once by `ao host --launch FILE`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::ids::{Generation, SessionId};

use super::error::HostError;
use super::inject::ComposerRule;
use super::screen::Size;

/// The version of this file's form.
pub const LAUNCH_VERSION: u32 = 1;

/// Bytes of output kept on disk when the launch file does not say.
pub const RECORD_LIMIT: u64 = 16 * 1024 * 1024;

/// One launch. Unknown fields are ignored, so that a newer supervisor may say more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launch {
    /// [`LAUNCH_VERSION`].
    pub version: u32,
    /// Whose terminal this is.
    pub session: SessionId,
    /// Which launch of it.
    pub generation: Generation,
    /// Where to listen; a path of fewer than 100 bytes.
    pub socket: PathBuf,
    /// The directory of this session and generation: output record, ledger, log, exit. It exists.
    pub dir: PathBuf,
    /// The file with the key for control connections, read at each of them.
    pub control_key: PathBuf,
    /// Where the agent starts; it must exist.
    pub cwd: PathBuf,
    /// The agent and its arguments; the first is an absolute path.
    pub argv: Vec<String>,
    /// The agent's whole environment. `TERM` and `COLORTERM` are added where absent.
    pub env: BTreeMap<String, String>,
    /// The terminal's size at the start.
    #[serde(default)]
    pub size: Size,
    /// Bytes of output kept on disk, at most.
    #[serde(default = "record_limit")]
    pub record_limit: u64,
    /// What is known about typing into this agent.
    #[serde(default)]
    pub inject: Inject,
}

/// How text is typed into this agent when a delivery does not say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inject {
    /// Where the agent shows drafts: a draft is forgotten when the composer was seen empty for a
    /// second. A delivery brings its own rules.
    pub composer: Option<ComposerRule>,
}

fn record_limit() -> u64 {
    RECORD_LIMIT
}

impl Launch {
    /// Reads and checks a launch file.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let bytes = fs::read(path).map_err(HostError::file("read", path))?;
        let form = |detail: String| HostError::Form { path: path.to_owned(), detail };
        let launch: Self = serde_json::from_slice(&bytes).map_err(|e| form(e.to_string()))?;
        if launch.version != LAUNCH_VERSION {
            return Err(form(format!("version {}, not {LAUNCH_VERSION}", launch.version)));
        }
        match launch.argv.first() {
            Some(program) if Path::new(program).is_absolute() => Ok(launch),
            Some(program) => Err(form(format!("the program {program:?} is no absolute path"))),
            None => Err(form("no program to start".to_owned())),
        }
    }

    /// Writes a launch file, mode 0600 (it holds the session's token), synced.
    pub fn write(&self, path: &Path) -> Result<(), HostError> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|e| HostError::Form { path: path.to_owned(), detail: e.to_string() })?;
        let write = || {
            let mut options = fs::OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        write().map_err(HostError::file("write", path))
    }

    /// Where the delivery ledger of this generation is.
    pub(super) fn ledger(&self) -> PathBuf {
        self.dir.join("deliveries")
    }
}

#[cfg(test)]
pub(super) fn example(dir: &Path) -> Launch {
    Launch {
        version: LAUNCH_VERSION,
        session: SessionId::parse("shop-1").unwrap(),
        generation: Generation(1),
        socket: dir.join("s.sock"),
        dir: dir.to_owned(),
        control_key: dir.join("key"),
        cwd: dir.to_owned(),
        argv: vec!["/bin/sh".to_owned()],
        env: BTreeMap::new(),
        size: Size::default(),
        record_limit: RECORD_LIMIT,
        inject: Inject::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn comes_back_as_written_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("launch.json");
        let launch = example(dir.path());
        launch.write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Launch::read(&path).unwrap().session, launch.session);
    }

    #[test]
    fn refuses_what_it_cannot_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("launch.json");
        let good = example(dir.path());
        for bad in [
            Launch { version: 2, ..good.clone() },
            Launch { argv: vec![], ..good.clone() },
            Launch { argv: vec!["sh".to_owned()], ..good.clone() },
        ] {
            bad.write(&path).unwrap();
            assert!(Launch::read(&path).is_err());
        }
    }
}
