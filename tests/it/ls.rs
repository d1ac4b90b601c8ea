//! `ao ls` and `ao show`.

use super::support::Sandbox;

#[test]
fn lists_the_sessions_of_a_project_and_of_all() {
    let sandbox = Sandbox::new();
    let shop = sandbox.shop();
    let worker = sandbox.worker();
    let other = sandbox.repository("web");
    sandbox.ao(&["start"]).dir(other.path()).ok();
    let ids = |args: &[&str]| -> Vec<String> {
        let out = sandbox.ao(args).dir(shop.path()).ok().out();
        out.lines().map(str::to_owned).collect()
    };
    assert_eq!(ids(&["-q", "ls"]), ["shop-orchestrator", worker.as_str()]);
    assert_eq!(ids(&["-q", "ls", "--project", "web"]), ["web-orchestrator"]);
    assert_eq!(ids(&["-q", "ls", "--all-projects"]).len(), 3);
    sandbox.ao(&["kill", &worker]).ok();
    assert_eq!(ids(&["-q", "ls"]), ["shop-orchestrator"]);
    assert_eq!(ids(&["-q", "ls", "--all"]), ["shop-orchestrator", worker.as_str()]);
    sandbox.ao(&["ls", "--project", "nope"]).fails(3);
}

#[test]
fn inside_a_session_the_project_is_its_own() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let other = sandbox.repository("web");
    sandbox.ao(&["start"]).dir(other.path()).ok();
    let inside = sandbox.probe("shop-orchestrator");
    let ran = inside.run(&["sh", "-c", "cd / && ao -q ls"]);
    assert_eq!(ran["out"], "shop-orchestrator\n", "{ran}");
}

#[test]
fn shows_everything_about_one() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let worker = sandbox.worker();
    let probe = sandbox.probe(&worker);
    let worktree = sandbox.session(&worker)["worktree"].as_str().unwrap().to_owned();
    let ran =
        probe.run(&["sh", "-c", "echo x > f && git add f && git commit -qm 'add f' && echo y > g"]);
    assert_eq!(ran["code"], 0, "{ran}");
    probe.prints("a last line\n");
    let shown = sandbox.ao(&["show", &worker]).json();
    assert_eq!(shown["session"]["id"], worker.as_str());
    assert_eq!(shown["work"]["branch"], "worker/shop-1");
    assert_eq!(shown["work"]["commits"][0]["subject"], "add f");
    assert_eq!(shown["work"]["uncommitted"], true);
    assert!(shown["events"].as_array().unwrap().len() > 3);
    assert!(shown["session"]["status_reason"].as_str().unwrap().len() > 3);
    let text = sandbox.ao(&["show", &worker]).ok().out();
    for part in [&worktree, "shop-orchestrator", "add f", "session.live", "hook"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for id in ["shop-9", "Shop-1", "../x", &"x".repeat(300)] {
        let ran = sandbox.ao(&["show", id]).run();
        assert!(matches!(ran.code(), 2 | 3), "{id}: {}", ran.err());
    }
}
