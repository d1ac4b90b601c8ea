//! The server's life: started once, ended for sure, nothing of anybody else's touched.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ao::model::ids::ProjectId;
use ao::panes::{Closed, PanesError, ProjectPanes, ServerState, Viewer, Zellij};
use ao::process::Evidence;
use rustix::process::Signal;

use super::bed::{Bed, lead, zellij};
use super::client::Client;

#[tokio::test]
async fn ensure_starts_one_server() {
    let bed = Bed::new().await;
    assert_eq!(bed.panes.alive().await, Evidence::Gone);
    let (a, b, c, d) = tokio::join!(
        bed.panes.ensure(),
        bed.panes.ensure(),
        bed.panes.ensure(),
        bed.panes.ensure()
    );
    let started = [a, b, c, d].map(Result::unwrap);
    assert_eq!(started.iter().filter(|state| **state == ServerState::Started).count(), 1);
    let server = bed.panes.server_process().unwrap();
    assert_eq!(bed.panes.ensure().await.unwrap(), ServerState::Running);
    assert_eq!(bed.panes.server_process(), Some(server));
    assert_eq!(bed.panes.alive().await, Evidence::Alive);
    bed.end().await;
}

#[tokio::test]
async fn everything_is_private() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let mut found = Vec::new();
    walk(&bed.path().join("zellij"), &mut found);
    assert!(found.len() > 5);
    for path in found {
        let kind = fs::symlink_metadata(&path).unwrap();
        let open = kind.permissions().mode() & 0o077;
        // A socket's own mode is zellij's; nobody gets as far as that.
        let behind = path.parent().map(|p| fs::metadata(p).unwrap().permissions().mode() & 0o077);
        assert!(open == 0 || behind == Some(0), "{}", path.display());
    }
    bed.end().await;
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    found.push(path.to_owned());
    // What zellij makes inside the private directories is behind their mode.
    if path.is_dir() && path.parent().is_none_or(|parent| !parent.ends_with("own")) {
        for entry in fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), found);
        }
    }
}

#[tokio::test]
async fn end_is_done_once() {
    let bed = Bed::running().await;
    bed.panes.open(&lead()).await.unwrap();
    let server = bed.panes.server_process().unwrap();
    assert_eq!(bed.panes.end().await.unwrap(), Closed::Asked);
    assert_eq!(server.is_alive(), Evidence::Gone);
    assert_eq!(bed.panes.end().await.unwrap(), Closed::WasGone);
    assert_eq!(bed.panes.ensure().await.unwrap(), ServerState::Started);
    bed.end().await;
}

#[tokio::test]
async fn a_frozen_server_is_killed() {
    let bed = Bed::running().await;
    let server = bed.signal_server(Signal::STOP);
    assert_eq!(bed.panes.end().await.unwrap(), Closed::Killed);
    assert_eq!(server.is_alive(), Evidence::Gone);
    bed.end().await;
}

#[tokio::test]
async fn projects_are_apart() {
    let bed = Bed::running().await;
    let viewer = Viewer {
        program: bed.path().join("ao"),
        arguments: vec!["attach".into(), "--pane".into()],
        environment: vec![("AO_DATA_DIR".into(), bed.path().into())],
    };
    let other = ProjectId::parse("other").unwrap();
    let other =
        ProjectPanes::new(zellij().await, &bed.path().join("zellij"), &other, viewer).unwrap();
    other.ensure().await.unwrap();
    other.open(&lead()).await.unwrap();
    assert!(bed.panes.list().await.unwrap().is_empty());
    // One that is frozen stops nobody else.
    bed.signal_server(Signal::STOP);
    assert_eq!(other.list().await.unwrap().len(), 1);
    bed.panes.end().await.unwrap();
    assert_eq!(other.alive().await, Evidence::Alive);
    assert_eq!(other.list().await.unwrap().len(), 1);
    other.end().await.unwrap();
    bed.end().await;
}

#[tokio::test]
async fn a_persons_own_zellij_is_not_touched() {
    let bed = Bed::new().await;
    let home = bed.path().join("home");
    fs::create_dir(&home).unwrap();
    let theirs = bed.path().join("theirs");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(zellij_program());
        command
            .args(arguments)
            .env_clear()
            .envs([("HOME", &home), ("ZELLIJ_SOCKET_DIR", &theirs), ("TMPDIR", &home)])
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null());
        assert!(command.status().unwrap().success());
    };
    run(&["attach", "--create-background", "mine"]);
    let own = own_files();

    bed.panes.ensure().await.unwrap();
    bed.open_team(4).await;
    bed.panes.end().await.unwrap();

    let mut probe = Client::connect(&theirs.join("contract_version_1/mine"));
    probe.send(zellij_utils::ipc::ClientToServerMsg::ConnStatus);
    probe.until(|message| matches!(message, zellij_utils::ipc::ServerToClientMsg::Connected));
    assert_eq!(own_files(), own);
    run(&["kill-session", "mine"]);
    bed.end().await;
}

fn zellij_program() -> PathBuf {
    let explicit = std::env::var_os("AO_TEST_ZELLIJ").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|d| d.join("zellij")).find(|file| file.is_file());
    let own = std::env::home_dir().unwrap().join(".cache/ao-test/zellij-0.45.1/bin/zellij");
    explicit.or(found).unwrap_or(own)
}

/// What zellij keeps in the home of whoever runs the tests.
fn own_files() -> BTreeSet<PathBuf> {
    let home = std::env::home_dir().unwrap();
    let mut found = Vec::new();
    for place in [".config/zellij", ".cache/zellij", ".local/share/zellij"] {
        let place = home.join(place);
        if place.exists() {
            walk(&place, &mut found);
        }
    }
    found.into_iter().collect()
}

#[tokio::test]
async fn a_path_that_is_too_long_is_an_error() {
    let bed = Bed::new().await;
    let viewer =
        Viewer { program: "/bin/true".into(), arguments: Vec::new(), environment: Vec::new() };
    let deep = bed.path().join("d".repeat(70));
    let project = ProjectId::parse("shop-with-a-name").unwrap();
    let result = ProjectPanes::new(zellij().await, &deep, &project, viewer);
    assert!(matches!(result, Err(PanesError::PathTooLong { .. })), "{result:?}");
    assert!(!deep.exists());
}

#[tokio::test]
async fn only_a_zellij_that_will_do_is_found() {
    let bed = Bed::new().await;
    let script = |name: &str, says: &str| {
        let path = bed.path().join(name);
        fs::create_dir(&path).unwrap();
        let program = path.join("zellij");
        fs::write(&program, format!("#!/bin/sh\n{says}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        path
    };
    let find = async |path: &Path| Zellij::find(Some(path.as_os_str()), None).await;
    let nowhere = Zellij::find(Some(OsStr::new("/nonexistent")), None).await;
    assert!(matches!(nowhere, Err(PanesError::Missing)), "{nowhere:?}");
    let old = find(&script("old", "echo zellij 0.43.1")).await;
    assert!(matches!(old, Err(PanesError::TooOld { .. })), "{old:?}");
    let other = find(&script("other", "echo tmux 3.3a")).await;
    assert!(matches!(other, Err(PanesError::Unrecognised { .. })), "{other:?}");
    let newer = find(&script("newer", "echo zellij 0.46.2")).await.unwrap();
    assert_eq!(newer.version().to_string(), "0.46.2");
    let gone = Zellij::find(None, Some(Path::new("/nonexistent/zellij"))).await;
    assert!(matches!(gone, Err(PanesError::Missing)), "{gone:?}");
}
