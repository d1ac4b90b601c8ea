//! Random worktrees in every situation that git's own removal gets wrong.

use ao::workspace::revive_branch;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::cleaning::compare;
use super::*;

/// Something that an agent may have done.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Edit(u8),
    Delete(u8),
    Stage(u8),
    Executable(u8),
    Rename(u8),
    Untracked(u8),
    OddName(u8),
    Ignored(u8),
    Cache(u8),
    Nested(u8),
    Submodule,
    Assume(u8),
    Skip(u8),
    Hide,
    Commit(u8),
    Amend(u8),
    Detach,
    Switch(u8),
    Rebase,
    Merge,
    CherryPick,
    Bisect,
    Stash(u8),
    IntentToAdd(u8),
    EmptyFolder(u8),
    ReadOnly(u8),
    Link(u8),
    Filter(u8),
    OwnRef,
}

fn deed() -> impl Strategy<Value = Deed> {
    let n = any::<u8>();
    let plain = [
        Deed::Submodule,
        Deed::Hide,
        Deed::Detach,
        Deed::Rebase,
        Deed::Merge,
        Deed::CherryPick,
        Deed::Bisect,
        Deed::OwnRef,
    ];
    let with: [fn(u8) -> Deed; 21] = [
        Deed::Edit,
        Deed::Delete,
        Deed::Stage,
        Deed::Executable,
        Deed::Rename,
        Deed::Untracked,
        Deed::OddName,
        Deed::Ignored,
        Deed::Cache,
        Deed::Nested,
        Deed::Assume,
        Deed::Skip,
        Deed::Commit,
        Deed::Amend,
        Deed::Switch,
        Deed::Stash,
        Deed::IntentToAdd,
        Deed::EmptyFolder,
        Deed::ReadOnly,
        Deed::Link,
        Deed::Filter,
    ];
    prop_oneof![
        3 => (proptest::sample::select(with.to_vec()), n).prop_map(|(deed, n)| deed(n)),
        1 => proptest::sample::select(plain.to_vec()),
    ]
}

struct Agent<'a> {
    lab: &'a Lab,
    at: PathBuf,
}

impl Agent<'_> {
    /// git, which may refuse: an agent's commands do, too.
    fn git(&self, arguments: &[&str]) {
        person(self.lab.root.path(), &self.at, arguments);
    }

    fn file(&self, n: u8) -> String {
        format!("d{}/f{}", n % 4, n % 40 / 4 * 4 + n % 4)
    }

    /// Writes where it can: a folder may be a file by now.
    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.at.join(path);
        let _ = fs::create_dir_all(path.parent().unwrap());
        let _ = fs::write(path, bytes);
    }

    fn act(&self, deed: Deed, step: usize) {
        let text = format!("step {step} {deed:?}\n");
        match deed {
            Deed::Edit(n) => self.write(&self.file(n), text.as_bytes()),
            Deed::Delete(n) => drop(fs::remove_file(self.at.join(self.file(n)))),
            Deed::Stage(n) => {
                self.write(&self.file(n), text.as_bytes());
                self.git(&["add", &self.file(n)]);
            }
            Deed::Executable(n) => {
                let mode = fs::Permissions::from_mode(if n % 2 == 0 { 0o755 } else { 0o600 });
                let _ = fs::set_permissions(self.at.join(self.file(n)), mode);
            }
            Deed::Rename(n) => self.git(&["mv", &self.file(n), &format!("renamed{n}")]),
            Deed::Untracked(n) => self.write(&format!("new{}/u{n}", n % 3), text.as_bytes()),
            Deed::OddName(n) => self.odd_name(n),
            Deed::Ignored(n) => self.write(&format!("new{}/x{n}.secret", n % 3), &[n, 0, 255]),
            Deed::Cache(n) => self.write(&format!("new{}/node_modules/m{n}", n % 3), b"m"),
            Deed::Nested(n) => self.nested(n),
            Deed::Submodule => {
                let from = self.lab.root.path().join("library");
                self.git(&["submodule", "add", "-q", from.to_str().unwrap(), "library"]);
                self.write("library/changed", text.as_bytes());
            }
            Deed::Assume(n) => {
                self.git(&["update-index", "--assume-unchanged", &self.file(n)]);
                self.write(&self.file(n), text.as_bytes());
            }
            Deed::Skip(n) => {
                self.git(&["update-index", "--skip-worktree", &self.file(n)]);
                self.write(&self.file(n), text.as_bytes());
            }
            Deed::IntentToAdd(n) => {
                self.write(&format!("soon{n}"), text.as_bytes());
                self.git(&["add", "--intent-to-add", &format!("soon{n}")]);
            }
            Deed::EmptyFolder(n) => {
                drop(fs::create_dir_all(self.at.join(format!("empty{n}/inner"))));
            }
            Deed::ReadOnly(n) => {
                self.write(&format!("locked{n}/f"), text.as_bytes());
                let mode = fs::Permissions::from_mode(0o555);
                let _ = fs::set_permissions(self.at.join(format!("locked{n}")), mode);
            }
            Deed::Link(n) => drop(symlink(format!("to{n}"), self.at.join(format!("link{n}")))),
            Deed::Filter(n) => {
                self.write(".gitattributes", b"*.crlf text eol=crlf\n");
                self.write(&format!("f{n}.crlf"), b"one\r\ntwo\nthree\r\n");
                self.git(&["add", "."]);
                self.git(&["commit", "-q", "-m", "mixed"]);
            }
            other => self.history(other, step),
        }
    }

    fn history(&self, deed: Deed, step: usize) {
        let message = format!("step {step}");
        match deed {
            Deed::Hide => self.git(&["config", "status.showUntrackedFiles", "no"]),
            Deed::Commit(n) => {
                self.write(&self.file(n), message.as_bytes());
                self.git(&["commit", "-q", "-a", "--allow-empty", "-m", &message]);
            }
            Deed::Amend(n) => {
                self.write(&self.file(n), message.as_bytes());
                self.git(&["commit", "-q", "--amend", "-a", "--allow-empty", "-m", &message]);
            }
            Deed::Detach => self.git(&["checkout", "-q", "--detach"]),
            Deed::Switch(n) => self.git(&["checkout", "-q", "-b", &format!("own-{step}-{n}")]),
            Deed::Rebase => {
                self.conflict(step);
                self.git(&["rebase", &format!("other-{step}")]);
            }
            Deed::Merge => {
                self.conflict(step);
                self.git(&["merge", &format!("other-{step}")]);
            }
            Deed::CherryPick => {
                self.conflict(step);
                self.git(&["cherry-pick", &format!("other-{step}")]);
            }
            Deed::Bisect => self.git(&["bisect", "start", "HEAD", "HEAD~1"]),
            Deed::Stash(n) => {
                self.write(&self.file(n), message.as_bytes());
                self.git(&["stash", "push", "-q"]);
            }
            Deed::OwnRef => {
                self.git(&["commit", "-q", "--allow-empty", "-m", &message]);
                self.git(&["update-ref", "refs/worktree/own", "HEAD"]);
                self.git(&["reset", "-q", "--soft", "HEAD~1"]);
            }
            other => unreachable!("{other:?} is no deed of history"),
        }
    }

    /// Two commits that do not go together, the other one on no branch in the end.
    fn conflict(&self, step: usize) {
        let other = format!("other-{step}");
        self.git(&["checkout", "-q", "-b", &other]);
        self.write("d0/f0", b"theirs\n");
        self.git(&["commit", "-q", "-a", "-m", "theirs"]);
        self.git(&["checkout", "-q", "-"]);
        self.write("d0/f0", b"ours\n");
        self.git(&["commit", "-q", "-a", "-m", "ours"]);
    }

    fn odd_name(&self, n: u8) {
        use std::os::unix::ffi::OsStrExt;
        let names: [&[u8]; 8] = [
            b"new line\n",
            b"\xff\xfe",
            b"100%",
            b".GIT",
            b"git~1",
            b"back\\slash",
            b"-rf",
            "é日".as_bytes(),
        ];
        let name = std::ffi::OsStr::from_bytes(names[usize::from(n) % names.len()]);
        let _ = fs::write(self.at.join(name), [n]);
    }

    fn nested(&self, n: u8) {
        // Plain, ignored, and in a cache.
        let path = ["inner", "inner.secret", "node_modules/inner"][usize::from(n) % 3];
        self.git(&["init", "-q", path]);
        self.write(&format!("{path}/n"), &[n]);
        let inner = Agent { lab: self.lab, at: self.at.join(path) };
        inner.git(&["add", "."]);
        inner.git(&["commit", "-q", "-m", "only here"]);
        inner.write("later", &[n]);
    }
}

fn lab() -> Lab {
    let lab = Lab::new();
    fs::write(lab.repo().join(".gitignore"), "*.secret\nnode_modules/\n").unwrap();
    lab.run(&lab.repo(), &["add", "."]);
    lab.run(&lab.repo(), &["commit", "-q", "-m", "ignore"]);
    lab.run(lab.root.path(), &["init", "-q", "library"]);
    let library = lab.root.path().join("library");
    lab.run(&library, &["commit", "-q", "--allow-empty", "-m", "library"]);
    lab
}

/// Cache folders go, all but the repositories in them.
fn without_caches(picture: cleaning::Picture) -> cleaning::Picture {
    let goes = |name: &String| {
        name.split_once("\"node_modules\"").is_some_and(|(_, rest)| !rest.starts_with("/\"inner\""))
    };
    picture.into_iter().filter(|(name, _)| !goes(name)).collect()
}

/// Files and links without their permissions, of which git keeps one bit.
fn contents(picture: &cleaning::Picture) -> BTreeMap<&str, &str> {
    let files = picture.iter().filter(|(name, content)| {
        name.starts_with("work/\"")
            && !name.starts_with("work/\".git\"")
            && !content.starts_with("folder")
    });
    files.map(|(name, content)| (name.as_str(), content.rsplit(' ').next().unwrap())).collect()
}

const STATUS: &[&str] =
    &["status", "--porcelain=v2", "--branch", "--untracked-files=all", "--ignored=no"];

async fn there_and_back(lab: &Lab, session: &str, deeds: &[Deed]) {
    let spec = lab.added(session).await;
    let agent = Agent { lab, at: spec.path.clone() };
    for (step, deed) in deeds.iter().enumerate() {
        agent.act(*deed, step);
    }
    let status = lab.run(&spec.path, STATUS);
    let stash = lab.run(&lab.repo(), &["stash", "list"]);
    let before = without_caches(lab.picture(&spec));
    let objects = lab.run(&spec.path, &["rev-list", "--all", "--reflog", "HEAD"]);
    let slot = lab.clean(&spec, false).await;
    assert_eq!(lab.run(&lab.repo(), &["stash", "list"]), stash);
    lab.run(&lab.repo(), &["prune", "--expire=now"]);
    // It fails when one of them is missing.
    let all: Vec<&str> = ["rev-list", "--no-walk"].into_iter().chain(objects.lines()).collect();
    lab.run(&lab.repo(), &all);
    let Some(slot) = slot else {
        // There was nothing to preserve: the branch alone gives the same files.
        revive_branch(&lab.git, &lab.locks, &spec, &spec.base).await.unwrap();
        reattach(&lab.git, &lab.locks, &spec).await.unwrap();
        assert_eq!(contents(&without_caches(lab.picture(&spec))), contents(&before));
        return;
    };
    let notices = lab.back(&spec, &slot).await;
    assert_eq!(notices, [""; 0]);
    compare(&before, &without_caches(lab.picture(&spec)));
    assert_eq!(lab.run(&spec.path, STATUS), status);
    lab.run(&lab.repo(), &["fsck", "--no-dangling", "--no-progress"]);
}

#[test]
fn random_worktrees_come_back_byte_for_byte() {
    let cases = std::env::var("AO_TEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let deeds = proptest::collection::vec(deed(), 1..12);
    let checked = TestRunner::new(config).run(&deeds, |deeds| {
        // A repository of its own: what one case does must not help another.
        let lab = lab();
        runtime.block_on(there_and_back(&lab, "repo-1", &deeds));
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn what_stands_elsewhere_than_its_branch_comes_back_there() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // In the end HEAD is on the branch that was merged into the session's own.
    let deeds = [Deed::Merge, Deed::Rebase];
    runtime.block_on(there_and_back(&lab(), "repo-1", &deeds));
}

#[test]
fn every_single_deed_is_undone_by_a_restore() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lab = lab();
    let all = [
        Deed::Edit(1),
        Deed::Delete(1),
        Deed::Stage(1),
        Deed::Executable(1),
        Deed::Executable(2),
        Deed::Rename(1),
        Deed::Untracked(1),
        Deed::Ignored(1),
        Deed::Cache(1),
        Deed::Nested(0),
        Deed::Nested(1),
        Deed::Nested(2),
        Deed::Submodule,
        Deed::Assume(1),
        Deed::Skip(1),
        Deed::Commit(1),
        Deed::Amend(1),
        Deed::Detach,
        Deed::Switch(1),
        Deed::Rebase,
        Deed::Merge,
        Deed::CherryPick,
        Deed::Bisect,
        Deed::Stash(1),
        Deed::IntentToAdd(1),
        Deed::EmptyFolder(1),
        Deed::ReadOnly(1),
        Deed::Link(1),
        Deed::Filter(1),
        Deed::OwnRef,
    ];
    for (n, deed) in all.into_iter().enumerate() {
        // Beside it always something that has to be kept.
        let deeds = [Deed::Untracked(2), deed];
        runtime.block_on(there_and_back(&lab, &format!("repo-{n}"), &deeds));
    }
    for n in 0..8 {
        let deeds = [Deed::OddName(n), Deed::Detach];
        runtime.block_on(there_and_back(&lab, &format!("repo-odd{n}"), &deeds));
    }
}
