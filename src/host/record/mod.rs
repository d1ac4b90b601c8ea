//! The record of everything a session's terminal put out, as raw bytes, bounded on disk. The host
//! writes it; `ao logs` reads and follows it without asking the host.
//!
//! It lies in two files at most, each named after the position of its first byte in the whole
//! output, so that a reader knows where it is when older bytes have gone.

mod changes;
mod follow;
mod read;
mod write;

pub use changes::Changes;
pub use follow::Follow;
pub use read::{Chunk, Range, range, read};

pub(super) use write::Recorder;

/// What the files' names start with; 20 digits follow.
const PREFIX: &str = "output-";

fn name(start: u64) -> String {
    format!("{PREFIX}{start:020}")
}

/// The starts of the files in a directory, oldest first.
fn starts(dir: &std::path::Path) -> std::io::Result<Vec<u64>> {
    let mut starts = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        starts.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    starts.sort_unstable();
    Ok(starts)
}
