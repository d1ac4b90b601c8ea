//! Taking half-made worktrees back, and never work.

use super::*;

/// Does to a registration and its worktree what a crash may have done.
type Damage<'a> = &'a dyn Fn(&Path, &WorktreeSpec);

#[tokio::test]
async fn work_is_never_removed() {
    let lab = Lab::new();
    let committed = lab.added("repo-1").await;
    lab.run(&committed.path, &["commit", "-q", "--allow-empty", "-m", "work"]);
    let error = undo(&lab.git, &lab.locks, &committed).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::HasCommits(_)), "{error}");
    let detached = lab.added("repo-2").await;
    lab.run(&detached.path, &["checkout", "-q", "--detach"]);
    lab.run(&detached.path, &["commit", "-q", "--allow-empty", "-m", "work"]);
    let error = undo(&lab.git, &lab.locks, &detached).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::HasCommits(_)), "{error}");
    let sealed = lab.added("repo-3").await;
    seal(&sealed).unwrap();
    fs::write(sealed.path.join("work"), "").unwrap();
    let error = undo(&lab.git, &lab.locks, &sealed).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::Sealed(_)), "{error}");
    let error = check_out(&lab.git, &sealed).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::Sealed(_)), "{error}");
    for spec in [&committed, &detached, &sealed] {
        assert!(spec.path.join("d0/f0").exists());
    }
    unseal(&sealed).unwrap();
    assert_eq!(lab.undo(&sealed).await, (true, true));
}

#[tokio::test]
async fn another_nonce_is_another_s() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    let before = lab.inventory();
    let other = WorktreeSpec { nonce: new_nonce().unwrap(), ..spec.clone() };
    assert_eq!(lab.undo(&other).await, (false, false));
    let error = create(&lab.git, &lab.locks, &other).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::BranchExists(_)), "{error}");
    assert_eq!(lab.inventory(), before);
    assert!(spec.path.join("d0/f0").exists());
}

#[tokio::test]
async fn a_branch_with_a_history_stays() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "work"]);
    lab.run(&spec.path, &["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(lab.undo(&spec).await, (true, false));
    lab.run(&lab.repo(), &["rev-parse", "--verify", "worker/repo-1"]);
}

#[tokio::test]
async fn every_leftover_of_a_killed_git_is_taken_back() {
    let lab = Lab::new();
    let before = lab.inventory();
    let damages: &[(&str, Damage)] = &[
        ("folder gone", &|_, s| fs::remove_dir_all(&s.path).unwrap()),
        ("folder empty", &|_, s| {
            fs::remove_dir_all(&s.path).unwrap();
            fs::create_dir(&s.path).unwrap();
        }),
        ("no mark", &|a, _| fs::remove_file(a.join("ao-session.json")).unwrap()),
        ("only the lock", &|a, s| {
            fs::remove_dir_all(&s.path).unwrap();
            for entry in fs::read_dir(a).unwrap().flatten() {
                let path = entry.path();
                if entry.file_name() == "locked" {
                } else if path.is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap();
                }
            }
        }),
        ("few files and a lock file", &|a, s| {
            fs::remove_dir_all(s.path.join("d1")).unwrap();
            fs::remove_file(a.join("index")).unwrap();
            fs::write(a.join("index.lock"), "half").unwrap();
        }),
        ("moved aside, half removed", &|_, s| {
            let aside = s.path.with_file_name(format!(".{}-{}.undone", s.session, s.nonce));
            fs::rename(&s.path, &aside).unwrap();
            fs::remove_file(aside.join(".git")).unwrap();
        }),
        ("registration gone", &|a, s| {
            fs::remove_dir_all(&s.path).unwrap();
            fs::remove_dir_all(a).unwrap();
        }),
    ];
    for (name, damage) in damages {
        let spec = lab.added("repo-1").await;
        damage(&lab.repo().join(".git/worktrees/repo-1"), &spec);
        assert!(lab.undo(&spec).await.1, "{name}");
        assert_eq!(lab.undo(&spec).await, (false, false), "{name}: again");
        assert_eq!(lab.inventory(), before, "{name}");
        lab.assert_no_folders();
    }
}

#[tokio::test]
async fn create_goes_on_after_a_crash() {
    let lab = Lab::new();
    let spec = lab.spec("repo-1");
    create(&lab.git, &lab.locks, &spec).await.unwrap();
    create(&lab.git, &lab.locks, &spec).await.unwrap();
    fs::remove_file(lab.repo().join(".git/worktrees/repo-1/ao-session.json")).unwrap();
    create(&lab.git, &lab.locks, &spec).await.unwrap();
    fs::remove_dir_all(lab.repo().join(".git/worktrees/repo-1")).unwrap();
    fs::remove_dir_all(&spec.path).unwrap();
    create(&lab.git, &lab.locks, &spec).await.unwrap();
    check_out(&lab.git, &spec).await.unwrap();
    verify(&lab.git, &spec).await.unwrap();
}

#[tokio::test]
async fn a_foreign_folder_in_the_way_is_left_alone() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    fs::remove_dir_all(&spec.path).unwrap();
    fs::create_dir(&spec.path).unwrap();
    fs::write(spec.path.join("precious"), "x").unwrap();
    assert_eq!(lab.undo(&spec).await, (true, true));
    assert_eq!(fs::read_to_string(spec.path.join("precious")).unwrap(), "x");
}

#[tokio::test]
async fn a_git_that_hangs_is_ended_and_undone() {
    let lab = Lab::new();
    let before = lab.inventory();
    // Each of the three changes hangs in turn, after git has done its work.
    for verb in ["update-ref", "worktree", "reset"] {
        let script = format!(
            "case \" $* \" in *' -d '*) exec $REAL \"$@\" ;; \
             *' {verb} '*) $REAL \"$@\"; sleep 300 & wait ;; *) exec $REAL \"$@\" ;; esac"
        );
        let git = lab.with_git(&script, Duration::from_secs(2));
        let started = Instant::now();
        let error = add(&git, &lab.locks, &lab.spec("repo-1")).await.unwrap_err();
        let typed = matches!(&error, WorkspaceError::Deadline { command, .. }
            if command.starts_with(verb));
        assert!(typed, "{verb}: {error}");
        assert!(started.elapsed() < Duration::from_secs(10), "{verb}");
        assert_eq!(lab.inventory(), before, "{verb}");
        lab.assert_no_folders();
    }
}

#[tokio::test]
async fn an_orphaned_git_is_waited_for() {
    let lab = Lab::new();
    let spec = lab.spec("repo-1");
    create(&lab.git, &lab.locks, &spec).await.unwrap();
    let script = "case \" $* \" in *' reset '*) touch started; trap '' TERM; \
                  while [ ! -e go ]; do sleep 0.05; done; $REAL \"$@\" ;; \
                  *) exec $REAL \"$@\" ;; esac";
    let slow = lab.with_git(script, Duration::from_secs(60));
    let child = spec.clone();
    // As if the supervisor had been killed: its git goes on without it, with its lock.
    let orphan = tokio::spawn(async move { check_out(&slow, &child).await });
    let started = async {
        while !spec.path.join("started").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), started).await.unwrap();
    let impatient = lab
        .git
        .clone()
        .with_deadlines(Deadlines { change: Duration::from_millis(200), ..Deadlines::default() });
    let error = undo(&impatient, &lab.locks, &spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::Busy { .. }), "{error}");
    let undoing = undo(&lab.git, &lab.locks, &spec);
    tokio::pin!(undoing);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut undoing).await;
    assert!(early.is_err(), "undo waits for the orphan");
    fs::write(spec.path.join("go"), "").unwrap();
    let undone = undoing.await.unwrap();
    assert!(undone.worktree && undone.branch);
    orphan.await.unwrap().unwrap();
    lab.assert_no_folders();
}
