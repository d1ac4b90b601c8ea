//! `ao demo` from outside: the real binary, its own supervisor, real git, real terminals.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ao::process::find_by_environ;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A directory for temporary files, which a demonstration makes its own in, and a repository that
/// it is run from.
struct Place {
    temporary: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let temporary = tempfile::Builder::new().prefix("d").tempdir_in("/tmp").unwrap();
        Self { temporary, home: tempfile::tempdir().unwrap() }
    }

    fn ao(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ao"));
        command
            .args(args)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("TMPDIR", self.temporary.path())
            .stdin(Stdio::null());
        command
    }

    fn demo(&self, args: &[&str]) -> Output {
        self.ao(&[&["demo"], args].concat()).output().unwrap()
    }

    /// What demonstrations have left.
    fn left(&self) -> Vec<PathBuf> {
        fs::read_dir(self.temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn assert_nothing_is_left(&self) {
        assert_eq!(self.left(), [] as [PathBuf; 0]);
        assert_eq!(processes_of(self.temporary.path()), [] as [u32; 0]);
    }
}

/// Everything that was started with this directory for temporary files; agents inherit it.
fn processes_of(temporary: &Path) -> Vec<u32> {
    let found = find_by_environ(&[("TMPDIR", temporary.to_str().unwrap())]).unwrap();
    found.found.iter().map(|process| process.pid).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn it_tells_what_happens_and_leaves_nothing() {
    let place = Place::new();
    let output = place.demo(&[]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert_eq!(err, "");
    for words in [
        "you → demo-orchestrator",
        "demo-1 (greeting) is started by demo-orchestrator",
        "demo-1 reports needs input",
        "demo-orchestrator → demo-1: “In English, please.”",
        "has committed",
        "demo-orchestrator reports done",
        "SESSION",
        "MESSAGE",
        "COMMIT",
    ] {
        assert!(out.contains(words), "{words} is missing in\n{out}");
    }
    assert!(!out.contains("FAILED") && !out.contains('\x1b'), "{out}");
    place.assert_nothing_is_left();
}

#[test]
fn the_object_says_what_came_of_it() {
    let place = Place::new();
    let summary = json(&place.demo(&["--json"]));
    assert_eq!(summary["ok"], true);
    let states = summary["messages"].as_array().unwrap().iter().map(|m| m["state"].clone());
    let states: Vec<Value> = states.collect();
    assert!((8..=9).contains(&states.len()), "{states:?}");
    assert!(states.iter().all(|s| s == "submitted" || s == "answered"), "{states:?}");
    assert_eq!(summary["sessions"].as_array().unwrap().len(), 3);
    assert_eq!(summary["commits"].as_array().unwrap().len(), 2);
    assert_eq!(summary["kept"], Value::Null);
    place.assert_nothing_is_left();
}

#[test]
fn it_touches_nothing_of_the_persons_own() {
    let place = Place::new();
    let home = place.home.path();
    let git = |args: &[&str]| {
        let status = Command::new("git").args(args).current_dir(home).status().unwrap();
        assert!(status.success(), "{args:?}");
    };
    git(&["init", "--quiet"]);
    let settings = "[user]\nname = me\n[commit]\ngpgSign = true\n[gpg]\nprogram = /nonexistent\n\
                    [core]\nhooksPath = /nonexistent\n";
    fs::write(home.join(".gitconfig"), settings).unwrap();
    let before = listing(home);
    let output = place
        .ao(&["demo", "-q"])
        .env("GIT_DIR", home.join(".git"))
        .env("AO_DATA_DIR", home.join("data"))
        .env("AO_CONFIG_DIR", home.join("config"))
        .env("AO_AGENT", "claude")
        .env("ZELLIJ", "0")
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "demo-orchestrator\ndemo-1\ndemo-2\n");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(listing(home), before);
    place.assert_nothing_is_left();
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
            all.push(entry.path());
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_kept_can_be_looked_at_and_ended() {
    let place = Place::new();
    let summary = json(&place.demo(&["--keep", "--json"]));
    let kept = |name: &str| summary["kept"][name].as_str().unwrap().to_owned();
    let ao = |args: &[&str]| {
        let mut command = place.ao(args);
        command.env("AO_DATA_DIR", kept("data_dir")).env("AO_CONFIG_DIR", kept("config_dir"));
        command.output().unwrap()
    };
    let screen = text(&ao(&["screen", "demo-orchestrator"]).stdout);
    let listed = json(&ao(&["ls", "--json"]));
    let sent = ao(&["send", "demo-2", "--wait", "submitted", "--timeout", "20", "  $ git status"]);
    let stopped = ao(&["stop", "--sessions", "--yes"]);
    assert!(screen.contains("report: done"), "{screen}");
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 3);
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    assert!(stopped.status.success(), "{}", text(&stopped.stderr));
    assert_eq!(processes_of(place.temporary.path()), [] as [u32; 0]);
    assert_eq!(place.left(), [PathBuf::from(kept("directory"))]);
}

#[test]
fn an_interrupted_one_cleans_up() {
    let place = Place::new();
    let mut demo =
        place.ao(&["demo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("is started by demo-orchestrator")));
    let pid = Pid::from_raw(demo.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    lines.for_each(drop);
    let output = demo.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
    place.assert_nothing_is_left();
}

#[test]
fn inside_a_session_it_says_why_not() {
    let place = Place::new();
    let output = place.ao(&["demo"]).env("AO_SESSION_ID", "shop-1").output().unwrap();
    assert_eq!(output.status.code(), Some(8));
    assert_eq!(text(&output.stderr).lines().count(), 3);
    place.assert_nothing_is_left();
}

#[test]
fn without_git_nothing_is_left_either() {
    let place = Place::new();
    let output = place.ao(&["demo", "--keep"]).env("PATH", "/nonexistent").output().unwrap();
    assert_eq!(output.status.code(), Some(9));
    assert!(text(&output.stderr).contains("git"), "{}", text(&output.stderr));
    place.assert_nothing_is_left();
}
