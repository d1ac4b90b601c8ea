//! Copies into a fresh worktree what the main checkout has and git does not keep, as
//! `.worktreeinclude` lists it (the syntax of `.gitignore`): local settings, keys for tests.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::beneath::{Beneath, Found, is_plain};
use super::git::Git;

/// The list's name in the repository.
const LIST: &str = ".worktreeinclude";
/// The longest list that is read, in bytes.
const MOST_LIST: u64 = 64 << 10;
/// The largest file that is copied, in bytes: settings and test data, no disk images.
const MOST_FILE: u64 = 64 << 20;
/// The most that is copied, in bytes and in files; what is larger is better linked.
const MOST_BYTES: u64 = 256 << 20;
const MOST_FILES: usize = 10_000;
/// Lines in the answer about files that were left out; the rest is a number.
const MOST_LINES: usize = 5;

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Included {
    /// Files that were copied.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// A line for each thing that was left out, for a person.
    pub left_out: Vec<String>,
}

/// Copies from `main` to `worktree` every file that the list names and that is ignored or untracked
/// in `main`. Symbolic links, nested repositories and what is over the limits are left out and told.
/// What is in the worktree already stays; done again it copies what is missing.
///
/// # Errors
/// When git or the system refuses; a file that was half copied is removed.
pub async fn include(git: &Git, main: &Path, worktree: &Path) -> Result<Included, WorkspaceError> {
    match Beneath::new(main)?.look(Path::new(LIST))? {
        Found::Nothing => return Ok(Included::default()),
        Found::File { bytes } if bytes <= MOST_LIST => {}
        Found::File { .. } | Found::Other => {
            let line = format!("{LIST} is not read: it is no file of at most {MOST_LIST} bytes");
            return Ok(Included { left_out: vec![line], ..Included::default() });
        }
    }
    // No other patterns are given, so these are the untracked files, ignored ones among them, that
    // the list names.
    let listed = format!("--exclude-from={LIST}");
    let arguments = ["ls-files", "--others", "--ignored", "-z", &listed];
    let output = git.read(main, &arguments).await?;
    let mut names: Vec<PathBuf> = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| PathBuf::from(OsStr::from_bytes(name)))
        .collect();
    if output.cut {
        // The last one is half a name.
        names.pop();
    }
    let (main, worktree) = (main.to_owned(), worktree.to_owned());
    let cut = output.cut;
    tokio::task::spawn_blocking(move || copy_all(&main, &worktree, &names, cut)).await?
}

fn copy_all(
    main: &Path,
    worktree: &Path,
    names: &[PathBuf],
    cut: bool,
) -> Result<Included, WorkspaceError> {
    let (from, to) = (Beneath::new(main)?, Beneath::new(worktree)?);
    let mut done = Included::default();
    let mut left: Vec<(String, &str)> = Vec::new();
    for path in names {
        let mut leave = |why| left.push((path.display().to_string(), why));
        let found =
            if is_plain(path) && !is_folder(path) { from.look(path)? } else { Found::Other };
        match found {
            Found::Nothing => {}
            Found::Other => leave("is no plain file"),
            Found::File { bytes } if bytes > MOST_FILE => leave("is too large"),
            Found::File { bytes }
                if done.bytes + bytes > MOST_BYTES || done.files == MOST_FILES =>
            {
                leave("is over what is copied in all");
            }
            Found::File { .. } if to.look(path)? != Found::Nothing => {}
            Found::File { .. } => {
                done.bytes += copy(&from, &to, worktree, path)?;
                done.files += 1;
            }
        }
    }
    let more = left.len().saturating_sub(MOST_LINES);
    done.left_out = left
        .iter()
        .take(MOST_LINES)
        .map(|(path, why)| format!("{path} is not copied: it {why}"))
        .collect();
    if more > 0 || cut {
        let count = if cut { "more".to_owned() } else { format!("{more} more") };
        done.left_out.push(format!("{count} files of {LIST} are not copied"));
    }
    Ok(done)
}

/// git names a nested repository with a slash at the end.
fn is_folder(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b"/")
}

fn copy(from: &Beneath, to: &Beneath, worktree: &Path, path: &Path) -> Result<u64, WorkspaceError> {
    let mut source = from.read(path)?;
    let mode = source.metadata().map_err(WorkspaceError::io("look at", path))?.permissions().mode();
    let mut target = to.create(path, mode & 0o777)?;
    let copied = copy_bounded(&mut source, &mut target);
    if copied.is_err() {
        // The error of the copy is the one to tell.
        let _ = std::fs::remove_file(worktree.join(path));
    }
    copied.map_err(WorkspaceError::io("copy", path))
}

/// A file that grows meanwhile, or is none any more, is not copied without end.
fn copy_bounded(source: &mut File, target: &mut File) -> std::io::Result<u64> {
    use std::io::Read;
    std::io::copy(&mut source.take(MOST_FILE), target)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;
    use crate::config::Environment;

    fn repository() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let init = Command::new("git").args(["init", "-q"]).current_dir(root.path()).status();
        assert!(init.unwrap().success());
        root
    }

    #[tokio::test]
    async fn copies_what_is_listed_and_not_tracked() {
        let (main, worktree) = (repository(), tempfile::tempdir().unwrap());
        let write = |path: &str, text: &str| {
            let file = main.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write(".gitignore", ".env*\n");
        write(".worktreeinclude", ".env*\n!.env.not\nlocal/\n/link\ntracked\n");
        write(".env", "secret");
        write("deep/.env.test", "deep");
        write(".env.not", "no");
        write("local/a/b", "untracked");
        write("other", "not listed");
        write("tracked", "kept by git");
        symlink("/etc/passwd", main.path().join("link")).unwrap();
        let add = Command::new("git").args(["add", "tracked"]).current_dir(main.path()).status();
        assert!(add.unwrap().success());
        std::fs::set_permissions(main.path().join(".env"), PermissionsExt::from_mode(0o600))
            .unwrap();
        let git = Git::find(&Environment::of_process()).unwrap();
        let done = include(&git, main.path(), worktree.path()).await.unwrap();
        assert_eq!(done.files, 3, "{done:?}");
        assert_eq!(done.left_out, ["link is not copied: it is no plain file"]);
        let copy = worktree.path().join(".env");
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), "secret");
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for (path, there) in [
            ("deep/.env.test", true),
            ("local/a/b", true),
            (".env.not", false),
            ("tracked", false),
            ("other", false),
            ("link", false),
        ] {
            assert_eq!(worktree.path().join(path).exists(), there, "{path}");
        }
        std::fs::write(&copy, "changed").unwrap();
        let again = include(&git, main.path(), worktree.path()).await.unwrap();
        assert_eq!(again.files, 0);
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), "changed");
    }

    #[tokio::test]
    async fn a_folder_that_leads_out_is_not_followed() {
        let (main, worktree) = (repository(), tempfile::tempdir().unwrap());
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir(main.path().join("a")).unwrap();
        std::fs::write(main.path().join("a/x"), "x").unwrap();
        std::fs::write(main.path().join(".worktreeinclude"), "a/\n").unwrap();
        symlink(outside.path(), worktree.path().join("a")).unwrap();
        let git = Git::find(&Environment::of_process()).unwrap();
        include(&git, main.path(), worktree.path()).await.unwrap();
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
