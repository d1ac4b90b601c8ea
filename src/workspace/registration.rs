//! The repository's records of its linked worktrees, as gitrepository-layout(5) describes them.
//! Read as files: they must be understood also where git was killed half-way and reports nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::mark::{Mark, Marked};
use super::spec::WorktreeSpec;

/// One folder in `worktrees/` of the common git directory.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    /// The folder.
    pub(super) admin: PathBuf,
    /// The `.git` file of the checkout, if that was recorded already.
    pub(super) git_file: Option<PathBuf>,
    /// Why it is locked; `None`: it is not.
    pub(super) lock_reason: Option<String>,
    /// The mark in it.
    pub(super) marked: Marked,
}

impl Registration {
    fn read(admin: PathBuf) -> Self {
        let line = |name: &str| fs::read_to_string(admin.join(name)).ok();
        Self {
            git_file: line("gitdir").map(|l| PathBuf::from(l.trim_end_matches('\n'))),
            lock_reason: line("locked").map(|l| l.trim_end_matches('\n').to_owned()),
            marked: Mark::read(&admin),
            admin,
        }
    }

    /// The checkout's folder, which need not exist.
    pub(super) fn checkout(&self) -> Option<PathBuf> {
        self.git_file.as_ref()?.parent().map(Path::to_owned)
    }

    /// Whether it was made for this very spec: the mark carries its nonce, or, where git was ended
    /// before the mark could be written, the lock that git writes first does.
    pub(super) fn is_of(&self, spec: &WorktreeSpec) -> bool {
        match &self.marked {
            Marked::Yes(mark) => mark.nonce == spec.nonce && mark.session == spec.session,
            Marked::No => self.lock_reason.as_deref() == Some(&spec.lock_reason()),
            Marked::Unreadable => false,
        }
    }

    /// Whether it got its mark.
    pub(super) fn is_marked(&self) -> bool {
        matches!(self.marked, Marked::Yes(_))
    }

    /// Whether an agent was let in.
    pub(super) fn is_sealed(&self) -> bool {
        matches!(&self.marked, Marked::Yes(mark) if mark.sealed)
    }

    /// Whether its checkout is at `path`, also when a symbolic link leads there.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.checkout().is_some_and(|checkout| same_place(&checkout, path))
    }
}

/// All linked worktrees of a repository.
pub(super) fn registrations(common_dir: &Path) -> Result<Vec<Registration>, WorkspaceError> {
    let folder = common_dir.join("worktrees");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(WorkspaceError::io("list", folder)(e)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.map_err(WorkspaceError::io("list", &folder))?;
        all.push(Registration::read(entry.path()));
    }
    Ok(all)
}

/// The registration that was made for this spec.
pub(super) fn of_spec(
    common_dir: &Path,
    spec: &WorktreeSpec,
) -> Result<Option<Registration>, WorkspaceError> {
    Ok(registrations(common_dir)?.into_iter().find(|r| r.is_of(spec)))
}

/// The registration of whoever has a checkout at `path`.
pub(super) fn at_path(
    common_dir: &Path,
    path: &Path,
) -> Result<Option<Registration>, WorkspaceError> {
    Ok(registrations(common_dir)?.into_iter().find(|r| r.is_at(path)))
}

/// The branches that a git directory holds: HEAD's, and those that a rebase or a bisection goes
/// back to.
pub(super) fn held_branches(git_dir: &Path) -> Vec<String> {
    let mut held = Vec::new();
    for (file, prefix) in [
        ("HEAD", "ref: refs/heads/"),
        ("rebase-merge/head-name", "refs/heads/"),
        ("rebase-apply/head-name", "refs/heads/"),
        ("BISECT_START", ""),
    ] {
        let text = fs::read_to_string(git_dir.join(file)).unwrap_or_default();
        if let Some(name) = text.trim_end().strip_prefix(prefix).filter(|n| !n.is_empty()) {
            held.push(name.to_owned());
        }
    }
    held
}

/// Whether two paths name one place; the last part of each need not exist.
fn same_place(a: &Path, b: &Path) -> bool {
    let resolved = |path: &Path| {
        let parent = path.parent().and_then(|p| p.canonicalize().ok());
        parent.zip(path.file_name().map(ToOwned::to_owned))
    };
    a == b || resolved(a).is_some_and(|a| resolved(b).is_some_and(|b| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_made_registrations_are_read() {
        let root = tempfile::tempdir().unwrap();
        assert!(registrations(root.path()).unwrap().is_empty());
        let admin = root.path().join("worktrees/x");
        fs::create_dir_all(&admin).unwrap();
        fs::write(admin.join("locked"), "initializing").unwrap();
        let all = registrations(root.path()).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].lock_reason.as_deref(), Some("initializing"));
        assert_eq!(all[0].checkout(), None);
        assert!(!all[0].is_at(Path::new("/x")));
    }

    #[test]
    fn links_lead_to_the_same_place() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("real");
        fs::create_dir(&real).unwrap();
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(same_place(&real.join("w"), &link.join("w")));
        assert!(!same_place(&real.join("w"), &link.join("v")));
        assert!(!same_place(&root.path().join("no/w"), &link.join("w")));
    }

    #[test]
    fn a_rebase_holds_its_branch() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("HEAD"), "0123\n").unwrap();
        fs::create_dir(root.path().join("rebase-merge")).unwrap();
        fs::write(root.path().join("rebase-merge/head-name"), "refs/heads/w\n").unwrap();
        assert_eq!(held_branches(root.path()), ["w"]);
    }
}
