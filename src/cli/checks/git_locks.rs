//! Lock files that a git which was killed has left in a project's repository: as long as one lies
//! there, nobody can change what it locks, ao included.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Check;
use crate::client::{Client, Target};
use crate::wire::project::ProjectList;

/// No git holds one for so long, but one that waits for an editor, which locks no refs.
const OLD: Duration = Duration::from_secs(600);
/// What git locks as a whole, in its directory and in those of its worktrees.
const LOCKS: [&str; 5] =
    ["packed-refs.lock", "config.lock", "HEAD.lock", "index.lock", "shallow.lock"];

/// One for each that lies in a repository of a running supervisor's projects.
pub async fn git_locks(client: &Client) -> Vec<Check> {
    let Ok(list) = client.get::<ProjectList>(&Target::new(&["projects"])).await else {
        return Vec::new();
    };
    let folders = list.projects.iter().map(|project| Path::new(&project.path).join(".git"));
    folders.flat_map(|folder| old_locks(&folder)).map(|lock| told(&lock)).collect()
}

fn told(lock: &Path) -> Check {
    let shown = lock.display();
    let found = format!("{shown} is older than {} minutes", OLD.as_secs() / 60);
    let hint = format!("if no git works in this repository: rm {shown}");
    Check::warn("git locks", found, hint)
}

fn old_locks(folder: &Path) -> Vec<PathBuf> {
    let worktrees = std::fs::read_dir(folder.join("worktrees")).into_iter().flatten().flatten();
    let folders = std::iter::once(folder.to_owned()).chain(worktrees.map(|entry| entry.path()));
    let locks = folders.flat_map(|folder| LOCKS.map(|name| folder.join(name)));
    locks.filter(|lock| is_old(lock)).collect()
}

fn is_old(lock: &Path) -> bool {
    let modified = lock.symlink_metadata().and_then(|facts| facts.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn old_ones_are_told_and_fresh_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(place("worktrees/a")).unwrap();
        let old = ["packed-refs.lock", "worktrees/a/index.lock"].map(place);
        for lock in &old {
            let file = std::fs::File::create(lock).unwrap();
            file.set_modified(SystemTime::now() - 2 * OLD).unwrap();
        }
        std::fs::write(place("config.lock"), "").unwrap();
        assert_eq!(old_locks(dir.path()), old);
        assert!(told(&old[0]).hint.contains("packed-refs.lock"));
    }
}
