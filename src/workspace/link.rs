//! Symbolic links from a fresh worktree to paths of the main checkout, as `ao.toml` lists them.

use std::path::Path;

use super::WorkspaceError;
use super::beneath::{Beneath, Found, is_plain};

/// Makes a link in `worktree` for each of `paths` (relative, plain) that the main checkout has.
/// What is in the worktree already stays; done again it changes nothing. Returns a line for each
/// that was left out, for a person.
///
/// # Errors
/// When the system refuses; links made until then stay.
pub fn link(main: &Path, worktree: &Path, paths: &[String]) -> Result<Vec<String>, WorkspaceError> {
    let (from, to) = (Beneath::new(main)?, Beneath::new(worktree)?);
    let mut left_out = Vec::new();
    for text in paths {
        let path = Path::new(text);
        if !is_plain(path) {
            left_out.push(format!("{text} is not linked: it is no path below the checkout"));
        } else if from.look(path)? == Found::Nothing {
            left_out.push(format!("{text} is not linked: the main checkout has none"));
        } else if to.look(path)? == Found::Nothing {
            to.link(path, &main.join(path))?;
        } else if std::fs::read_link(worktree.join(path)).ok() != Some(main.join(path)) {
            left_out.push(format!("{text} is not linked: the worktree has one of its own"));
        }
    }
    Ok(left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_what_is_there_and_tells_of_the_rest() {
        let main = tempfile::tempdir().unwrap();
        let worktree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(main.path().join("deep/modules")).unwrap();
        std::fs::write(main.path().join("own"), "main").unwrap();
        std::fs::write(worktree.path().join("own"), "mine").unwrap();
        let paths = ["deep/modules", "own", "missing", "../x"].map(str::to_owned);
        for _ in 0..2 {
            let told = link(main.path(), worktree.path(), &paths).unwrap();
            assert_eq!(told.len(), 3, "{told:?}");
        }
        let target = std::fs::read_link(worktree.path().join("deep/modules")).unwrap();
        assert_eq!(target, main.path().join("deep/modules"));
        assert_eq!(std::fs::read_to_string(worktree.path().join("own")).unwrap(), "mine");
    }
}
