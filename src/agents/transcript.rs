//! The file in which an agent keeps its conversation, read as it grows.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::config::open_regular;

/// How much of what is there at the beginning is read, in bytes from the end.
const TAIL: u64 = 1 << 20;
/// Bytes read at once.
const AT_ONCE: u64 = 4 << 20;

/// A transcript that is being written.
#[derive(Debug)]
pub struct Transcript {
    path: PathBuf,
    position: u64,
}

impl Transcript {
    /// From a megabyte before its end; it may still have to be made.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let length = path.metadata().map_or(0, |metadata| metadata.len());
        Self { path: path.to_owned(), position: length.saturating_sub(TAIL) }
    }

    /// The directory that it is in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or_else(|| Path::new("/"))
    }

    /// The whole lines since the last call; the first one after the beginning may be half of one.
    /// Reads the file, so not for the thread that serves requests.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn lines(&mut self) -> io::Result<Vec<String>> {
        let mut file = match open_regular(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = Vec::new();
        file.take(AT_ONCE).read_to_end(&mut bytes)?;
        let full = bytes.len() as u64 == AT_ONCE;
        // A line that is longer than all this is none of ours.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let whole = whole.unwrap_or(if full { bytes.len() } else { 0 });
        self.position += whole as u64;
        let text = String::from_utf8_lossy(&bytes[..whole]);
        Ok(text.lines().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    #[test]
    fn lines_come_whole_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.jsonl");
        let mut transcript = Transcript::of(&path);
        assert_eq!(transcript.lines().unwrap(), Vec::<String>::new());
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\nhal").unwrap();
        assert_eq!(transcript.lines().unwrap(), ["one"]);
        file.write_all(b"f\ntwo\n").unwrap();
        assert_eq!(transcript.lines().unwrap(), ["half", "two"]);
        assert_eq!(transcript.lines().unwrap(), Vec::<String>::new());
    }
}
