//! A git repository to try things in.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository of a sandbox.
pub struct Repository {
    path: PathBuf,
    home: PathBuf,
}

impl Repository {
    /// A new one with one commit on `main`.
    pub fn new(path: PathBuf, home: &Path) -> Self {
        let repository = Self::empty(path, home);
        std::fs::write(repository.path.join("README"), "a project\n").unwrap();
        repository.git(&["add", "README"]);
        repository.git(&["commit", "-q", "-m", "first"]);
        repository
    }

    /// A new one without a commit.
    pub fn empty(path: PathBuf, home: &Path) -> Self {
        std::fs::create_dir_all(&path).unwrap();
        let repository = Self { path, home: home.to_owned() };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs git in it and returns what it printed.
    pub fn git(&self, args: &[&str]) -> String {
        git(&self.path, &self.home, args)
    }

    pub fn branches(&self) -> Vec<String> {
        let out = self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        out.lines().map(str::to_owned).collect()
    }

    /// Paths of all worktrees, the main one first.
    pub fn worktrees(&self) -> Vec<String> {
        let out = self.git(&["worktree", "list", "--porcelain"]);
        out.lines().filter_map(|line| line.strip_prefix("worktree ")).map(str::to_owned).collect()
    }
}

/// git with an identity of its own, in any directory.
pub fn git(dir: &Path, home: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}
