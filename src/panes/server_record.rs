//! Which process a project's zellij server is: told by the kernel when we talk to it, written down,
//! and proved again before anything is done to it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::directory::write_private;
use super::error::PanesError;
use crate::process::{Evidence, ProcessId, boot_id, find_by_environ};

/// The file `server.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ServerRecord {
    /// The server.
    pub process: ProcessId,
    /// The boot it was started in; pids of another boot mean nothing.
    pub boot: String,
    /// The socket it was started with.
    pub socket: PathBuf,
}

impl ServerRecord {
    /// For the process that serves `socket`, if its command line says so.
    pub fn of(process: ProcessId, socket: &Path) -> Result<Option<Self>, PanesError> {
        let record = Self { process, boot: boot_id()?, socket: socket.to_owned() };
        Ok(record.serves().then_some(record))
    }

    /// Every live server that was started with `socket` and `base` as its directory, recorded or
    /// not. Looks through /proc.
    pub fn all(socket: &Path, base: &str) -> Result<Vec<Self>, PanesError> {
        let matches = find_by_environ(&[("ZELLIJ_SOCKET_DIR", base)])?;
        // Panes have the same environment; their command lines tell them apart.
        let found = matches.found.into_iter().map(|process| Self::of(process, socket));
        Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Reads the file. One that is missing or unreadable is no record: nothing is proved by it.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<(), PanesError> {
        let text = serde_json::to_vec(self).expect("a record of plain fields is always JSON");
        write_private(path, &text)
    }

    /// Whether the recorded server lives. A pid that another program has now is gone.
    pub fn evidence(&self, socket: &Path) -> Evidence {
        match boot_id() {
            Ok(boot) if boot != self.boot => return Evidence::Gone,
            Err(_) => return Evidence::Unknown,
            Ok(_) if self.socket != socket => return Evidence::Gone,
            Ok(_) => {}
        }
        match self.process.is_alive() {
            // A process that ends has no command line any more, long before it is gone.
            Evidence::Alive if self.serves() || self.words().is_some_and(|w| w.is_empty()) => {
                Evidence::Alive
            }
            Evidence::Alive => Evidence::Unknown,
            other => other,
        }
    }

    /// Whether the process was started as `… --server <socket>`.
    fn serves(&self) -> bool {
        let Some(line) = self.words() else { return false };
        let mut words = line.split(|byte| *byte == 0);
        let socket = self.socket.as_os_str().as_encoded_bytes();
        words.any(|word| word == b"--server") && words.next() == Some(socket)
    }

    /// The process's command line, each word ended by a zero.
    fn words(&self) -> Option<Vec<u8>> {
        fs::read(format!("/proc/{}/cmdline", self.process.pid)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_not_the_server() {
        let me = ProcessId::current().unwrap();
        let socket = Path::new("/nowhere/socket");
        assert_eq!(ServerRecord::of(me, socket).unwrap(), None);
        let forged =
            ServerRecord { process: me, boot: boot_id().unwrap(), socket: socket.to_owned() };
        assert_eq!(forged.evidence(socket), Evidence::Unknown);
        let older = ServerRecord { boot: "another".to_owned(), ..forged };
        assert_eq!(older.evidence(socket), Evidence::Gone);
    }

    #[test]
    fn the_file_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server.json");
        assert_eq!(ServerRecord::read(&path), None);
        let record = ServerRecord {
            process: ProcessId::current().unwrap(),
            boot: boot_id().unwrap(),
            socket: "/s".into(),
        };
        record.write(&path).unwrap();
        assert_eq!(ServerRecord::read(&path), Some(record));
        fs::write(&path, "{").unwrap();
        assert_eq!(ServerRecord::read(&path), None);
    }
}
