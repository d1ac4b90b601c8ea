//! What is found out about a repository.

use super::*;

#[tokio::test]
async fn a_subfolder_and_a_linked_worktree_lead_to_the_main_checkout() {
    let lab = Lab::new();
    let linked = lab.root.path().join("linked");
    lab.run(&lab.repo(), &["worktree", "add", "-q", "-b", "x", linked.to_str().unwrap()]);
    for place in [lab.repo(), lab.repo().join("d1"), linked.clone(), linked.join("d2")] {
        let facts = inspect(&lab.git, &place, None).await.unwrap();
        assert_eq!(facts.root, lab.repo().canonicalize().unwrap());
        assert_eq!(facts.common_dir, facts.root.join(".git"));
        assert_eq!(facts.default_branch, "main");
        assert_eq!(facts.uncommitted_changes, Some(false));
        assert!(matches!(facts.head, Head::Branch { ref name, .. } if name == "main"));
    }
    fs::write(lab.repo().join("new"), "").unwrap();
    let facts = inspect(&lab.git, &lab.repo(), None).await.unwrap();
    assert_eq!(facts.uncommitted_changes, Some(true));
}

#[tokio::test]
async fn the_default_branch_follows_its_rule() {
    let lab = Lab::new();
    let default = async |explicit: Option<&str>| {
        inspect(&lab.git, &lab.repo(), explicit).await.map(|f| f.default_branch)
    };
    lab.run(&lab.repo(), &["checkout", "-q", "-b", "topic"]);
    assert_eq!(default(None).await.unwrap(), "main");
    lab.run(&lab.repo(), &["branch", "trunk"]);
    let remote = "refs/remotes/origin/HEAD";
    lab.run(&lab.repo(), &["symbolic-ref", remote, "refs/remotes/origin/trunk"]);
    assert_eq!(default(None).await.unwrap(), "trunk");
    lab.run(&lab.repo(), &["branch", "-D", "trunk"]);
    assert_eq!(default(None).await.unwrap(), "main", "no local branch of the remote's name");
    lab.run(&lab.repo(), &["branch", "-m", "main", "elsewhere"]);
    assert_eq!(default(None).await.unwrap(), "topic");
    assert_eq!(default(Some("elsewhere")).await.unwrap(), "elsewhere");
    let none = default(Some("nope")).await;
    assert!(matches!(none, Err(WorkspaceError::NoSuchBranch(name)) if name == "nope"));
}

#[tokio::test]
async fn a_detached_head_is_fine_where_a_branch_can_be_told() {
    let lab = Lab::new();
    lab.run(&lab.repo(), &["checkout", "-q", "--detach"]);
    let facts = inspect(&lab.git, &lab.repo(), None).await.unwrap();
    assert_eq!(facts.default_branch, "main");
    assert!(matches!(facts.head, Head::Detached { .. }));
    lab.run(&lab.repo(), &["branch", "-m", "main", "other"]);
    let error = inspect(&lab.git, &lab.repo(), None).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::NoDefaultBranch(_)));
}

#[tokio::test]
async fn what_is_no_usable_repository_has_its_own_error() {
    let lab = Lab::new();
    let root = lab.root.path();
    let missing = inspect(&lab.git, &root.join("missing"), None).await;
    assert!(matches!(missing, Err(WorkspaceError::MissingPath(_))));
    let plain = inspect(&lab.git, &root.join("home"), None).await;
    assert!(matches!(plain, Err(WorkspaceError::NotARepository(_))));
    lab.run(root, &["init", "-q", "empty"]);
    for explicit in [None, Some("main")] {
        let unborn = inspect(&lab.git, &root.join("empty"), explicit).await;
        assert!(matches!(unborn, Err(WorkspaceError::UnbornHead(_))));
    }
    lab.run(root, &["clone", "-q", "--bare", "repo", "bare.git"]);
    let bare = inspect(&lab.git, &root.join("bare.git"), None).await;
    assert!(matches!(bare, Err(WorkspaceError::Bare(_))));
    lab.run(&root.join("bare.git"), &["worktree", "add", "-q", "-b", "x", "../of-bare"]);
    let of_bare = inspect(&lab.git, &root.join("of-bare"), None).await;
    assert!(matches!(of_bare, Err(WorkspaceError::Bare(_))));
}

#[tokio::test]
async fn formats_that_cannot_be_read_are_named() {
    let lab = Lab::new();
    let root = lab.root.path();
    lab.run(root, &["init", "-q", "--ref-format=reftable", "table"]);
    lab.run(root, &["init", "-q", "--object-format=sha256", "sha256"]);
    lab.run(root, &["clone", "-q", "repo", "partial"]);
    lab.run(&root.join("partial"), &["config", "core.repositoryformatversion", "1"]);
    lab.run(&root.join("partial"), &["config", "extensions.partialClone", "origin"]);
    for (folder, expected) in
        [("table", "refstorage"), ("sha256", "objectformat"), ("partial", "partialclone")]
    {
        let error = inspect(&lab.git, &root.join(folder), None).await.unwrap_err();
        let named = matches!(&error, WorkspaceError::Unsupported { extension, .. }
            if extension == expected);
        assert!(named, "{folder}: {error:?}");
    }
}

#[tokio::test]
async fn a_git_that_hangs_leaves_the_answer_open() {
    let lab = Lab::new();
    let git = lab.with_git("exec sleep 300", Duration::from_millis(200));
    let started = Instant::now();
    let facts = inspect(&git, &lab.repo(), None).await.unwrap();
    assert_eq!(facts.uncommitted_changes, None);
    assert!(started.elapsed() < Duration::from_secs(5));
}
