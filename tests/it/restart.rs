//! The supervisor's process: killed, stopped, started many times at once, by other versions.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::support::{Process, Sandbox};

fn agents(sandbox: &Sandbox) -> Vec<(String, u64, u64, u64)> {
    let list = sandbox.ao(&["ls"]).json();
    let number = |session: &Value, name: &str| session[name].as_u64().unwrap();
    let rows = list["sessions"].as_array().unwrap().iter();
    rows.map(|row| {
        let id = row["id"].as_str().unwrap().to_owned();
        (id, number(row, "agent_pid"), number(row, "host_pid"), number(row, "generation"))
    })
    .collect()
}

#[test]
fn four_sessions_outlive_a_sigkill_and_a_sigterm() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    for _ in 0..3 {
        sandbox.worker();
    }
    let before = agents(&sandbox);
    assert_eq!(before.len(), 4);
    // One works while nobody looks.
    let probe = sandbox.probe("shop-2");
    for signal in [Signal::KILL, Signal::TERM, Signal::KILL] {
        let supervisor = sandbox.supervisor();
        let begun = Instant::now();
        supervisor.signal(signal);
        supervisor.wait(Duration::from_secs(5));
        assert!(begun.elapsed() < Duration::from_secs(5));
        let back = Instant::now();
        assert_eq!(agents(&sandbox), before, "the same agents after {signal:?}");
        assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
        sandbox.ao(&["send", "shop-2", "after", "--wait", "submitted", "--timeout", "30"]).ok();
    }
    assert_eq!(probe.hears(3), ["after", "after", "after"]);
    sandbox.has_roles([1, 4, 4]);
}

#[test]
fn an_accepted_message_outlives_a_sigkill_and_arrives_once() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let mut expected = Vec::new();
    for round in 0..5 {
        for n in 0..4 {
            let text = format!("message {round}.{n}");
            sandbox.ao(&["send", &worker, &text]).ok();
            expected.push(text);
        }
        sandbox.supervisor().kill();
    }
    sandbox.ao(&["send", &worker, "end"]).ok();
    expected.push("end".into());
    let heard = sandbox.probe(&worker).hears(expected.len());
    assert_eq!(heard, expected);
}

#[test]
fn a_wait_outlives_the_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let worker = sandbox.worker();
    let waiting = sandbox.ao(&["wait", &worker, "--for", "exited"]).command().spawn();
    let mut waiting = waiting.unwrap();
    for _ in 0..3 {
        sandbox.supervisor().kill();
        sandbox.ao(&["ls"]).ok();
    }
    let early = waiting.try_wait().unwrap();
    assert!(early.is_none(), "{early:?}");
    sandbox.ao(&["kill", &worker]).ok();
    assert!(waiting.wait().unwrap().success());
}

#[test]
fn whoever_comes_right_after_a_crash_is_served() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    for _ in 0..5 {
        sandbox.supervisor().kill();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| sandbox.ao(&["project", "show", "shop"]).ok());
            }
        });
    }
}

#[test]
fn one_that_crashes_comes_back_by_itself() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let probe = sandbox.probe("shop-orchestrator");
    let mut events = sandbox.events();
    events.session("session.live", "shop-orchestrator");
    sandbox.supervisor().kill();
    // Its own return is what is followed: the follower starts none itself.
    events.until("it has started again", |event| event["kind"] == "supervisor.started");
    assert_eq!(probe.run(&["ao", "ls"])["code"], 0, "and serves the sessions");
}

#[test]
fn an_end_that_nobody_saw_is_found() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let (a, b) = (sandbox.worker(), sandbox.worker());
    let host = Process::of(sandbox.session(&b)["host_pid"].as_u64().unwrap());
    let agent = Process::of(sandbox.session(&a)["agent_pid"].as_u64().unwrap());
    let first = Process::of(sandbox.session(&a)["host_pid"].as_u64().unwrap());
    sandbox.ao(&["stop"]).ok();
    sandbox.probe(&a).exits(7);
    agent.wait(super::support::SOON);
    first.wait(super::support::SOON);
    host.kill();
    assert_eq!(sandbox.session(&a)["end_reason"], "exited(7)");
    assert_eq!(sandbox.session(&b)["end_reason"], "host_lost");
}

#[test]
fn fifty_starts_at_once_are_one_supervisor_and_one_orchestrator() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let started: Vec<Value> = std::thread::scope(|scope| {
        let start = || sandbox.ao(&["start"]).dir(shop.path()).json();
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let same = |pointer: &str| {
        let first = started[0].pointer(pointer).unwrap();
        assert!(started.iter().all(|one| one.pointer(pointer) == Some(first)), "{pointer}");
    };
    same("/supervisor/pid");
    same("/session/agent_pid");
    assert_eq!(started.iter().filter(|one| one["outcome"] == "started").count(), 1);
    assert_eq!(started.iter().filter(|one| one["created"] == true).count(), 1);
    sandbox.has_roles([1, 1, 1]);
    assert_eq!(shop.worktrees().len(), 2);
}

#[test]
fn a_stale_socket_and_pid_are_nobody() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    let supervisor = sandbox.supervisor();
    supervisor.kill();
    assert!(sandbox.socket().exists(), "it could not clean up");
    // A file that names an innocent process must not cost that process anything.
    let mut innocent = sandbox.command("sleep").arg("1000").spawn().unwrap();
    for name in ["supervisor.pid", "run/ao.pid", "lock"] {
        let file = sandbox.data().join(name);
        if !file.exists() || name == "lock" {
            std::fs::write(file, format!("{}\n", innocent.id())).unwrap();
        }
    }
    let begun = Instant::now();
    sandbox.ao(&["start", "--no-orchestrator"]).dir(shop.path()).ok();
    assert!(begun.elapsed() < Duration::from_secs(5));
    sandbox.ao(&["stop"]).ok();
    assert!(innocent.try_wait().unwrap().is_none());
    innocent.kill().unwrap();
    innocent.wait().unwrap();
}

#[test]
fn everything_is_private_under_any_umask() {
    for umask in ["000", "077", "022"] {
        let sandbox = Sandbox::new();
        let shop = sandbox.repository("shop");
        let script = format!("umask {umask}; exec \"$@\"");
        let mut command = sandbox.command("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_ao"), "start"]);
        super::support::Ao::new(command).dir(shop.path()).ok();
        sandbox.probe("shop-orchestrator");
        sandbox.ao(&["send", "shop-orchestrator", "x"]).ok();
        let mut looked = 0;
        private(&sandbox.data(), &mut looked);
        assert!(looked > 12, "{looked}");
    }
}

fn private(path: &std::path::Path, looked: &mut u32) {
    let meta = std::fs::symlink_metadata(path).unwrap();
    if meta.is_symlink() {
        return;
    }
    *looked += 1;
    let mode = meta.permissions().mode() & 0o777;
    assert_eq!(meta.uid(), rustix::process::getuid().as_raw());
    assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    // A worktree's files are the repository's, behind a private directory.
    let is_worktree = path.parent().is_some_and(|parent| parent.ends_with("worktrees"));
    if meta.is_dir() && !is_worktree {
        assert_eq!(mode, 0o700, "{}", path.display());
        for entry in std::fs::read_dir(path).unwrap() {
            private(&entry.unwrap().path(), looked);
        }
    }
}

#[test]
fn a_second_one_in_the_foreground_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let supervisor = sandbox.supervisor();
    sandbox.ao(&["supervisor"]).fails(5);
    assert!(supervisor.is_alive());
}

#[test]
fn in_the_foreground_it_serves_until_it_is_told_to_stop() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.ao(&["supervisor"]).command();
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    std::fs::create_dir_all(sandbox.data().join("run")).unwrap_or_default();
    super::support::eventually(sandbox.root(), "the data directory", || {
        sandbox.data().exists().then_some(())
    });
    let socket = sandbox.socket();
    super::support::eventually(socket.parent().unwrap(), "the socket", || {
        std::os::unix::net::UnixStream::connect(&socket).ok()
    });
    assert_eq!(sandbox.supervisor().pid(), child.id());
    Process::of(child.id().into()).signal(Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn a_newer_data_directory_is_refused_and_stays_as_it_is() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    sandbox.ao(&["stop"]).ok();
    let format = sandbox.data().join("format");
    let newer = "9999\n";
    std::fs::write(&format, newer).unwrap();
    let read = |name: &str| std::fs::read(sandbox.data().join(name)).unwrap();
    let before = read("ao.db");
    let listed = |folder| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let names = listed(sandbox.data());
    for args in [&["ls"][..], &["start"], &["supervisor"]] {
        let refused = sandbox.ao(args).dir(shop.path()).fails(8);
        assert!(refused.err().contains("newer"), "{}", refused.err());
    }
    assert_eq!(read("ao.db"), before);
    assert_eq!(read("format"), newer.as_bytes());
    assert_eq!(listed(sandbox.data()), names);
    std::fs::write(&format, "1\n").unwrap();
}

#[test]
fn a_newer_database_is_refused_and_stays_as_it_is() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    sandbox.ao(&["stop"]).ok();
    let file = sandbox.data().join("ao.db");
    let old = std::fs::read(&file).unwrap();
    // The user version is a big-endian number at byte 60 of the header.
    let mut newer = old.clone();
    newer[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(&file, &newer).unwrap();
    let refused = sandbox.ao(&["ls"]).dir(shop.path()).fails(8);
    assert!(refused.err().contains("newer"), "{}", refused.err());
    assert_eq!(std::fs::read(&file).unwrap(), newer);
    std::fs::write(&file, old).unwrap();
    sandbox.ao(&["ls"]).dir(shop.path()).ok();
}

#[test]
fn a_damaged_database_is_kept_and_told() {
    let sandbox = Sandbox::new();
    let shop = sandbox.plain_shop();
    sandbox.ao(&["stop"]).ok();
    let file = sandbox.data().join("ao.db");
    let good = std::fs::read(&file).unwrap();
    for bad in [b"this is no database, whatever its name says".to_vec(), vec![0; 8192]] {
        std::fs::write(&file, &bad).unwrap();
        let refused = sandbox.ao(&["ls"]).dir(shop.path()).fails(9);
        assert!(refused.err().contains("ao.db"), "{}", refused.err());
        assert_eq!(std::fs::read(&file).unwrap(), bad, "the file is kept");
    }
    std::fs::write(&file, good).unwrap();
    sandbox.ao(&["project", "show", "shop"]).ok();
}

#[test]
fn one_that_hangs_is_told_in_time() {
    let sandbox = Sandbox::new();
    sandbox.plain_shop();
    let supervisor = sandbox.supervisor();
    supervisor.signal(Signal::STOP);
    let told = sandbox.ao(&["ls"]).within(Duration::from_secs(30)).run();
    let status = sandbox.ao(&["status"]).within(Duration::from_secs(30)).run();
    supervisor.signal(Signal::CONT);
    assert_eq!(told.code(), 8, "{}", told.err());
    assert_eq!(told.err().lines().count(), 3, "{}", told.err());
    assert!(told.err().contains(&supervisor.pid().to_string()), "{}", told.err());
    assert!(matches!(status.code(), 0 | 8), "{}", status.err());
    sandbox.ao(&["ls"]).ok();
}

/// Answers the request on a connection as another version does; whether there was one.
fn answers(mut stream: &std::os::unix::net::UnixStream, protocol: &str, version: &str) -> bool {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut lines = 0;
    while reader.read_line(&mut line).unwrap() > 2 {
        line.clear();
        lines += 1;
    }
    if lines == 0 {
        return false;
    }
    let head = format!("ao-protocol: {protocol}\r\nao-version: {version}\r\ncontent-length: 2");
    write!(stream, "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{{}}").unwrap();
    true
}

#[test]
fn a_supervisor_of_another_version_is_told_with_the_older_side() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.data().join("run")).unwrap();
    let listener = UnixListener::bind(sandbox.socket()).unwrap();
    let server = std::thread::spawn(move || {
        for (theirs, version) in [("7", "9.0.0"), ("0", "0.0.1")] {
            // A command may look first whether anybody is there.
            while !answers(&listener.accept().unwrap().0, theirs, version) {}
        }
    });
    let newer = sandbox.ao(&["send", "x-1", "x"]).fails(8);
    assert!(newer.err().contains("this ao is older"), "{}", newer.err());
    let older = sandbox.ao(&["send", "x-1", "x"]).fails(8);
    assert!(older.err().contains("the supervisor is older"), "{}", older.err());
    assert!(older.err().contains("ao stop"), "{}", older.err());
    server.join().unwrap();
    std::fs::remove_file(sandbox.socket()).unwrap();
}

#[test]
fn a_program_that_was_replaced_under_a_supervisor_is_told() {
    let sandbox = Sandbox::new();
    let program = sandbox.path("ao");
    let install = || {
        let fresh = sandbox.path("ao.new");
        std::fs::copy(env!("CARGO_BIN_EXE_ao"), &fresh).unwrap();
        std::fs::rename(fresh, &program).unwrap();
    };
    install();
    let shop = sandbox.repository("shop");
    let mut start = sandbox.command(&program);
    assert!(start.arg("start").current_dir(shop.path()).output().unwrap().status.success());
    assert!(!sandbox.ao(&["status"]).ok().out().contains("another file"));
    install();
    for command in ["status", "doctor"] {
        let told = sandbox.ao(&[command]).ok().out();
        assert!(told.contains("another file") && told.contains("ao stop"), "{told}");
    }
    // What the replaced one started works on, and the next one takes it over.
    sandbox.ao(&["send", "shop-orchestrator", "hello", "--wait", "submitted"]).ok();
    sandbox.ao(&["stop"]).ok();
    let status = sandbox.ao(&["status"]).dir(shop.path());
    sandbox.ao(&["ls"]).ok();
    assert!(!status.ok().out().contains("another file"));
    sandbox.ao(&["send", "shop-orchestrator", "again", "--wait", "submitted"]).ok();
}

#[test]
fn a_long_data_directory_works_and_a_long_socket_is_told() {
    let sandbox = Sandbox::new();
    let shop = sandbox.repository("shop");
    let long = sandbox.path(&format!("deep/{}", "d".repeat(90)));
    let run = sandbox.path("run");
    std::fs::create_dir(&run).unwrap();
    let ao = |args: &[&str]| {
        let ao = sandbox.ao(args).dir(shop.path()).env("AO_DATA_DIR", &long);
        ao.env("XDG_RUNTIME_DIR", &run)
    };
    std::fs::create_dir(sandbox.path("deep")).unwrap();
    let started = ao(&["start"]).json();
    let socket = started["supervisor"]["socket"].as_str().unwrap();
    assert!(socket.len() <= 100 && socket.starts_with(run.to_str().unwrap()), "{socket}");
    // A client that does not know of that directory finds the record of it.
    let elsewhere = sandbox.ao(&["-q", "ls"]).dir(shop.path()).env("AO_DATA_DIR", &long).ok();
    assert_eq!(elsewhere.line(), "shop-orchestrator");
    ao(&["stop", "--sessions", "--yes"]).ok();
    let socket = sandbox.path(&"s".repeat(120));
    let told = sandbox.ao(&["start"]).dir(shop.path()).env("AO_SOCKET", socket).fails(2);
    assert!(told.err().contains("bytes"), "{}", told.err());
}
