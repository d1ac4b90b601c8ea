//! What was typed for which message: an append-only file, synced line by line, so that a repeated
//! delivery is answered and never typed again, also after a crash.
//!
//! A line is `id word …`: `intent <sha256 of the body>` before the first byte, then one of
//! `written <ms>`, `pasted`, `void` (no byte went in), `uncertain`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::model::ids::{MessageId, Timestamp};

use super::error::HostError;
use super::key::hex;

/// How far one message got, as the disk tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Begun; whether bytes went in is not known.
    Intent,
    /// Text and Enter were taken by the terminal; when it was last looked whether they may be.
    Written(Timestamp),
    /// The text went in, Enter was withheld.
    Pasted,
    /// No byte went in: it may be typed.
    Void,
    /// Part of it may have gone in.
    Uncertain,
}

/// One message's line of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Hash of the body, in hexadecimal.
    pub body: String,
    /// The last word about it.
    pub outcome: Outcome,
}

/// The open ledger of a host.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: fs::File,
    entries: BTreeMap<MessageId, Entry>,
}

/// Reads the ledger in a generation's directory; empty if there is none. For a supervisor whose
/// host has gone.
pub fn read(dir: &Path) -> Result<BTreeMap<MessageId, Entry>, HostError> {
    let path = dir.join("deliveries");
    match fs::read(&path) {
        Ok(bytes) => parse(&path, &bytes).map(|(entries, _)| entries),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(HostError::file("read", path)(e)),
    }
}

/// The hash by which a repeat is known to be one.
#[must_use]
pub fn body_hash(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes()))
}

impl Ledger {
    /// Opens or creates it, 0600. A torn last line is cut off: what it was to say was not said.
    pub fn open(path: &Path) -> Result<Self, HostError> {
        let failed = |action| HostError::file(action, path);
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed("open"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("read"))?;
        let (entries, whole) = parse(path, &bytes)?;
        file.set_len(whole as u64).map_err(failed("cut"))?;
        file.seek(SeekFrom::End(0)).map_err(failed("seek in"))?;
        Ok(Self { path: path.to_owned(), file, entries })
    }

    /// What is known about a message.
    pub fn get(&self, id: &MessageId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Says that a message is about to be typed. Only after this returned may its first byte go.
    pub fn intend(&mut self, id: &MessageId, body: String) -> Result<(), HostError> {
        self.append(&format!("{id} intent {body}\n"))?;
        self.entries.insert(id.clone(), Entry { body, outcome: Outcome::Intent });
        Ok(())
    }

    /// Says what became of a message that was intended. It is known in this process also when the
    /// disk does not take it.
    pub fn settle(&mut self, id: &MessageId, outcome: Outcome) -> Result<(), HostError> {
        let word = match outcome {
            Outcome::Intent => return Ok(()),
            Outcome::Written(at) => format!("written {}", at.0),
            Outcome::Pasted => "pasted".to_owned(),
            Outcome::Void => "void".to_owned(),
            Outcome::Uncertain => "uncertain".to_owned(),
        };
        if let Some(entry) = self.entries.get_mut(id) {
            entry.outcome = outcome;
        }
        self.append(&format!("{id} {word}\n"))
    }

    fn append(&mut self, line: &str) -> Result<(), HostError> {
        let start = self.file.stream_position().map_err(HostError::file("seek in", &self.path))?;
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Half a line must not become the beginning of the next one.
            let _ = self.file.set_len(start).and_then(|()| self.file.seek(SeekFrom::Start(start)));
        }
        written.map_err(HostError::file("append to", &self.path))
    }
}

/// The entries, and how many bytes make whole lines.
fn parse(path: &Path, bytes: &[u8]) -> Result<(BTreeMap<MessageId, Entry>, usize), HostError> {
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let mut entries = BTreeMap::new();
    for (number, line) in bytes[..whole].split(|b| *b == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let taken = std::str::from_utf8(line).ok().and_then(|line| take(&mut entries, line));
        if taken.is_none() {
            let detail = format!("line {}", number + 1);
            return Err(HostError::Form { path: path.to_owned(), detail });
        }
    }
    Ok((entries, whole))
}

fn take(entries: &mut BTreeMap<MessageId, Entry>, line: &str) -> Option<()> {
    let mut words = line.split(' ');
    let id = MessageId::parse(words.next()?).ok()?;
    let word = words.next()?;
    if word == "intent" {
        let body = words.next()?.to_owned();
        entries.insert(id, Entry { body, outcome: Outcome::Intent });
        return Some(());
    }
    let entry = entries.get_mut(&id)?;
    entry.outcome = match word {
        "written" => Outcome::Written(Timestamp(words.next()?.parse().ok()?)),
        "pasted" => Outcome::Pasted,
        "void" => Outcome::Void,
        "uncertain" => Outcome::Uncertain,
        _ => return None,
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MessageId {
        MessageId::parse(text).unwrap()
    }

    #[test]
    fn is_read_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deliveries");
        let mut ledger = Ledger::open(&path).unwrap();
        for (name, outcome) in [
            ("m-aaaaaa", Outcome::Written(Timestamp(7))),
            ("m-bbbbbb", Outcome::Pasted),
            ("m-cccccc", Outcome::Intent),
            ("m-dddddd", Outcome::Void),
        ] {
            ledger.intend(&id(name), body_hash(name)).unwrap();
            ledger.settle(&id(name), outcome).unwrap();
        }
        let again = Ledger::open(&path).unwrap();
        assert_eq!(again.entries, ledger.entries);
        assert_eq!(read(dir.path()).unwrap(), ledger.entries);
        assert_eq!(again.get(&id("m-cccccc")).unwrap().outcome, Outcome::Intent);
    }

    #[test]
    fn every_torn_end_leaves_what_was_said_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deliveries");
        let first = format!("m-aaaaaa intent {}\n", body_hash("a"));
        let second = "m-aaaaaa written 12\n";
        for cut in 0..second.len() {
            fs::write(&path, format!("{first}{}", &second[..cut])).unwrap();
            let mut ledger = Ledger::open(&path).unwrap();
            assert_eq!(ledger.get(&id("m-aaaaaa")).unwrap().outcome, Outcome::Intent);
            ledger.settle(&id("m-aaaaaa"), Outcome::Uncertain).unwrap();
            let entries = read(dir.path()).unwrap();
            assert_eq!(entries[&id("m-aaaaaa")].outcome, Outcome::Uncertain);
        }
    }

    #[test]
    fn a_damaged_line_is_an_error_and_not_a_guess() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deliveries");
        for bad in [
            "nonsense\n",
            "m-aaaaaa written 1\n",
            "m-aaaaaa intent\n",
            "m-aaaaaa intent a\nm-aaaaaa done\n",
        ] {
            fs::write(&path, bad).unwrap();
            assert!(Ledger::open(&path).is_err(), "{bad:?}");
        }
    }
}
