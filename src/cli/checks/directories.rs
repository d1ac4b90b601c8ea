//! Directories: there, ours, private, with room; socket paths short enough.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Check;
use crate::config::{Paths, SOCKET_PATH_LIMIT};

/// Below this much free space, in bytes, an agent's build or a long log is likely to hit the end.
const SPARSE: u64 = 1024 * 1024 * 1024;
/// Below this much the database itself is in danger.
const TOO_LITTLE: u64 = 50 * 1024 * 1024;

/// Data, run and configuration directory, the socket's path, free space.
pub fn directories(paths: &Paths) -> Vec<Check> {
    let socket = paths.socket().as_os_str().len();
    let path = match socket {
        0..=SOCKET_PATH_LIMIT => {
            Check::ok("socket path", format!("{} ({socket} bytes)", paths.socket().display()))
        }
        _ => Check::fail(
            "socket path",
            format!("{socket} bytes, at most {SOCKET_PATH_LIMIT} are safe"),
            "set AO_SOCKET or AO_DATA_DIR to a shorter path",
        ),
    };
    vec![
        private("data directory", paths.data()),
        private("run directory", paths.run()),
        path,
        space(paths.data()),
    ]
}

fn private(name: &str, path: &Path) -> Check {
    let shown = path.display();
    let facts = match fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return missing(name, path);
        }
        Err(e) => return Check::fail(name, format!("{shown}: {e}"), "set AO_DATA_DIR"),
    };
    if !facts.is_dir() {
        let hint = "move it away, or set AO_DATA_DIR to another place";
        return Check::fail(name, format!("{shown} is not a directory"), hint);
    }
    let user = rustix::process::getuid().as_raw();
    if facts.uid() != user {
        let found = format!("{shown} belongs to user {}, not to {user}", facts.uid());
        return Check::fail(name, found, "set AO_DATA_DIR to a place of your own");
    }
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let found = format!("{shown} has mode {mode:04o}: others may look");
        return Check::warn(
            name,
            found,
            format!("`chmod 700 {shown}`, or `ao start`, which does it"),
        );
    }
    if let Err(e) = rustix::fs::access(path, rustix::fs::Access::WRITE_OK) {
        return Check::fail(name, format!("{shown}: {}", io::Error::from(e)), "make it writable");
    }
    Check::ok(name, format!("{shown} (mode {mode:04o})"))
}

/// Not there yet is well if it can be made.
fn missing(name: &str, path: &Path) -> Check {
    let shown = path.display();
    match path.ancestors().skip(1).find(|above| above.exists()) {
        Some(above) if rustix::fs::access(above, rustix::fs::Access::WRITE_OK).is_ok() => {
            Check::ok(name, format!("{shown} is made at the first start"))
        }
        _ => Check::fail(
            name,
            format!("{shown} is not there and cannot be made"),
            "set AO_DATA_DIR to a place that can be written",
        ),
    }
}

fn space(data: &Path) -> Check {
    let name = "free space";
    let Some(place) = data.ancestors().find(|path| path.exists()) else {
        return Check::warn(name, "unknown", "set AO_DATA_DIR");
    };
    let free = match rustix::fs::statvfs(place) {
        Ok(facts) => facts.f_bavail.saturating_mul(facts.f_frsize),
        Err(e) => return Check::warn(name, format!("unknown: {}", io::Error::from(e)), ""),
    };
    let found = format!("{} MiB at {}", free / (1024 * 1024), place.display());
    match free {
        0..TOO_LITTLE => Check::fail(name, found, "free some, or set AO_DATA_DIR to another disk"),
        TOO_LITTLE..SPARSE => Check::warn(name, found, "worktrees and logs will need more"),
        _ => Check::ok(name, found),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::Level;
    use super::*;

    #[test]
    fn a_directory_that_others_may_read_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let level = |mode| {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
            private("data directory", dir.path()).level
        };
        assert_eq!(level(0o755), Level::Warn);
        assert_eq!(level(0o700), Level::Ok);
        assert_eq!(private("x", &dir.path().join("a/b")).level, Level::Ok);
        let file = dir.path().join("f");
        fs::write(&file, "").unwrap();
        assert_eq!(private("x", &file).level, Level::Fail);
        assert_eq!(private("x", &file.join("y")).level, Level::Fail);
    }
}
