//! Missing folders, and what is known of a worktree.

use super::*;

#[tokio::test]
async fn a_missing_folder_is_filled_from_what_git_knows() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    seal(&spec).unwrap();
    assert_eq!(reattach(&lab.git, &lab.locks, &spec).await.unwrap(), Reattached::Present);
    fs::write(spec.path.join("staged"), "staged\n").unwrap();
    lab.run(&spec.path, &["add", "staged"]);
    lab.run(&spec.path, &["checkout", "-q", "--detach"]);
    lab.run(&spec.path, &["commit", "-q", "-m", "only here", "--allow-empty", "--only"]);
    let head = lab.run(&spec.path, &["rev-parse", "HEAD"]);
    fs::remove_dir_all(&spec.path).unwrap();
    assert_eq!(reattach(&lab.git, &lab.locks, &spec).await.unwrap(), Reattached::Restored);
    assert_eq!(lab.run(&spec.path, &["rev-parse", "HEAD"]), head);
    assert_eq!(fs::read_to_string(spec.path.join("staged")).unwrap(), "staged\n");
    assert_eq!(lab.run(&spec.path, &["status", "--porcelain"]), "A  staged");
    let facts = inspect_worktree(&lab.git, &spec.path, &spec.base).await.unwrap();
    assert!(facts.mark.unwrap().sealed, "it is still known as worked in");
}

#[tokio::test]
async fn a_pruned_worktree_is_made_anew_at_its_branch() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    let neighbour = lab.added("repo-2").await;
    fs::rename(&neighbour.path, lab.root.path().join("moved")).unwrap();
    lab.run(&spec.path, &["commit", "-q", "--allow-empty", "-m", "work"]);
    let head = lab.run(&spec.path, &["rev-parse", "HEAD"]);
    lab.run(&lab.repo(), &["worktree", "unlock", spec.path.to_str().unwrap()]);
    lab.run(&lab.repo(), &["worktree", "remove", spec.path.to_str().unwrap()]);
    assert_eq!(reattach(&lab.git, &lab.locks, &spec).await.unwrap(), Reattached::Remade);
    assert_eq!(lab.run(&spec.path, &["rev-parse", "HEAD"]), head);
    assert_eq!(lab.run(&spec.path, &["status", "--porcelain"]), "");
    let others = fs::read_dir(lab.repo().join(".git/worktrees")).unwrap().count();
    assert_eq!(others, 2, "a neighbour whose folder is away keeps its registration");
    assert_eq!(reattach(&lab.git, &lab.locks, &spec).await.unwrap(), Reattached::Present);
}

#[tokio::test]
async fn what_is_in_the_way_is_told() {
    let lab = Lab::new();
    let spec = lab.added("repo-1").await;
    let path = spec.path.to_str().unwrap();
    lab.run(&lab.repo(), &["worktree", "unlock", path]);
    lab.run(&lab.repo(), &["worktree", "remove", path]);
    let linked = lab.root.path().join("linked");
    lab.run(&lab.repo(), &["worktree", "add", "-q", linked.to_str().unwrap(), &spec.branch]);
    let error = reattach(&lab.git, &lab.locks, &spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::BranchCheckedOut { .. }), "{error}");
    lab.run(&lab.repo(), &["worktree", "remove", linked.to_str().unwrap()]);
    fs::create_dir(&spec.path).unwrap();
    let error = reattach(&lab.git, &lab.locks, &spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::PathTaken(_)), "{error}");
    fs::remove_dir(&spec.path).unwrap();
    lab.run(&lab.repo(), &["branch", "-q", "-D", &spec.branch]);
    let error = reattach(&lab.git, &lab.locks, &spec).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::NoSuchBranch(_)), "{error}");
}

#[tokio::test]
async fn missing_worktrees_are_facts_not_errors() {
    let lab = Lab::new();
    let spec = lab.spec("repo-1");
    let facts = inspect_worktree(&lab.git, &spec.path, &spec.base).await.unwrap();
    assert!(!facts.exists && facts.mark.is_none() && facts.head.is_none());
    assert_eq!((facts.dirty, facts.commits_ahead), (None, None));
    // A plain folder inside some repository is not that repository's checkout.
    let inner = lab.repo().join("d0");
    let facts = inspect_worktree(&lab.git, &inner, &spec.base).await.unwrap();
    assert!(facts.exists && facts.head.is_none());
}
