//! The reading end, for any process.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::{name, starts};

/// Which positions of the whole output are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The oldest byte that is kept.
    pub start: u64,
    /// Behind the newest byte.
    pub end: u64,
}

/// Bytes that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The position of the first one. Later than asked for where older bytes have gone.
    pub start: u64,
    /// Never empty.
    pub bytes: Vec<u8>,
}

/// What a generation's directory holds. Empty, from 0 to 0, if nothing was recorded.
pub fn range(dir: &Path) -> io::Result<Range> {
    let starts = starts(dir)?;
    let (Some(first), Some(last)) = (starts.first(), starts.last()) else {
        return Ok(Range { start: 0, end: 0 });
    };
    let end = last + fs::metadata(dir.join(name(*last)))?.len();
    Ok(Range { start: *first, end })
}

/// Up to `limit` bytes from the position `from` on, or from the oldest byte that is kept. `None` if
/// there is nothing behind `from` (yet).
pub fn read(dir: &Path, from: u64, limit: usize) -> io::Result<Option<Chunk>> {
    for start in starts(dir)? {
        let mut file = match fs::File::open(dir.join(name(start))) {
            Ok(file) => file,
            // Replaced while it was listed.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e),
        };
        let at = from.max(start);
        if at >= start + file.metadata()?.len() {
            continue;
        }
        file.seek(SeekFrom::Start(at - start))?;
        let mut bytes = Vec::new();
        file.take(limit as u64).read_to_end(&mut bytes)?;
        if !bytes.is_empty() {
            return Ok(Some(Chunk { start: at, bytes }));
        }
    }
    Ok(None)
}
