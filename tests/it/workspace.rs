//! Repositories and worktrees against real git.

mod adding;
mod cleaning;
mod reattaching;
mod repositories;
mod undoing;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ao::config::Environment;
use ao::model::ids::{ProjectId, SessionId};
use ao::workspace::{
    Deadlines, Git, Head, Reattached, RepositoryLocks, WorkspaceError, WorktreeRequest,
    WorktreeSpec, add, branch_state, check_out, create, inspect, inspect_worktree, local_branches,
    new_nonce, prepare, reattach, resolve_base, seal, undo, unseal, verify,
};

/// A repository with commits, and a place for worktrees, in a directory that goes away.
struct Lab {
    root: tempfile::TempDir,
    git: Git,
    locks: RepositoryLocks,
}

impl Lab {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        let git = Git::find(&environment(root.path(), "")).unwrap();
        let lab = Self { root, git, locks: RepositoryLocks::new() };
        lab.run(lab.root.path(), &["init", "-q", "-b", "main", "repo"]);
        for n in 0..40 {
            let folder = lab.repo().join(format!("d{}", n % 4));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("f{n}")), format!("content {n}\n")).unwrap();
        }
        lab.run(&lab.repo(), &["add", "."]);
        lab.run(&lab.repo(), &["commit", "-q", "-m", "one"]);
        lab
    }

    fn repo(&self) -> PathBuf {
        self.root.path().join("repo")
    }

    /// git as a person runs it.
    fn run(&self, directory: &Path, arguments: &[&str]) -> String {
        let output = person(self.root.path(), directory, arguments);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {words}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn request(&self, session: &str) -> WorktreeRequest {
        WorktreeRequest {
            repo_root: self.repo(),
            default_branch: "main".into(),
            path: self.root.path().join("data/worktrees/repo").join(session),
            branch: format!("worker/{session}"),
            base: None,
            session: SessionId::parse(session).unwrap(),
            project: ProjectId::parse("repo").unwrap(),
        }
    }

    fn spec(&self, session: &str) -> WorktreeSpec {
        prepare(self.request(session), new_nonce().unwrap()).unwrap()
    }

    async fn added(&self, session: &str) -> WorktreeSpec {
        let spec = self.spec(session);
        add(&self.git, &self.locks, &spec).await.unwrap();
        spec
    }

    async fn undo(&self, spec: &WorktreeSpec) -> (bool, bool) {
        let undone = undo(&self.git, &self.locks, spec).await.unwrap();
        (undone.worktree, undone.branch)
    }

    /// A git that is this shell script; `$REAL` is the real one.
    fn with_git(&self, script: &str, deadline: Duration) -> Git {
        let bin = self.root.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let real = Command::new("sh").args(["-c", "command -v git"]).output().unwrap().stdout;
        let real = String::from_utf8(real).unwrap();
        let text = format!("#!/bin/bash\nREAL={}\n{script}\n", real.trim());
        // Written elsewhere and renamed: a script that is open for writing cannot be run.
        fs::write(bin.join("draft"), text).unwrap();
        fs::set_permissions(bin.join("draft"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(bin.join("draft"), bin.join("git")).unwrap();
        let deadlines = Deadlines { read: deadline, change: deadline };
        let prefix = format!("{}:", bin.display());
        Git::find(&environment(self.root.path(), &prefix)).unwrap().with_deadlines(deadlines)
    }

    /// Everything that a bystander must find as it was: refs, worktrees, the main checkout.
    fn inventory(&self) -> String {
        let repo = self.repo();
        [
            self.run(&repo, &["for-each-ref"]),
            self.run(&repo, &["worktree", "list", "--porcelain"]),
            self.run(&repo, &["status", "--porcelain=v2", "--branch", "--untracked-files=all"]),
            self.run(&repo, &["stash", "list"]),
            fs::read_to_string(repo.join(".git/config")).unwrap(),
        ]
        .join("\n--\n")
    }

    /// Nothing is in the folder of worktrees.
    fn assert_no_folders(&self) {
        let folder = self.root.path().join("data/worktrees/repo");
        let left: Vec<_> = fs::read_dir(folder).map(|d| d.flatten().collect()).unwrap_or_default();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn environment(root: &Path, path_prefix: &str) -> Environment {
    let path = format!("{path_prefix}{}", std::env::var("PATH").unwrap());
    let home = root.join("home");
    Environment::of([("PATH", path), ("HOME", home.to_str().unwrap().to_owned())])
}

fn person(root: &Path, directory: &Path, arguments: &[&str]) -> std::process::Output {
    let identity: BTreeMap<&str, &str> = [
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@example.org"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@example.org"),
    ]
    .into();
    Command::new("git")
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", root.join("home"))
        .envs(identity)
        .output()
        .unwrap()
}
