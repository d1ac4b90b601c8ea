//! Adding worktrees: complete, marked, and nothing else touched.

use super::*;

#[tokio::test]
async fn a_worktree_is_complete_locked_marked_and_nobody_else_s_business() {
    let lab = Lab::new();
    fs::write(lab.repo().join("d0/f0"), "changed\n").unwrap();
    fs::write(lab.repo().join("untracked"), "x").unwrap();
    lab.run(&lab.repo(), &["stash", "push", "-q", "--", "d0/f0"]);
    fs::write(lab.repo().join("d0/f4"), "changed\n").unwrap();
    lab.run(&lab.repo(), &["add", "d0/f4"]);
    let before = lab.inventory();
    let spec = lab.spec("repo-1");
    let verified = add(&lab.git, &lab.locks, &spec).await.unwrap();
    assert_eq!(verified.unnormalised, 0);
    let list = lab.run(&lab.repo(), &["worktree", "list", "--porcelain"]);
    assert!(list.contains("branch refs/heads/worker/repo-1"), "{list}");
    assert!(list.contains(&format!("locked ao:repo-1 {}", spec.nonce)), "{list}");
    assert_eq!(fs::read_to_string(spec.path.join("d0/f4")).unwrap(), "content 4\n");
    assert!(!spec.path.join("untracked").exists());
    let facts = inspect_worktree(&lab.git, &spec.path, &spec.base).await.unwrap();
    assert_eq!(facts.mark.as_ref().unwrap().nonce, spec.nonce);
    assert_eq!(facts.branch.as_deref(), Some("worker/repo-1"));
    assert_eq!((facts.dirty, facts.commits_ahead), (Some(false), Some(0)));
    assert_eq!(lab.undo(&spec).await, (true, true));
    assert_eq!(lab.inventory(), before, "the main checkout's changes are untouched");
    lab.assert_no_folders();
}

#[tokio::test]
async fn many_at_once() {
    let lab = Lab::new();
    let names: Vec<String> = (0..12).map(|n| format!("repo-{n}")).collect();
    futures_util::future::join_all(names.iter().map(|n| lab.added(n))).await;
    let list = lab.run(&lab.repo(), &["worktree", "list"]);
    assert_eq!(list.lines().count(), 13);
    lab.run(&lab.repo(), &["fsck", "--strict"]);
}

#[tokio::test]
async fn a_base_is_any_commit() {
    let lab = Lab::new();
    let first = lab.run(&lab.repo(), &["rev-parse", "HEAD"]);
    lab.run(&lab.repo(), &["commit", "-q", "--allow-empty", "-m", "two"]);
    let request = WorktreeRequest { base: Some("HEAD~1".into()), ..lab.request("repo-1") };
    let spec = prepare(request, "n".into()).unwrap();
    assert_eq!(spec.base, first);
    assert_eq!(resolve_base(&lab.repo(), "HEAD~1").unwrap(), first);
    assert_eq!(local_branches(&lab.repo()).unwrap(), ["main"]);
    add(&lab.git, &lab.locks, &spec).await.unwrap();
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "work"]);
    let facts = inspect_worktree(&lab.git, &spec.path, &spec.base).await.unwrap();
    assert_eq!(facts.commits_ahead, Some(1));
}

#[tokio::test]
async fn nothing_of_a_repository_runs() {
    let lab = Lab::new();
    let canary = lab.root.path().join("canary");
    let hook = format!("#!/bin/sh\ntouch '{}'\n", canary.display());
    let hooks = lab.repo().join("hooks");
    fs::create_dir_all(&hooks).unwrap();
    for folder in [&lab.repo().join(".git/hooks"), &hooks] {
        for name in ["post-checkout", "reference-transaction", "post-index-change", "fsm"] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(name), &hook).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    lab.run(&lab.repo(), &["-c", "core.hooksPath=/dev/null", "add", "."]);
    lab.run(&lab.repo(), &["-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "hooks"]);
    for (key, value) in [("core.hooksPath", "hooks"), ("core.fsmonitor", "hooks/fsm")] {
        lab.run(&lab.repo(), &["-c", "core.hooksPath=/dev/null", "config", key, value]);
    }
    let _ = fs::remove_file(&canary);
    let spec = lab.added("repo-1").await;
    inspect(&lab.git, &lab.repo(), None).await.unwrap();
    inspect_worktree(&lab.git, &spec.path, &spec.base).await.unwrap();
    lab.undo(&spec).await;
    assert!(!canary.exists(), "a hook ran");
}

#[tokio::test]
async fn taken_branches_and_places_are_refused_and_nothing_changes() {
    let lab = Lab::new();
    lab.run(&lab.repo(), &["branch", "taken"]);
    let linked = lab.root.path().join("linked");
    lab.run(&lab.repo(), &["worktree", "add", "-q", "-b", "away", linked.to_str().unwrap()]);
    let occupied = lab.root.path().join("occupied");
    fs::write(&occupied, "mine").unwrap();
    let before = lab.inventory();
    let refused = |change: &dyn Fn(&mut WorktreeRequest)| {
        let mut request = lab.request("repo-1");
        change(&mut request);
        prepare(request, "n".into()).unwrap_err()
    };
    let error = refused(&|r| r.branch = "taken".into());
    assert!(matches!(error, WorkspaceError::BranchExists(_)), "{error}");
    let error = refused(&|r| r.branch = "away".into());
    assert!(matches!(&error, WorkspaceError::BranchCheckedOut { at, .. }
        if *at == linked.canonicalize().unwrap()));
    let error = refused(&|r| r.branch = "main".into());
    assert!(matches!(error, WorkspaceError::DefaultBranch(_)), "{error}");
    let error = refused(&|r| r.path.clone_from(&occupied));
    assert!(matches!(error, WorkspaceError::PathTaken(_)), "{error}");
    for base in ["nope", "-x", "", "HEAD^{tree}", "HEAD:d0", "--upload-pack=x", "$(touch x)"] {
        let error = refused(&|r| r.base = Some(base.into()));
        assert!(matches!(error, WorkspaceError::NoSuchBase(_)), "{base}: {error}");
    }
    for branch in ["-x", "@", "refs/heads/x", "a..b", "../x", "a b", "$(touch x)\n"] {
        let error = refused(&|r| r.branch = branch.into());
        assert!(matches!(error, WorkspaceError::BadBranchName { .. }), "{branch}: {error}");
    }
    assert_eq!(lab.inventory(), before);
    let state = branch_state(&lab.repo(), "main", "away").unwrap();
    assert!(state.exists && !state.is_default && state.checked_out.is_some());
    let state = branch_state(&lab.repo(), "main", "main").unwrap();
    assert!(state.exists && state.is_default && state.checked_out.is_some());
}

#[tokio::test]
async fn hostile_but_legal_names_are_only_names() {
    let lab = Lab::new();
    let canary = lab.root.path().join("x");
    for (n, branch) in
        ["$(touch${IFS}x)", "`touch`", "a'b\"c", "é/ü", "x;y|z", "--", "main.x"].iter().enumerate()
    {
        let request =
            WorktreeRequest { branch: (*branch).to_owned(), ..lab.request(&format!("repo-{n}")) };
        let Ok(spec) = prepare(request, new_nonce().unwrap()) else {
            assert_eq!(*branch, "--");
            continue;
        };
        add(&lab.git, &lab.locks, &spec).await.unwrap();
        let head = lab.run(&spec.path, &["symbolic-ref", "--short", "HEAD"]);
        assert_eq!(head, *branch);
    }
    assert!(!canary.exists());
}

#[tokio::test]
async fn a_tag_of_the_branch_s_name_does_not_mislead() {
    let lab = Lab::new();
    lab.run(&lab.repo(), &["tag", "worker/repo-1"]);
    lab.run(&lab.repo(), &["commit", "-q", "--allow-empty", "-m", "two"]);
    let spec = lab.added("repo-1").await;
    assert_eq!(lab.run(&spec.path, &["rev-parse", "HEAD"]), spec.base);
}

#[tokio::test]
async fn a_branch_that_appears_meanwhile_is_not_ours() {
    let lab = Lab::new();
    let spec = lab.spec("repo-1");
    lab.run(&lab.repo(), &["branch", "worker/repo-1"]);
    let before = lab.inventory();
    let error = add(&lab.git, &lab.locks, &spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::BranchExists(_)), "{error}");
    assert_eq!(lab.undo(&spec).await, (false, false));
    assert_eq!(lab.inventory(), before);
}

#[tokio::test]
async fn git_s_own_words_come_back_and_nothing_is_left() {
    let lab = Lab::new();
    lab.run(&lab.repo(), &["branch", "worker"]);
    let before = lab.inventory();
    let error = add(&lab.git, &lab.locks, &lab.spec("repo-1")).await.unwrap_err();
    assert!(error.to_string().contains("'refs/heads/worker' exists"), "{error}");
    assert_eq!(lab.inventory(), before);
    lab.assert_no_folders();
}

#[tokio::test]
async fn a_place_that_cannot_be_written_leaves_nothing() {
    let lab = Lab::new();
    let before = lab.inventory();
    // A file where a folder is needed: refused for every user, root too.
    fs::write(lab.root.path().join("data"), "").unwrap();
    let request = lab.request("repo-1");
    match prepare(request, "n".into()) {
        Err(error) => assert!(matches!(error, WorkspaceError::Io { .. }), "{error}"),
        Ok(spec) => {
            let error = add(&lab.git, &lab.locks, &spec).await.unwrap_err();
            assert!(matches!(error, WorkspaceError::Private(_)), "{error}");
        }
    }
    assert_eq!(lab.inventory(), before);
}

#[tokio::test]
async fn files_committed_past_a_filter_are_no_damage() {
    let lab = Lab::new();
    fs::write(lab.repo().join("crlf.txt"), "a\r\nb\r\n").unwrap();
    lab.run(&lab.repo(), &["add", "crlf.txt"]);
    fs::write(lab.repo().join(".gitattributes"), "*.txt text\n").unwrap();
    lab.run(&lab.repo(), &["add", ".gitattributes"]);
    lab.run(&lab.repo(), &["commit", "-q", "-m", "mixed"]);
    let spec = lab.spec("repo-1");
    let verified = add(&lab.git, &lab.locks, &spec).await.unwrap();
    assert_eq!(verified.unnormalised, 1);
    fs::write(spec.path.join("crlf.txt"), "a\r\nb\r\nc\r\n").unwrap();
    let error = verify(&lab.git, &spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::Incomplete { count: 1, .. }), "{error}");
}

#[tokio::test]
async fn verify_sees_what_is_not_as_committed() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    let refused = async || verify(&lab.git, &spec).await.unwrap_err().to_string();
    fs::write(spec.path.join("new"), "").unwrap();
    assert!(refused().await.contains("first ? \"new\""));
    fs::remove_file(spec.path.join("new")).unwrap();
    fs::remove_file(spec.path.join("d1/f1")).unwrap();
    assert!(refused().await.contains("first .D \"d1/f1\""));
    check_out(&lab.git, &spec).await.unwrap();
    verify(&lab.git, &spec).await.unwrap();
    lab.run(&spec.path, &["config", "status.showUntrackedFiles", "no"]);
    fs::write(spec.path.join("hidden"), "").unwrap();
    assert!(refused().await.contains("hidden"));
    fs::remove_file(spec.path.join("hidden")).unwrap();
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert!(refused().await.contains("not at worker/repo-1"));
}
