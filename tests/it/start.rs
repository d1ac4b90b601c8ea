//! `ao start`.

use super::support::{Footprint, Sandbox};

#[test]
fn makes_what_is_missing_and_twice_changes_nothing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let first = sandbox.ao(&["start"]).dir(shop.path()).json();
    assert_eq!(first["outcome"], "started");
    assert_eq!(first["created"], true);
    assert_eq!(first["orchestrator"], "shop-orchestrator");
    assert_eq!(first["session"]["branch"], "orchestrator/shop-orchestrator");
    assert_eq!(first["session"]["kind"], "orchestrator");
    let before = Footprint::of(&sandbox, &[&shop]);
    let second = sandbox.ao(&["start"]).dir(shop.path()).json();
    assert_eq!(second["outcome"], "reused");
    assert_eq!(second["created"], false);
    assert_eq!(second["supervisor"]["pid"], first["supervisor"]["pid"]);
    assert_eq!(second["session"]["agent_pid"], first["session"]["agent_pid"]);
    assert_eq!(Footprint::of(&sandbox, &[&shop]), before);
}

#[test]
fn says_what_there_is_and_how_to_attach() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let path = shop.path().to_str().unwrap();
    let said = sandbox.ao(&["start", path]).ok().out();
    for part in ["running", "shop", "registered now", "shop-orchestrator", "ao attach shop-orch"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let about_zellij = said.lines().filter(|line| line.contains("zellij")).count();
    assert_eq!(about_zellij, 1, "one line says that there is no zellij: {said}");
    assert_eq!(sandbox.ao(&["-q", "start", path]).ok().line(), "shop-orchestrator");
}

#[test]
fn registers_from_a_folder_inside_the_repository() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let inside = shop.path().join("src/deep");
    std::fs::create_dir_all(&inside).unwrap();
    let started = sandbox.ao(&["start", "--no-orchestrator"]).dir(&inside).json();
    assert_eq!(started["project"]["path"], shop.path().to_str().unwrap());
    assert_eq!(started["orchestrator"], serde_json::Value::Null);
    assert_eq!(shop.branches(), ["main"]);
}

#[test]
fn does_everything_else_where_the_agent_is_missing() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    std::fs::write(sandbox.config().join("config.toml"), "agent = \"claude\"\n").unwrap();
    let ran = sandbox.ao(&["start"]).dir(shop.path()).env("PATH", "/usr/bin:/bin").run();
    assert_eq!(ran.code(), 9, "{}{}", ran.out(), ran.err());
    assert!(ran.out().contains("registered now"), "{}", ran.out());
    assert!(ran.err().contains("claude"), "{}", ran.err());
    let hint = ran.err().lines().last().unwrap().to_owned();
    assert!(hint.contains("probe"), "the hint names what is installed: {hint}");
    let projects = sandbox.ao(&["project", "ls"]).json();
    assert_eq!(projects["projects"][0]["id"], "shop");
    assert_eq!(projects["projects"][0]["orchestrator"], serde_json::Value::Null);
    assert_eq!(shop.branches(), ["main"]);
    assert_eq!(shop.worktrees().len(), 1);
}

#[test]
fn takes_any_command_as_the_orchestrator() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let started = sandbox.ao(&["start", "--", "sleep", "1000"]).dir(shop.path()).json();
    assert_eq!(started["session"]["agent"], "command");
    assert_eq!(started["session"]["phase"], "live");
}

#[test]
fn nothing_that_the_caller_holds_is_held_by_what_it_starts() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let lock = sandbox.path("lock");
    let script = r#"exec 9>"$1"; flock 9; "$2" start --quiet; "$2" spawn --quiet"#;
    let mut command = sandbox.command("bash");
    command.args(["-c", script, "bash"]).arg(&lock).arg(env!("CARGO_BIN_EXE_ao"));
    let started = command.current_dir(shop.path()).output().unwrap();
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    let again = sandbox.command("flock").arg("--nonblock").arg(&lock).arg("true").status();
    assert!(again.unwrap().success(), "the lock is free when its holder has ended");
}
