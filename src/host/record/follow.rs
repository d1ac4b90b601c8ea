//! Follows a record that is being written, woken by the file system.

use std::io;
use std::path::{Path, PathBuf};

use super::{Changes, Chunk};
use crate::host::exit::ExitRecord;

/// Bytes handed out at once.
const AT_ONCE: usize = 64 * 1024;

/// A reader that waits for more.
#[derive(Debug)]
pub struct Follow {
    dir: PathBuf,
    position: u64,
    changes: Changes,
}

impl Follow {
    /// Starts at a position; see [`range`](super::range). Needs a tokio runtime.
    pub fn new(dir: &Path, from: u64) -> io::Result<Self> {
        Ok(Self { dir: dir.to_owned(), position: from, changes: Changes::of(dir)? })
    }

    /// The next bytes; `None` once the agent has ended and everything was read. A host that was
    /// killed leaves no word of the end: whoever follows for long should also watch the session.
    pub async fn next(&mut self) -> io::Result<Option<Chunk>> {
        loop {
            // Looked for first: what was written before the end is read after seeing the end.
            let ended = ExitRecord::path(&self.dir).exists();
            if let Some(chunk) = super::read(&self.dir, self.position, AT_ONCE)? {
                self.position = chunk.start + chunk.bytes.len() as u64;
                return Ok(Some(chunk));
            }
            if ended {
                return Ok(None);
            }
            self.changes.next().await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Recorder;
    use super::*;

    #[tokio::test]
    async fn sees_what_is_appended_later() {
        let dir = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::new(dir.path().to_owned(), 1 << 20).unwrap();
        recorder.append(b"one");
        let mut follow = Follow::new(dir.path(), 0).unwrap();
        assert_eq!(follow.next().await.unwrap().unwrap().bytes, b"one");
        let later = tokio::spawn(async move {
            let next = tokio::time::timeout(Duration::from_secs(10), follow.next()).await;
            (next.unwrap().unwrap().unwrap(), follow)
        });
        tokio::task::yield_now().await;
        recorder.append(b"two");
        let (chunk, mut follow) = later.await.unwrap();
        assert_eq!((chunk.start, chunk.bytes.as_slice()), (3, &b"two"[..]));
        std::fs::write(ExitRecord::path(dir.path()), b"{}").unwrap();
        assert_eq!(follow.next().await.unwrap(), None);
    }
}
