//! Sessions in the panes of a real zellij.

use std::path::Path;

use ao::model::ids::ProjectId;
use ao::panes::{PaneView, ProjectPanes, Viewer, Zellij};
use rustix::process::Signal;
use serde_json::Value;

use super::support::{Process, Sandbox, Terminal, zellij};

/// The panes of the project `shop` as zellij itself lists them.
fn panes(sandbox: &Sandbox) -> Vec<PaneView> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let list = runtime.block_on(async { lens(sandbox).await.list().await });
    let mut list = list.unwrap();
    list.sort_by(|a, b| a.session.as_str().cmp(b.session.as_str()));
    list
}

/// A second look at the supervisor's zellij, which opens nothing.
async fn lens(sandbox: &Sandbox) -> ProjectPanes {
    let program = Zellij::find(None, Some(&zellij())).await.unwrap();
    let viewer = Viewer {
        program: sandbox.data().join("run/bin/ao"),
        arguments: vec!["attach".into(), "--pane".into()],
        environment: vec![],
    };
    let shop = ProjectId::parse("shop").unwrap();
    ProjectPanes::new(program, &sandbox.data().join("run/zellij"), &shop, viewer).unwrap()
}

fn titles(sandbox: &Sandbox) -> Vec<String> {
    panes(sandbox).into_iter().map(|pane| pane.session.to_string()).collect()
}

fn server(sandbox: &Sandbox) -> Process {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(async { lens(sandbox).await.server_process() });
    Process::of(found.expect("a server runs").pid.into())
}

/// The viewer in a session's pane.
fn viewer(sandbox: &Sandbox, id: &str) -> Option<Process> {
    let shows = |process: &Process| {
        let line = std::fs::read(format!("/proc/{}/cmdline", process.pid())).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(" attach ") && line.trim_end().ends_with(id) && !line.contains("zellij ")
    };
    sandbox.processes().into_iter().find(shows)
}

/// Waits for the journal to say that the pane of a session is open.
fn opened(sandbox: &Sandbox, ids: &[&str]) {
    for id in ids {
        sandbox.events().until("the pane is open", |event| {
            event["session"] == *id && event["data"]["pane"] == "open"
        });
    }
}

#[test]
fn every_live_session_has_a_pane_named_after_it_until_it_ends() {
    let sandbox = Sandbox::with_zellij();
    sandbox.shop();
    let worker = sandbox.ao(&["-q", "--project", "shop", "spawn", "--name", "till"]).ok().line();
    sandbox.ao(&["wait", &worker, "--for", "idle", "--timeout", "30"]).ok();
    opened(&sandbox, &["shop-orchestrator", &worker]);
    assert_eq!(titles(&sandbox), ["shop-1", "shop-orchestrator"]);
    let list = panes(&sandbox);
    assert!(list[0].title.contains("shop-1") && list[0].title.contains("till"), "{list:?}");
    assert_eq!(sandbox.session(&worker)["pane"], "open");
    let version = sandbox.ao(&["status"]).json()["supervisor"]["zellij"].clone();
    assert_eq!(version, "0.45.1");
    // Nobody looks yet, so no agent is squeezed into the 50 columns of a zellij without a person.
    let screen = sandbox.ao(&["screen", &worker]).json();
    assert!(screen["cols"].as_u64().unwrap() > 50, "{screen}");
    sandbox.ao(&["kill", &worker]).ok();
    let session = sandbox.session(&worker);
    assert_ne!(session["pane"], Value::from("open"), "{session}");
}

#[test]
fn a_closed_pane_costs_a_view_and_is_opened_again() {
    let sandbox = Sandbox::with_zellij();
    sandbox.shop();
    let worker = sandbox.worker();
    opened(&sandbox, &["shop-orchestrator", &worker]);
    let agent = Process::of(sandbox.session(&worker)["agent_pid"].as_u64().unwrap());
    let lost = viewer(&sandbox, &worker).expect("the pane runs a viewer");
    lost.kill();
    assert!(agent.is_alive());
    sandbox.ao(&["send", &worker, "unseen"]).ok();
    assert_eq!(sandbox.probe(&worker).hears(1), ["unseen"]);
    let view = sandbox.ao(&["zellij", "shop"]).json();
    let shown = view["panes"].as_array().unwrap();
    assert_eq!(shown.len(), 2, "{view}");
    let again = viewer(&sandbox, &worker).expect("a new viewer");
    assert_ne!(again, lost);
    assert_eq!(titles(&sandbox), ["shop-1", "shop-orchestrator"]);
}

#[test]
fn a_killed_zellij_costs_views_and_comes_back() {
    let sandbox = Sandbox::with_zellij();
    sandbox.shop();
    let worker = sandbox.worker();
    opened(&sandbox, &["shop-orchestrator", &worker]);
    let before = [sandbox.session("shop-orchestrator"), sandbox.session(&worker)];
    server(&sandbox).kill();
    for session in &before {
        assert!(Process::of(session["agent_pid"].as_u64().unwrap()).is_alive());
    }
    sandbox.ao(&["send", &worker, "unseen", "--wait", "submitted", "--timeout", "30"]).ok();
    sandbox.ao(&["zellij", "shop"]).json();
    assert_eq!(titles(&sandbox), ["shop-1", "shop-orchestrator"]);
    for (session, id) in before.iter().zip(["shop-orchestrator", &worker]) {
        assert_eq!(sandbox.session(id)["agent_pid"], session["agent_pid"]);
        assert_eq!(sandbox.session(id)["generation"], 1);
    }
}

#[test]
fn a_frozen_zellij_holds_up_nobody() {
    let sandbox = Sandbox::with_zellij();
    sandbox.shop();
    opened(&sandbox, &["shop-orchestrator"]);
    let zellij = server(&sandbox);
    zellij.signal(Signal::STOP);
    let begun = std::time::Instant::now();
    let worker = sandbox.worker();
    sandbox.ao(&["send", &worker, "x", "--wait", "submitted", "--timeout", "30"]).ok();
    let took = begun.elapsed();
    zellij.signal(Signal::CONT);
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_person_sees_and_types_in_the_panes() {
    let sandbox = Sandbox::with_zellij();
    let shop = sandbox.shop();
    opened(&sandbox, &["shop-orchestrator"]);
    sandbox.ao(&["zellij"]).dir(shop.path()).fails(2);
    let command = sandbox.ao(&["zellij", "shop"]).env("ZELLIJ", "0").command();
    let mut terminal = Terminal::run(&command, 130, 44);
    terminal.shows("probe");
    terminal.types("typed in a pane\r");
    assert_eq!(sandbox.probe("shop-orchestrator").hears(1), ["typed in a pane"]);
    drop(terminal);
    assert_eq!(sandbox.session("shop-orchestrator")["phase"], "live");
}

#[test]
fn nothing_of_the_persons_own_zellij_is_touched() {
    let sandbox = Sandbox::with_zellij();
    sandbox.shop();
    opened(&sandbox, &["shop-orchestrator"]);
    for folder in ["home/.config/zellij", "home/.cache/zellij", "home/.local/share/zellij"] {
        assert!(!Path::new(&sandbox.path(folder)).exists(), "{folder}");
    }
    sandbox.ao(&["stop", "--sessions", "--yes"]).ok();
    let left = super::support::wait_gone(&sandbox.processes(), std::time::Duration::from_secs(10));
    assert_eq!(left, [], "the server goes with its last pane");
}

#[test]
fn a_zellij_that_is_too_old_or_missing_means_no_panes_and_says_so() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let bin = sandbox.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let old = bin.join("zellij");
    std::fs::write(&old, "#!/bin/sh\necho zellij 0.40.0\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&old, mode).unwrap();
    let ao = |args: &[&str]| {
        let ao = sandbox.ao(args).dir(shop.path()).without("AO_ZELLIJ");
        ao.env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
    };
    let started = ao(&["start"]).json();
    let said = started["supervisor"]["zellij"].as_str().unwrap().to_owned();
    assert!(said.contains("0.40.0") && said.contains("0.44"), "{said}");
    assert_eq!(started["session"]["phase"], "live");
    assert_eq!(started["session"]["pane"], "none");
    ao(&["zellij", "shop"]).fails(9);
}
