//! The writing end. A full disk costs the record, never the agent.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use tracing::warn;

/// Smallest part that is worth a file.
const MIN_PART: u64 = 4096;

/// Writes the record of one generation.
#[derive(Debug)]
pub struct Recorder {
    dir: PathBuf,
    /// Size of one of the two parts.
    part: u64,
    /// Position of the next byte in the whole output.
    position: u64,
    file: Option<fs::File>,
    /// Start of the open part.
    start: u64,
    failing: bool,
}

impl Recorder {
    /// Goes on behind what is in `dir`; keeps `limit` bytes at most.
    pub fn new(dir: PathBuf, limit: u64) -> io::Result<Self> {
        let position = super::range(&dir)?.end;
        let part = (limit / 2).max(MIN_PART);
        Ok(Self { dir, part, position, file: None, start: position, failing: false })
    }

    /// Appends. What cannot be written leaves a gap in the positions, and is logged once.
    pub fn append(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = self.position - self.start;
            let room = if self.file.is_some() { self.part.saturating_sub(used) } else { self.part };
            if room == 0 {
                self.file = None;
                continue;
            }
            let count = usize::try_from(room).unwrap_or(usize::MAX).min(rest.len());
            self.write(&rest[..count]);
            self.position += count as u64;
            rest = &rest[count..];
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let written = self.open().and_then(|file| file.write_all(bytes));
        match written {
            Ok(()) => self.failing = false,
            Err(e) => {
                // The next part begins behind what is lost.
                self.file = None;
                if !self.failing {
                    warn!(error = %e, position = self.position, "output is not recorded");
                }
                self.failing = true;
            }
        }
    }

    /// The open part, or a new one, for which the oldest goes: two are left.
    fn open(&mut self) -> io::Result<&mut fs::File> {
        if self.file.is_none() {
            let starts = super::starts(&self.dir)?;
            for old in starts.iter().take(starts.len().saturating_sub(1)) {
                fs::remove_file(self.dir.join(super::name(*old)))?;
            }
            let path = self.dir.join(super::name(self.position));
            let mut options = fs::OpenOptions::new();
            let file = options.append(true).create(true).mode(0o600).open(path)?;
            self.start = self.position;
            self.file = Some(file);
        }
        Ok(self.file.as_mut().expect("opened above"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{range, read};
    use super::*;

    #[test]
    fn keeps_the_newest_within_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::new(dir.path().to_owned(), 2 * MIN_PART).unwrap();
        let all: Vec<u8> = (0..30_000_u32).map(|n| (n % 251) as u8).collect();
        for part in all.chunks(777) {
            recorder.append(part);
        }
        let range = range(dir.path()).unwrap();
        assert_eq!(range.end, 30_000);
        assert!(range.end - range.start <= 2 * MIN_PART);
        assert!(range.end - range.start >= MIN_PART);
        let (mut at, mut seen) = (0, Vec::<u8>::new());
        while let Some(chunk) = read(dir.path(), at, 1000).unwrap() {
            if seen.is_empty() {
                assert_eq!(chunk.start, range.start);
            }
            seen.extend(&chunk.bytes);
            at = chunk.start + chunk.bytes.len() as u64;
        }
        assert_eq!(seen, all[usize::try_from(range.start).unwrap()..]);
    }

    #[test]
    fn goes_on_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        Recorder::new(dir.path().to_owned(), 1 << 20).unwrap().append(b"one");
        Recorder::new(dir.path().to_owned(), 1 << 20).unwrap().append(b"two");
        assert_eq!(read(dir.path(), 2, 100).unwrap().unwrap().bytes, b"e");
        assert_eq!(range(dir.path()).unwrap().end, 6);
    }
}
