//! `ao project`.

use serde_json::Value;

use super::support::{Repository, Sandbox, git};

#[test]
fn ids_and_prefixes_follow_the_rules() {
    let sandbox = Sandbox::new();
    for (folder, id, prefix) in [
        ("shop", "shop", "shop"),
        ("Web", "web", "web"),
        ("agent-orchestrator", "agent-orchestrator", "ao"),
        ("my_web_app", "mywebapp", "mwa"),
        ("WebShopApi", "webshopapi", "wsa"),
        ("toolbox", "toolbox", "too"),
        ("tools", "tools", "too2"),
        ("Ünï cödé", "ncd", "ncd"),
        ("…", "p", "p"),
    ] {
        let repository = sandbox.repository(folder);
        let added = sandbox.ao(&["project", "add"]).dir(repository.path()).json();
        assert_eq!(added["project"]["id"], id, "{folder}: {added}");
        assert_eq!(added["project"]["prefix"], prefix, "{folder}: {added}");
        assert_eq!(added["project"]["default_branch"], "main");
    }
    let clash = Repository::new(sandbox.path("other/shop"), &sandbox.path("home"));
    let added = sandbox.ao(&["project", "add"]).dir(clash.path()).json();
    assert_eq!(added["project"]["id"], "shop-2");
    assert_eq!(added["project"]["prefix"], "shop2");
}

#[test]
fn what_cannot_be_registered_is_told_and_is_not() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let nothing = sandbox.path("nothing");
    let plain = sandbox.path("plain");
    std::fs::create_dir(&plain).unwrap();
    let bare = sandbox.path("bare.git");
    git(sandbox.root(), sandbox.root(), &["init", "-q", "--bare", "bare.git"]);
    let unborn = Repository::empty(sandbox.path("unborn"), &sandbox.path("home"));
    let file = shop.path().join("README");
    for (path, code, word) in [
        (nothing.as_path(), 2, "does not exist"),
        (&plain, 2, "not in a git repository"),
        (&bare, 2, "bare"),
        (unborn.path(), 2, "no commit"),
        (shop.path(), 5, "shop"),
        (&file, 2, ""),
    ] {
        let refused = sandbox.ao(&["project", "add", path.to_str().unwrap()]).run();
        if path == file {
            assert!(matches!(refused.code(), 2 | 5), "{}", refused.err());
            continue;
        }
        let refused = sandbox.ao(&["project", "add", path.to_str().unwrap()]).fails(code);
        assert!(refused.err().contains(word), "{word}: {}", refused.err());
        sandbox.ao(&["start", path.to_str().unwrap()]).dir("/").run();
    }
    let branch = ["project", "add", "--default-branch", "nope"];
    let other = sandbox.repository("web");
    let refused = sandbox.ao(&branch).dir(other.path()).fails(2);
    assert!(refused.err().contains("nope"), "{}", refused.err());
    let listed = sandbox.ao(&["-q", "project", "ls"]).ok();
    assert_eq!(listed.line(), "shop");
}

#[test]
fn a_detached_head_needs_a_name() {
    let sandbox = Sandbox::new();
    let web = sandbox.repository("web");
    web.git(&["checkout", "-q", "--detach"]);
    web.git(&["branch", "-m", "main", "trunk"]);
    let refused = sandbox.ao(&["project", "add"]).dir(web.path()).fails(2);
    assert!(refused.err().contains("--default-branch"), "{}", refused.err());
    let named = ["project", "add", "--default-branch", "trunk"];
    let added = sandbox.ao(&named).dir(web.path()).json();
    assert_eq!(added["project"]["default_branch"], "trunk");
    let spawned = sandbox.ao(&["spawn"]).dir(web.path()).json();
    assert_eq!(spawned["session"]["base"], web.git(&["rev-parse", "trunk"]).trim());
}

#[test]
fn a_worktree_of_it_is_the_same_project() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let side = sandbox.path("side");
    shop.git(&["worktree", "add", "-q", "-b", "side", side.to_str().unwrap()]);
    sandbox.ao(&["project", "add"]).dir(&side).fails(5);
    assert_eq!(sandbox.ao(&["-q", "ls"]).dir(&side).ok().out(), "");
}

#[test]
fn shows_sets_and_removes() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    shop.git(&["branch", "next"]);
    let set = ["project", "set", "shop", "--default-branch", "next", "--agent", "probe"];
    let project = sandbox.ao(&set).json()["project"].clone();
    assert_eq!(project["default_branch"], "next");
    assert_eq!(project["agent"], "probe");
    let unset = ["project", "set", "shop", "--agent", ""];
    assert_eq!(sandbox.ao(&unset).json()["project"]["agent"], Value::Null);
    sandbox.ao(&["project", "set", "shop", "--default-branch", "nope"]).fails(2);
    sandbox.ao(&["project", "set", "shop", "--agent", "nobody"]).fails(2);
    assert_eq!(
        sandbox.ao(&["project", "show", "shop"]).json()["project"]["default_branch"],
        "next"
    );
    sandbox.ao(&["project", "show", "nope"]).fails(3);
    let busy = sandbox.ao(&["project", "rm", "shop"]).fails(5);
    assert!(busy.err().contains("shop-orchestrator"), "{}", busy.err());
    sandbox.ao(&["orchestrator", "stop"]).dir(shop.path()).ok();
    // With a board, a scratchpad and the like, all of which goes along.
    let task = sandbox.ao(&["-q", "--project", "shop", "task", "add", "one"]).ok().line();
    let then = ["--project", "shop", "task", "add", "two", "--depends-on", &task];
    sandbox.ao(&then).ok();
    sandbox.ao(&["--project", "shop", "scratchpad", "put", "key", "value"]).ok();
    sandbox.ao(&["project", "rm", "shop"]).ok();
    assert_eq!(sandbox.ao(&["-q", "project", "ls"]).ok().out(), "");
    assert_eq!(shop.worktrees().len(), 2, "worktrees and branches stay");
    assert_eq!(shop.branches(), ["main", "next", "orchestrator/shop-orchestrator"]);
}
