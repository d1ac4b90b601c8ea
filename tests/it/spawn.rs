//! `ao spawn`.

use serde_json::Value;

use super::support::{Footprint, Sandbox};

#[test]
fn makes_a_worktree_a_branch_and_a_live_agent() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let spawned = sandbox
        .ao(&["spawn", "--name", "till", "--issue", "I-7", "fix", "the", "till"])
        .dir(shop.path())
        .json();
    assert_eq!(spawned["orchestrator"], "shop-orchestrator");
    let session = &spawned["session"];
    assert_eq!(session["id"], "shop-1");
    assert_eq!(session["branch"], "worker/shop-1");
    assert_eq!(session["label"], "till");
    assert_eq!(session["issue"], "I-7");
    assert_eq!(session["spawned_by"], "person");
    let probe = sandbox.probe("shop-1");
    let started = probe.started();
    assert_eq!(started["cwd"], session["worktree"]);
    assert_eq!(probe.hears(1), ["fix the till"]);
    let worktree = session["worktree"].as_str().unwrap();
    assert!(shop.worktrees().iter().any(|path| path == worktree));
    let head =
        super::support::git(worktree.as_ref(), sandbox.root(), &["branch", "--show-current"]);
    assert_eq!(head.trim(), "worker/shop-1");
    let dirt = super::support::git(worktree.as_ref(), sandbox.root(), &["status", "--porcelain"]);
    assert_eq!(dirt, "", "what ao needs is no dirt in the worktree");
}

#[test]
fn gives_the_agent_its_environment() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let command = sandbox.ao(&["-q", "--project", "shop", "spawn", "--issue", "I-7", "x"]);
    let id = command
        .env("CLAUDECODE", "1")
        .env("ZELLIJ_SESSION_NAME", "mine")
        .env("PROBE_KEY", "kept")
        .ok()
        .line();
    let environment = sandbox.probe(&id).started()["env"].clone();
    let socket = sandbox.socket();
    for (name, value) in [
        ("AO_SESSION_ID", "shop-1"),
        ("AO_PROJECT_ID", "shop"),
        ("AO_ISSUE_ID", "I-7"),
        ("AO_ROLE", "worker"),
        ("AO_DATA_DIR", sandbox.data().to_str().unwrap()),
        ("AO_SOCKET", socket.to_str().unwrap()),
        ("HOME", sandbox.path("home").to_str().unwrap()),
        ("PROBE_KEY", "kept"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    assert!(environment["AO_SESSION_TOKEN"].as_str().unwrap().len() >= 32);
    for name in ["CLAUDECODE", "ZELLIJ_SESSION_NAME", "AO_ZELLIJ"] {
        assert_eq!(environment[name], Value::Null, "{name}");
    }
    let found = sandbox.probe(&id).run(&["sh", "-c", "command -v ao; ao --version"]);
    assert_eq!(found["code"], 0);
    let path = environment["PATH"].as_str().unwrap();
    let first = path.split(':').next().unwrap();
    assert_eq!(found["out"].as_str().unwrap().lines().next().unwrap(), format!("{first}/ao"));
}

#[test]
fn tells_the_agent_its_role_and_the_commands_of_it() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    std::fs::write(shop.path().join("ao.toml"), "[prompts]\nworker_rules = \"Run make check.\"\n")
        .unwrap();
    sandbox.ao(&["start"]).dir(shop.path()).ok();
    let worker = sandbox.worker();
    let role = |id: &str| {
        let started = sandbox.probe(id).started();
        let file = started["env"]["AO_SYSTEM_PROMPT_FILE"].as_str().unwrap().to_owned();
        std::fs::read_to_string(file).unwrap()
    };
    let text = role(&worker);
    for part in
        [worker.as_str(), "worker/shop-1", "shop-orchestrator", "ao report done", "make check"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = role("shop-orchestrator");
    for part in ["ao spawn", "ao send", "shop", "main", "ao ls"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("make check"), "rules of workers are not the orchestrator's");
}

#[test]
fn takes_the_prompt_from_a_file_and_from_standard_input() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let text = "first line\n\n  second \"line\" with $(touch canary) and `ticks`\n\tthird";
    let file = sandbox.path("task");
    std::fs::write(&file, text).unwrap();
    let by_file = ["-q", "spawn", "--prompt-file", file.to_str().unwrap()];
    let a = sandbox.ao(&by_file).dir(shop.path()).ok().line();
    let b = sandbox.ao(&["-q", "spawn", "-"]).dir(shop.path()).input(text).ok().line();
    for id in [a, b] {
        assert_eq!(sandbox.probe(&id).hears(1), [text], "{id}");
    }
}

#[test]
fn runs_any_command_with_its_arguments_as_they_are() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let mut args = vec!["-q".to_owned(), "--project".into(), "shop".into(), "spawn".into()];
    args.push("--wait".into());
    args.push("--".into());
    args.extend(sandbox.quiet_probe());
    args.extend(["$(touch canary)".to_owned(), "a \"b\" 'c'".into(), "-x".into()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let id = sandbox.ao(&args).ok().line();
    assert_eq!(sandbox.session(&id)["phase"], "live");
    let argv = sandbox.probe(&id).started()["argv"].clone();
    let argv = argv.as_array().unwrap();
    assert_eq!(argv[3..], ["$(touch canary)", "a \"b\" 'c'", "-x"]);
}

#[test]
fn branches_from_what_is_asked() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    shop.git(&["commit", "-q", "--allow-empty", "-m", "second"]);
    let first = shop.git(&["rev-parse", "HEAD~1"]);
    let spawned = sandbox
        .ao(&["spawn", "--branch", "topic/till", "--base", "HEAD~1"])
        .dir(shop.path())
        .json();
    assert_eq!(spawned["session"]["branch"], "topic/till");
    assert_eq!(spawned["session"]["base"], first.trim());
    assert_eq!(shop.git(&["rev-parse", "topic/till"]), first);
}

#[test]
fn fetches_only_when_asked() {
    let sandbox = Sandbox::new();
    let upstream = sandbox.repository("upstream");
    let shop = sandbox.path("shop");
    super::support::git(sandbox.root(), sandbox.root(), &["clone", "-q", "upstream", "shop"]);
    upstream.git(&["commit", "-q", "--allow-empty", "-m", "news"]);
    sandbox.ao(&["start", "--no-orchestrator"]).dir(&shop).ok();
    let base = |args: &[&str]| {
        sandbox.ao(args).dir(&shop).json()["session"]["base"].as_str().unwrap().to_owned()
    };
    let (old, new) = (upstream.git(&["rev-parse", "HEAD~1"]), upstream.git(&["rev-parse", "HEAD"]));
    assert_eq!(base(&["spawn"]), old.trim());
    assert_eq!(base(&["spawn", "--fetch"]), new.trim());
    assert_eq!(base(&["spawn"]), old.trim(), "the local branch has not moved");
    sandbox.ao(&["spawn", "--fetch", "--base", "worker/shop-1"]).dir(&shop).fails(2);
    std::fs::rename(upstream.path(), sandbox.path("gone")).unwrap();
    let failed = sandbox.ao(&["spawn", "--fetch"]).dir(&shop).fails(9);
    assert!(failed.err().contains("git fetch"), "{}", failed.err());
}

#[test]
fn numbers_are_never_used_again() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    assert_eq!(sandbox.worker(), "shop-1");
    sandbox.ao(&["kill", "shop-1"]).ok();
    assert_eq!(sandbox.worker(), "shop-2");
}

#[test]
fn leaves_the_main_checkout_alone_and_says_what_is_not_in_the_worktree() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    std::fs::write(shop.path().join("README"), "changed\n").unwrap();
    std::fs::write(shop.path().join("new"), "new\n").unwrap();
    let spawned = sandbox.ao(&["spawn"]).dir(shop.path()).json();
    assert_eq!(spawned["notices"].as_array().unwrap().len(), 1, "{spawned}");
    assert_eq!(shop.git(&["status", "--porcelain"]), " M README\n?? new\n");
    assert_eq!(shop.git(&["branch", "--show-current"]).trim(), "main");
}

#[test]
fn a_refused_spawn_leaves_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    shop.git(&["branch", "taken"]);
    let elsewhere = sandbox.path("elsewhere");
    shop.git(&["worktree", "add", "-q", "-b", "out", elsewhere.to_str().unwrap()]);
    let before = Footprint::of(&sandbox, &[&shop]);
    for (args, code) in [
        (&["spawn", "--branch", "taken"][..], 5),
        (&["spawn", "--branch", "out"], 5),
        (&["spawn", "--branch", "main"], 5),
        (&["spawn", "--branch", "a..b"], 2),
        (&["spawn", "--branch", "-x"], 2),
        (&["spawn", "--base", "nowhere"], 2),
        (&["spawn", "--agent", "nobody"], 2),
        (&["spawn", "--agent", "no-agent"], 2),
        (&["spawn", "--agent", "codex"], 9),
        (&["spawn", "--", "no-such-program"], 9),
        (&["spawn", "--", "/no/such/program"], 9),
        (&["spawn", ""], 2),
        (&["spawn", "--prompt-file", "/no/such/file"], 2),
        (&["spawn", "--agent", "probe", "--permission", "everything"], 2),
        (&["--project", "nope", "spawn"], 3),
    ] {
        let refused = sandbox.ao(args).dir(shop.path()).run();
        assert_eq!(refused.code(), code, "{args:?}: {}", refused.err());
        sandbox.ao(args).dir(shop.path()).fails(code);
        assert_eq!(Footprint::of(&sandbox, &[&shop]), before, "{args:?}");
    }
}

#[test]
fn an_agent_that_dies_at_once_is_told() {
    let sandbox = Sandbox::new();
    sandbox.starts_once();
    sandbox.plain_shop();
    let args = ["-q", "--project", "shop", "spawn", "--", "sh", "-c", "echo no key >&2; exit 3"];
    let id = sandbox.ao(&args).ok().line();
    sandbox.ao(&["wait", &id, "--for", "exited", "--timeout", "30"]).ok();
    let shown = sandbox.ao(&["show", &id]).json();
    assert_eq!(shown["session"]["end_reason"], "exited(3)");
    assert!(shown["last_lines"].to_string().contains("no key"), "{shown}");
}

#[test]
fn one_key_is_one_worker() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let spawn =
        |text: &str| sandbox.ao(&["-q", "spawn", "--idempotency-key", "k1", text]).dir(shop.path());
    let id = spawn("a task").ok().line();
    assert_eq!(spawn("a task").ok().line(), id);
    spawn("another task").fails(5);
    assert_eq!(sandbox.ao(&["ls", "--all"]).json()["sessions"].as_array().unwrap().len(), 1);
}
