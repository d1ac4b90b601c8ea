//! Who uses a folder: stands in it, runs from it, has a file of it open or mapped. Asked before a
//! worktree is removed under somebody.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{ProcessError, ProcessId, stat};

/// A process that uses the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Which.
    pub process: ProcessId,
    /// The kernel's short name of it.
    pub name: String,
}

/// Live processes that use anything at or below `folder`, which is taken without symbolic links.
/// Processes that do not let themselves be looked at (another user's, those that hide their
/// memory) are left out: nothing tells that they are inside.
///
/// # Errors
/// When the processes cannot be listed, or the folder cannot be resolved.
pub fn inside(folder: &Path) -> Result<Vec<Inside>, ProcessError> {
    let failed = |source| ProcessError::Read { path: folder.display().to_string(), source };
    let folder = folder.canonicalize().map_err(failed)?;
    let mut found = Vec::new();
    for stat in stat::all()?.into_iter().filter(|stat| !stat.dead) {
        if uses(stat.id.pid, &folder) && ProcessId::observe(stat.id.pid) == Some(stat.id) {
            found.push(Inside { process: stat.id, name: stat.name });
        }
    }
    Ok(found)
}

fn uses(pid: u32, folder: &Path) -> bool {
    let base = PathBuf::from(format!("/proc/{pid}"));
    let leads_in = |link: &Path| fs::read_link(link).is_ok_and(|at| is_below(&at, folder));
    ["cwd", "root", "exe"].iter().any(|name| leads_in(&base.join(name)))
        || descriptors(&base.join("fd")).iter().any(|link| leads_in(link))
        || maps(&base.join("maps"), folder)
}

fn descriptors(folder: &Path) -> Vec<PathBuf> {
    let list: io::Result<Vec<_>> =
        fs::read_dir(folder).map(|all| all.flatten().map(|entry| entry.path()).collect());
    list.unwrap_or_default()
}

/// The sixth field of each line of proc_pid_maps(5) is a path, blanks and all.
fn maps(file: &Path, folder: &Path) -> bool {
    let bytes = fs::read(file).unwrap_or_default();
    bytes.split(|b| *b == b'\n').any(|line| {
        let path = line.iter().position(|b| *b == b'/').map(|at| &line[at..]);
        path.is_some_and(|path| is_below(Path::new(OsStr::from_bytes(path)), folder))
    })
}

/// A removed file is shown as `<path> (deleted)`, which is below the folder all the same.
fn is_below(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn cat(set_up: impl FnOnce(&mut Command)) -> Child {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        set_up(&mut command);
        command.spawn().unwrap()
    }

    fn end(mut child: Child) {
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn finds_who_stands_in_it_and_who_has_a_file_open() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("work");
        fs::create_dir_all(folder.join("deep")).unwrap();
        assert_eq!(inside(&folder).unwrap(), []);
        let stands = cat(|c| {
            c.current_dir(folder.join("deep"));
        });
        let file = fs::File::create(folder.join("log")).unwrap();
        let has_open = cat(|c| {
            c.stderr(file);
        });
        let beside = cat(|c| {
            c.current_dir(root.path());
        });
        let mut pids: Vec<u32> =
            inside(&folder).unwrap().iter().map(|inside| inside.process.pid).collect();
        pids.sort_unstable();
        let mut expected = [stands.id(), has_open.id()];
        expected.sort_unstable();
        assert_eq!(pids, expected);
        // Also after the folder was renamed under them.
        let aside = root.path().join("aside");
        fs::rename(&folder, &aside).unwrap();
        assert_eq!(inside(&aside).unwrap().len(), 2);
        for child in [stands, has_open, beside] {
            end(child);
        }
        assert_eq!(inside(&aside).unwrap(), []);
    }
}
