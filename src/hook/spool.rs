//! Events for a supervisor that is away: a private file per session and generation, a line each,
//! on disk before the agent goes on. The supervisor reads them when it comes back.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock, fstat};
use serde_json::json;

use super::Caller;
use crate::config::create_private_dir;
use crate::wire::hook::Hook;

/// From this size on, in bytes, events are kept without their fields: that something happened
/// stays known, and the disk does not fill.
const FULL: u64 = 64 * 1024 * 1024;

/// Appends the event with one write and waits until it is on disk.
pub fn keep(caller: &Caller, hook: &Hook) -> io::Result<()> {
    let directory = caller.paths.spool_dir();
    create_private_dir(&directory).map_err(io::Error::other)?;
    let file = directory.join(format!("{}-{}.jsonl", caller.session, caller.generation));
    append(&file, hook)
}

fn append(file: &Path, hook: &Hook) -> io::Result<()> {
    let is_new = !file.exists();
    let mut spool = open(file)?;
    let full = spool.metadata()?.len() >= FULL;
    let line = match full {
        true => serde_json::to_string(&Hook { data: json!({}), ..hook.clone() })?,
        false => serde_json::to_string(hook)?,
    };
    // One write: lines of hooks that run at once do not mix.
    spool.write_all(format!("{line}\n").as_bytes())?;
    spool.sync_all()?;
    match file.parent() {
        Some(parent) if is_new => std::fs::File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Opens the spool with its lock held. Whoever takes events in removes the file while holding the
/// lock, so what is open by then may have no name any more: then a new one is made.
fn open(file: &Path) -> io::Result<File> {
    loop {
        let spool = OpenOptions::new().create(true).append(true).mode(0o600).open(file)?;
        flock(&spool, FlockOperation::LockExclusive)?;
        if fstat(&spool)?.st_nlink > 0 {
            return Ok(spool);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_event_is_a_private_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a-1-2.jsonl");
        let hook = |text: &str| Hook {
            generation: 2,
            event: "turn-ended".into(),
            data: json!({ "text": text }),
            id: None,
            at: Some(1),
        };
        append(&file, &hook("one\ntwo")).unwrap();
        append(&file, &hook("three")).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["data"]["text"], "one\ntwo");
        assert_eq!(lines[1]["generation"], 2);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
