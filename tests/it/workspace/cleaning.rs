//! Work that is preserved, removed and brought back byte for byte.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use ao::model::ids::Generation;
use ao::model::session::{EndReason, Kind, Phase};
use ao::model::work::{Obstacle, Standing, Verdict, What, decide};
use ao::workspace::{
    Preserved, Scan, Slot, finish_removal, is_under_way, preserve, quiet, remove, restore,
    revive_branch, scan, was_restored,
};

use super::*;

/// Everything that must come back: each file and folder of the worktree with its content and
/// permissions, and each file of its git directory.
pub type Picture = BTreeMap<String, String>;

impl Lab {
    pub fn preserved(&self, spec: &WorktreeSpec) -> PathBuf {
        self.root.path().join("data/preserved").join(spec.session.as_str())
    }

    pub async fn scanned(&self, spec: &WorktreeSpec) -> Arc<Scan> {
        Arc::new(scan(&self.git, spec, "main").await.unwrap())
    }

    pub fn verdict(&self, scan: &Scan, discard: bool) -> Verdict {
        let phase = Phase::Ended { reason: EndReason::Exited { code: 0 } };
        let standing = Standing { kind: Kind::Worker, phase: &phase, removed: false };
        decide(standing, &scan.found, discard)
    }

    pub async fn kept(&self, spec: &WorktreeSpec, scan: &Arc<Scan>, discard: bool) -> Preserved {
        let folder = self.preserved(spec);
        let tools = (&self.git, &self.locks);
        preserve(tools, spec, scan, &folder, (Generation(1), discard)).await.unwrap()
    }

    /// What `ao clean --yes` does. Returns where the work is, if there was any.
    pub async fn clean(&self, spec: &WorktreeSpec, discard: bool) -> Option<Slot> {
        let quiet = quiet(&self.git, spec).await.unwrap();
        let scan = self.scanned(spec).await;
        let Verdict::Remove { preserve } = self.verdict(&scan, discard) else {
            panic!("it would be kept: {:?}", scan.found.obstacles);
        };
        let preserved = if preserve { Some(self.kept(spec, &scan, discard).await) } else { None };
        let tools = (&self.git, &self.locks);
        remove(tools, (spec, "main"), &scan, quiet, preserved.as_ref()).await.unwrap();
        assert!(!spec.path.exists());
        preserved.map(|preserved| preserved.slot)
    }

    pub async fn back(&self, spec: &WorktreeSpec, slot: &Slot) -> Vec<String> {
        restore(&self.git, &self.locks, spec, slot).await.unwrap().notices
    }

    pub fn admin(&self, spec: &WorktreeSpec) -> PathBuf {
        PathBuf::from(self.run(&spec.path, &["rev-parse", "--absolute-git-dir"]))
    }

    pub fn picture(&self, spec: &WorktreeSpec) -> Picture {
        let mut picture = Picture::new();
        draw(&spec.path, "work", &mut picture);
        draw(&self.admin(spec), "git", &mut picture);
        // Made by whoever locks it first.
        picture.remove("git/ao.lock");
        picture
    }
}

fn draw(path: &Path, name: &str, picture: &mut Picture) {
    let metadata = path.symlink_metadata().unwrap();
    let mode = metadata.permissions().mode() & 0o7777;
    if metadata.is_symlink() {
        let target = fs::read_link(path).unwrap();
        picture.insert(name.to_owned(), format!("link {target:?}"));
    } else if metadata.is_dir() {
        picture.insert(name.to_owned(), format!("folder {mode:o}"));
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            draw(&entry.path(), &format!("{name}/{:?}", entry.file_name()), picture);
        }
    } else if metadata.is_file() {
        let bytes = fs::read(path).unwrap();
        picture.insert(
            name.to_owned(),
            format!("file {mode:o} {:?}", bytes.escape_ascii().to_string()),
        );
    }
}

pub fn compare(before: &Picture, after: &Picture) {
    for (name, content) in before {
        assert_eq!(after.get(name), Some(content), "{name}");
    }
    let new: Vec<_> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    assert!(new.is_empty(), "{new:?}");
}

fn whats(scan: &Scan) -> Vec<(What, &str)> {
    scan.found.items.iter().map(|item| (item.what, item.name.as_str())).collect()
}

#[tokio::test]
async fn a_worktree_without_work_leaves_nothing_behind() {
    let lab = Lab::new();
    let before = lab.inventory();
    let spec = lab.added("repo-1").await;
    seal(&spec).unwrap();
    let scan = lab.scanned(&spec).await;
    assert_eq!(scan.found.items, []);
    let tip = scan.tip().unwrap();
    assert!(scan.branch_goes());
    assert_eq!(lab.clean(&spec, false).await, None);
    assert_eq!(lab.inventory(), before);
    lab.assert_no_folders();
    assert!(!lab.preserved(&spec).exists());
    // And it can still be had again.
    revive_branch(&lab.git, &lab.locks, &spec, &tip).await.unwrap();
    reattach(&lab.git, &lab.locks, &spec).await.unwrap();
    assert_eq!(fs::read_to_string(spec.path.join("d0/f4")).unwrap(), "content 4\n");
    assert_eq!(lab.clean(&spec, false).await, None);
    assert_eq!(lab.inventory(), before);
}

#[tokio::test]
async fn a_branch_with_commits_of_its_own_stays() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "work"]);
    let tip = lab.run(&spec.path, &["rev-parse", "HEAD"]);
    let scan = lab.scanned(&spec).await;
    assert_eq!(whats(&scan), [(What::Commits, "its branch")]);
    assert_eq!(lab.clean(&spec, false).await, None, "the branch holds it");
    assert_eq!(lab.run(&lab.repo(), &["rev-parse", "worker/repo-1"]), tip);
    // Merged it goes, and nothing of it is lost.
    lab.run(&lab.repo(), &["merge", "-q", "--ff-only", "worker/repo-1"]);
    reattach(&lab.git, &lab.locks, &spec).await.unwrap();
    assert_eq!(lab.clean(&spec, false).await, None);
    assert_eq!(lab.run(&lab.repo(), &["branch", "--list", "worker/*"]), "");
}

#[tokio::test]
async fn what_git_s_own_removal_would_lose_comes_back() {
    let lab = Lab::new();
    fs::write(lab.repo().join(".gitignore"), ".env\n*.sqlite\nresults/\nnode_modules/\n").unwrap();
    lab.run(&lab.repo(), &["add", "."]);
    lab.run(&lab.repo(), &["commit", "-q", "-m", "ignore"]);
    let spec = lab.added("repo-1").await;
    let at = |path: &str| spec.path.join(path);
    fs::write(at("untracked"), "u").unwrap();
    lab.run(&spec.path, &["config", "status.showUntrackedFiles", "no"]);
    fs::write(at("d0/f0"), "assumed").unwrap();
    lab.run(&spec.path, &["update-index", "--assume-unchanged", "d0/f0"]);
    fs::write(at("d0/f4"), "skipped").unwrap();
    lab.run(&spec.path, &["update-index", "--skip-worktree", "d0/f4"]);
    fs::write(at(".env"), "SECRET=1").unwrap();
    fs::set_permissions(at(".env"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(at("data.sqlite"), [0, 255, 10]).unwrap();
    fs::create_dir_all(at("results/deep")).unwrap();
    fs::write(at("results/deep/r"), "r").unwrap();
    fs::create_dir_all(at("node_modules/x")).unwrap();
    fs::write(at("node_modules/x/index.js"), "x").unwrap();
    fs::create_dir(at("empty")).unwrap();
    symlink("/nowhere", at("link")).unwrap();
    lab.run(&spec.path, &["init", "-q", "results/nested"]);
    fs::write(at("results/nested/n"), "n").unwrap();
    lab.run(&at("results/nested"), &["add", "n"]);
    lab.run(&at("results/nested"), &["commit", "-q", "-m", "only here"]);
    lab.run(&spec.path, &["checkout", "-q", "--detach"]);
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "on no branch"]);
    let loose = lab.run(&spec.path, &["rev-parse", "HEAD"]);
    let scan = lab.scanned(&spec).await;
    assert_eq!(
        whats(&scan),
        [
            (What::Hidden, "d0/f0"),
            (What::Hidden, "d0/f4"),
            (What::Untracked, "link"),
            (What::Untracked, "untracked"),
            (What::Ignored, ".env"),
            (What::Ignored, "data.sqlite"),
            (What::Ignored, "results/deep"),
            (What::Cache, "node_modules"),
            (What::Nested, "results/nested"),
            (What::Loose, "detached HEAD"),
            (What::Elsewhere, "detached HEAD"),
        ]
    );
    let mut before = lab.picture(&spec);
    before.retain(|name, _| !name.starts_with("work/\"node_modules\""));
    let slot = lab.clean(&spec, false).await.unwrap();
    let refs = lab.run(&lab.repo(), &["for-each-ref", "--format=%(refname)", "refs/ao"]);
    for name in ["head", "branch", "worktree", "index", "reflog"] {
        assert!(refs.contains(&format!("refs/ao/keep/repo-1/1/{name}")), "{refs}");
    }
    assert!(!refs.contains("SECRET"));
    let kept = lab.run(&lab.repo(), &["show", "refs/ao/keep/repo-1/1/worktree:d0/f0"]);
    assert_eq!(kept, "assumed");
    // The worst that may happen to objects meanwhile.
    lab.run(&lab.repo(), &["reflog", "expire", "--expire=now", "--all"]);
    lab.run(&lab.repo(), &["gc", "-q", "--prune=now"]);
    assert_eq!(lab.back(&spec, &slot).await, [""; 0]);
    compare(&before, &lab.picture(&spec));
    assert_eq!(lab.run(&spec.path, &["rev-parse", "HEAD"]), loose);
    lab.run(&lab.repo(), &["fsck", "--strict"]);
    // Restored, it is nothing special: it can be cleaned again, under another name.
    let again = lab.clean(&spec, false).await.unwrap();
    assert_eq!(again.name, "1-2");
    assert!(was_restored(&spec, &slot).unwrap() && !was_restored(&spec, &again).unwrap());
}

#[tokio::test]
async fn discarding_gives_up_what_is_ignored_and_nothing_else() {
    let lab = Lab::new();
    fs::write(lab.repo().join(".gitignore"), ".env\n").unwrap();
    lab.run(&lab.repo(), &["add", "."]);
    lab.run(&lab.repo(), &["commit", "-q", "-m", "ignore"]);
    let spec = lab.added("repo-1").await;
    fs::write(spec.path.join(".env"), "x").unwrap();
    fs::write(spec.path.join("d0/f0"), "changed").unwrap();
    fs::write(spec.path.join("new"), "new").unwrap();
    let mut before = lab.picture(&spec);
    before.remove("work/\".env\"");
    let slot = lab.clean(&spec, true).await.unwrap();
    lab.back(&spec, &slot).await;
    compare(&before, &lab.picture(&spec));
    // Where there is nothing at all, the refs are written all the same.
    let clean = lab.added("repo-2").await;
    assert!(lab.clean(&clean, true).await.is_some());
}

#[tokio::test]
async fn what_is_not_ours_or_in_use_is_kept() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    let obstacles = async || lab.scanned(&spec).await.found.obstacles.clone();
    assert_eq!(obstacles().await, []);
    let mut child = Command::new("sleep").arg("300").current_dir(&spec.path).spawn().unwrap();
    let found = obstacles().await;
    assert!(
        matches!(&found[..], [Obstacle::Process { pid, .. }] if *pid == child.id()),
        "{found:?}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let inner = spec.path.join("inner");
    lab.run(&lab.repo(), &["worktree", "add", "-q", "-b", "x", inner.to_str().unwrap()]);
    assert_eq!(obstacles().await, [Obstacle::OtherWorktree("inner".into())]);
    lab.run(&lab.repo(), &["worktree", "remove", "inner"]);
    let path = spec.path.to_str().unwrap();
    lab.run(&lab.repo(), &["worktree", "unlock", path]);
    assert_eq!(obstacles().await, []);
    lab.run(&lab.repo(), &["worktree", "lock", "--reason", "mine", path]);
    assert_eq!(obstacles().await, [Obstacle::Locked("mine".into())]);
    lab.run(&lab.repo(), &["worktree", "unlock", path]);
    let admin = lab.admin(&spec);
    fs::write(admin.join("index"), "damaged").unwrap();
    assert!(matches!(obstacles().await[..], [Obstacle::Unknown(_)]));
    let other = WorktreeSpec { nonce: "other".into(), ..spec.clone() };
    let scan = lab.scanned(&other).await;
    assert!(matches!(scan.found.obstacles[..], [Obstacle::NotOurs(_)]));
    fs::remove_file(spec.path.join(".git")).unwrap();
    assert!(matches!(obstacles().await[..], [Obstacle::NotOurs(_)]));
}

#[tokio::test]
async fn what_changes_meanwhile_stays_in_its_place() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    fs::write(spec.path.join("new"), "1").unwrap();
    let changes: [&dyn Fn(); 4] = [
        &|| fs::write(spec.path.join("new"), "2").unwrap(),
        &|| fs::write(spec.path.join("late"), "").unwrap(),
        &|| drop(lab.run(&spec.path, &["add", "new"])),
        &|| drop(lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "late"])),
    ];
    for change in changes {
        let quiet = quiet(&lab.git, &spec).await.unwrap();
        let scan = lab.scanned(&spec).await;
        let preserved = lab.kept(&spec, &scan, false).await;
        change();
        let before = lab.picture(&spec);
        let tools = (&lab.git, &lab.locks);
        let error = remove(tools, (&spec, "main"), &scan, quiet, Some(&preserved)).await;
        assert!(matches!(error, Err(WorkspaceError::Changed { .. })), "{error:?}");
        compare(&before, &lab.picture(&spec));
        assert!(!is_under_way(&spec).unwrap());
    }
}

#[tokio::test]
async fn a_registration_whose_folder_has_gone_is_cleaned_and_comes_back() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    fs::write(spec.path.join("d0/f0"), "staged only").unwrap();
    lab.run(&spec.path, &["add", "."]);
    fs::remove_dir_all(&spec.path).unwrap();
    let slot = lab.clean(&spec, false).await.unwrap();
    assert_eq!(lab.run(&lab.repo(), &["worktree", "list"]).lines().count(), 1);
    lab.back(&spec, &slot).await;
    reattach(&lab.git, &lab.locks, &spec).await.unwrap();
    assert_eq!(fs::read_to_string(spec.path.join("d0/f0")).unwrap(), "staged only");
}

#[tokio::test]
async fn a_branch_that_moved_on_is_not_moved_back() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let head = lab.run(&spec.path, &["rev-parse", "HEAD"]);
    fs::write(spec.path.join("new"), "1").unwrap();
    let slot = lab.clean(&spec, false).await.unwrap();
    lab.run(&lab.repo(), &["checkout", "-q", "worker/repo-1"]);
    let notices = lab.back(&spec, &slot).await;
    assert!(notices[0].contains("checked out elsewhere"), "{notices:?}");
    assert_eq!(lab.run(&spec.path, &["rev-parse", "--abbrev-ref", "HEAD"]), "HEAD");
    assert_eq!(lab.run(&spec.path, &["rev-parse", "HEAD"]), head);
    let slot = lab.clean(&spec, false).await.unwrap();
    lab.run(&lab.repo(), &["commit", "-q", "--allow-empty", "-m", "theirs"]);
    let theirs = lab.run(&lab.repo(), &["rev-parse", "HEAD"]);
    lab.back(&spec, &slot).await;
    assert_eq!(lab.run(&lab.repo(), &["rev-parse", "worker/repo-1"]), theirs);
    assert_eq!(fs::read_to_string(spec.path.join("new")).unwrap(), "1");
}

#[tokio::test]
async fn a_removal_and_a_restore_that_were_cut_off_go_on() {
    let lab = Lab::new();
    fs::write(lab.repo().join(".gitignore"), "*.keep\n").unwrap();
    lab.run(&lab.repo(), &["add", "."]);
    lab.run(&lab.repo(), &["commit", "-q", "-m", "ignore"]);
    let spec = lab.added("repo-1").await;
    fs::write(spec.path.join("a.keep"), "a").unwrap();
    fs::write(spec.path.join("b.keep"), "b").unwrap();
    fs::write(spec.path.join("new"), "new").unwrap();
    let before = lab.picture(&spec);
    let admin = lab.admin(&spec);
    let aside = spec.path.with_file_name(format!(".{}-{}.removed", spec.session, spec.nonce));
    let tools = (&lab.git, &lab.locks);
    // Cut off after the rename, after a file was moved, after the git directory was.
    for step in 0..3 {
        let scan = lab.scanned(&spec).await;
        let slot = lab.kept(&spec, &scan, false).await.slot;
        fs::rename(&spec.path, &aside).unwrap();
        if step > 0 {
            fs::create_dir(slot.folder.join("files")).unwrap();
            fs::rename(aside.join("a.keep"), slot.folder.join("files/a.keep")).unwrap();
        }
        if step > 1 {
            fs::rename(&admin, slot.folder.join("git")).unwrap();
        }
        assert!(is_under_way(&spec).unwrap());
        assert!(restore(&lab.git, &lab.locks, &spec, &slot).await.is_err(), "not complete yet");
        finish_removal(tools, (&spec, "main"), Some(&slot)).await.unwrap();
        finish_removal(tools, (&spec, "main"), Some(&slot)).await.unwrap();
        assert!(!aside.exists());
        // And the way back: a file is there already, then the git directory, too.
        let beside = aside.with_extension("restoring");
        if step > 0 {
            fs::create_dir(&beside).unwrap();
            fs::rename(slot.folder.join("files/b.keep"), beside.join("b.keep")).unwrap();
            fs::write(beside.join("new"), "half").unwrap();
        }
        if step > 1 {
            fs::create_dir_all(admin.parent().unwrap()).unwrap();
            fs::rename(slot.folder.join("git"), &admin).unwrap();
        }
        lab.back(&spec, &slot).await;
        compare(&before, &lab.picture(&spec));
        assert!(was_restored(&spec, &slot).unwrap());
    }
}
