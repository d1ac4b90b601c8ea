//! A session's life: start, exit, what it leaves behind, who may talk to it.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use ao::host::{
    Admission, Attach, ControlKey, ExitRecord, HostClient, HostError, HostEvent, Launch,
    RefusalCode, Size, attach, start,
};
use ao::process::{Evidence, ProcessId, ancestors, descendants};

use crate::host_lab::{Lab, Session, ao, run, soon, until_gone};

#[test]
fn the_exit_code_is_told_and_kept() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; read x; echo last words; exit 7").await;
        let mut events = session.client.watch().await.unwrap();
        session.sees("ready").await;
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"\r").await.unwrap();
        let exit = Session::exited(&mut events).await;
        assert_eq!((exit.code, exit.signal), (Some(7), None));
        assert!(exit.last_lines.contains(&"last words".to_owned()), "{exit:?}");
        let socket = session.launch.socket.clone();
        let record = session.ended().await;
        assert_eq!(record.exit, exit);
        assert!(record.tree_ended && record.left.is_empty());
        assert!(!socket.exists());
    });
}

#[test]
fn the_signal_is_told() {
    run(async {
        let lab = Lab::new();
        let launch = lab.script("kill -SEGV $$");
        let started = lab.try_start(&launch).await.unwrap();
        soon("the host goes", until_gone(started.host)).await;
        let exit = ExitRecord::read(&launch.dir).unwrap().unwrap().exit;
        assert_eq!((exit.code, exit.signal), (None, Some(11)));
    });
}

#[test]
fn an_agent_that_ends_at_once_is_noticed() {
    run(async {
        for _ in 0..20 {
            let lab = Lab::new();
            let launch = lab.launch(&["/bin/true"]);
            let started = lab.try_start(&launch).await.unwrap();
            soon("the host goes", until_gone(started.host)).await;
            assert_eq!(ExitRecord::read(&launch.dir).unwrap().unwrap().exit.code, Some(0));
        }
    });
}

#[test]
fn hello_says_who_it_is() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        let hello = session.client.hello();
        assert_eq!((hello.host, hello.agent), (session.started.host, session.started.agent));
        assert_eq!(hello.session, session.launch.session);
        assert_eq!(hello.size, Size { cols: 80, rows: 24 });
        assert_eq!(ancestors(hello.agent).unwrap()[0], hello.host);
        assert_eq!(session.client.ask_hello().await.unwrap().viewers, 0);
        let _viewer = session.viewer().await;
        assert_eq!(session.client.ask_hello().await.unwrap().viewers, 1);
        for path in [&session.launch.socket, &session.launch.dir.join("host.log")] {
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{path:?}");
        }
    });
}

#[test]
fn the_agent_gets_its_environment_directory_terminal_and_nothing_else() {
    run(async {
        let lab = Lab::new();
        // Leaks into whatever the test starts, unless the host sees to it.
        let stray = std::fs::File::open("/dev/null").unwrap();
        rustix::io::fcntl_setfd(&stray, rustix::io::FdFlags::empty()).unwrap();
        let session = lab
            .run(
                "ls -l /proc/self/fd; pwd; tty; stty size; \
                 env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo ready; read x",
            )
            .await;
        session.sees("ready").await;
        let lines = session.lines().await.join("\n");
        // 0, 1 and 2, and the directory that is listed.
        assert_eq!(lines.matches(" -> ").count(), 4, "{lines}");
        assert!(!lines.contains("/dev/null"), "{lines}");
        assert!(lines.contains(lab.path("").to_str().unwrap().trim_end_matches('/')), "{lines}");
        assert!(lines.contains("/dev/pts/"), "{lines}");
        assert!(lines.contains("24 80"), "{lines}");
        assert!(lines.contains("AO_TEST_HOST COLORTERM LC_ALL PATH PWD TERM"), "{lines}");
        drop(stray);
    });
}

#[test]
fn what_cannot_start_says_why_and_leaves_nothing() {
    run(async {
        let lab = Lab::new();
        let fine = lab.script("exit 0");
        let missing = Launch { argv: vec!["/no/such/program".into()], ..fine.clone() };
        let nowhere = Launch { cwd: "/no/such/directory".into(), ..fine.clone() };
        let long = Launch { socket: lab.path(&"x".repeat(120)), ..fine.clone() };
        for (launch, step, words) in [
            (missing, "agent", "/no/such/program"),
            (nowhere, "cwd", "/no/such/directory"),
            (long, "socket", "SUN_LEN"),
        ] {
            match lab.try_start(&launch).await {
                Err(HostError::Start { step: at, error }) => {
                    assert_eq!(at, step);
                    assert!(error.contains(words), "{error}");
                }
                other => panic!("{other:?}"),
            }
            assert!(!launch.socket.exists());
            assert_eq!(lab.marked(), []);
        }
        let not_a_launch = lab.path("broken.json");
        std::fs::write(&not_a_launch, "{").unwrap();
        assert!(start(ao(), &not_a_launch, Duration::from_secs(5)).await.is_err());
    });
}

#[test]
fn a_second_host_for_the_same_socket_is_refused() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        match lab.try_start(&session.launch).await {
            Err(HostError::Start { step, .. }) => assert_eq!(step, "socket"),
            other => panic!("{other:?}"),
        }
        assert_eq!(session.client.ask_hello().await.unwrap().agent, session.started.agent);
    });
}

#[test]
fn a_stale_socket_is_replaced() {
    run(async {
        let lab = Lab::new();
        let launch = lab.script("echo ready; exec sleep 1000");
        drop(std::os::unix::net::UnixListener::bind(&launch.socket).unwrap());
        let session = lab.start(launch).await;
        session.sees("ready").await;
    });
}

/// Starts a daemon that nothing short of SIGKILL ends, says so, and goes on with `then`.
fn daemon(then: &str) -> String {
    format!(
        "setsid sh -c '(trap \"\" HUP TERM INT; echo daemon up; while :; do sleep 1000; done) &' \
         & {then}"
    )
}

#[test]
fn what_the_agent_leaves_behind_is_ended() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(&daemon("read x; exit 3")).await;
        session.sees("daemon up").await;
        let tree = descendants(session.started.host.pid).unwrap();
        assert!(tree.len() >= 3, "{tree:?}");
        let mut events = session.client.watch().await.unwrap();
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"\r").await.unwrap();
        let exit = Session::exited(&mut events).await;
        assert_eq!(exit.code, Some(3));
        // Told only when the tree is empty.
        for process in &tree {
            assert_eq!(process.is_alive(), Evidence::Gone);
        }
        session.gone().await;
        assert_eq!(lab.marked(), []);
        // Reaped, not left as zombies.
        for process in tree {
            assert!(!std::path::Path::new(&format!("/proc/{}", process.pid)).exists());
        }
    });
}

#[test]
fn kill_ends_the_whole_tree() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(&daemon("trap '' TERM; while :; do sleep 1000; done")).await;
        session.sees("daemon up").await;
        let tree = descendants(session.started.host.pid).unwrap();
        let killed = session.client.kill(Duration::from_millis(100)).await.unwrap();
        assert_eq!(killed.left, []);
        assert_eq!(killed.exit.unwrap().signal, Some(9));
        for process in &tree {
            assert!(killed.ended.contains(process), "{process:?}");
            assert_eq!(process.is_alive(), Evidence::Gone);
        }
        session.gone().await;
        assert_eq!(lab.marked(), []);
    });
}

#[test]
fn the_willing_end_within_their_grace() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done").await;
        session.sees("ready").await;
        let killed = session.client.kill(Duration::from_secs(30)).await.unwrap();
        assert_eq!(killed.exit.unwrap().code, Some(4));
    });
}

#[test]
fn signals_reach_the_agent() {
    run(async {
        let lab = Lab::new();
        let session =
            lab.run("trap 'echo got it' USR1; echo ready; while :; do sleep 0.05; done").await;
        session.sees("ready").await;
        assert!(session.client.signal(10).await.unwrap() >= 1);
        session.sees("got it").await;
    });
}

#[test]
fn the_host_outlives_its_starter_and_hangups() {
    run(async {
        let lab = Lab::new();
        let launch = lab.script("echo ready; exec sleep 1000");
        let file = lab.path("launch.json");
        launch.write(&file).unwrap();
        // A starter of its own process, killed right after.
        let mut starter = std::process::Command::new("sh")
            .args(["-c", "\"$0\" host --launch \"$1\" 2>/dev/null & cat >/dev/null"])
            .args([ao(), file.as_path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = starter.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        assert!(line.contains("started"), "{line}");
        let client = HostClient::connect(&launch.socket, &lab.key).await.unwrap();
        let host = client.hello().host;
        starter.kill().unwrap();
        starter.wait().unwrap();
        for signal in [1, 2, 3] {
            assert_eq!(ao::process::signal(&[host], signal), 1);
        }
        assert_eq!(client.ask_hello().await.unwrap().host, host);
        // Told to end, it ends its session first.
        assert_eq!(ao::process::signal(&[host], 15), 1);
        soon("the host goes", until_gone(host)).await;
        assert_eq!(lab.marked(), []);
        assert_eq!(ExitRecord::read(&launch.dir).unwrap().unwrap().exit.signal, Some(15));
    });
}

#[test]
fn a_host_that_is_killed_takes_the_agent_along() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("trap '' HUP TERM; echo ready; while :; do sleep 0.2; done").await;
        session.sees("ready").await;
        ao::process::signal(&[session.started.host], 9);
        soon("the agent goes", until_gone(session.started.agent)).await;
        assert!(ExitRecord::read(&session.launch.dir).unwrap().is_none());
    });
}

#[test]
fn the_program_may_close_its_terminal_and_live() {
    run(async {
        let lab = Lab::new();
        let done = lab.path("done");
        let script =
            format!("exec </dev/null >/dev/null 2>&1; sleep 0.3; touch {done:?}; sleep 1000");
        let session = lab.run(&script).await;
        soon("it lives on", async {
            while !done.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        assert_eq!(session.client.ask_hello().await.unwrap().exited, None);
    });
}

#[test]
fn strangers_are_refused() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        let socket = &session.launch.socket;
        let code = |result: HostError| match result {
            HostError::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        };
        let wrong = ControlKey::random().unwrap();
        let refused = HostClient::connect(socket, &wrong).await.unwrap_err();
        assert_eq!(code(refused), RefusalCode::WrongKey);
        let with = |token: &str| Attach {
            admission: Admission::Ticket(token.to_owned()),
            size: session.launch.size,
            read_only: false,
            pane: false,
        };
        let refused = attach(socket, with("guessed")).await.err().unwrap();
        assert_eq!(code(refused), RefusalCode::WrongTicket);
        let ticket = session.client.ticket(true).await.unwrap();
        attach(socket, with(&ticket.token)).await.unwrap();
        let refused = attach(socket, with(&ticket.token)).await.err().unwrap();
        assert_eq!(code(refused), RefusalCode::WrongTicket);
        // The host is none the worse for it.
        assert_eq!(session.client.ask_hello().await.unwrap().exited, None);
    });
}

#[test]
fn callers_inside_a_session_are_refused_even_with_the_key() {
    run(async {
        let lab = Lab::new();
        let other = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        // An agent of another session that has got hold of the key tries it itself.
        let me = std::env::current_exe().unwrap();
        let inner = "host_life::as_an_agent_of_another_session";
        let mut launch =
            other.launch(&[me.to_str().unwrap(), "--exact", inner, "--ignored", "--nocapture"]);
        let env = [("AO_TEST_SOCKET", &session.launch.socket), ("AO_TEST_KEY", &lab.path("key"))];
        for (name, path) in env {
            launch.env.insert(name.to_owned(), path.to_str().unwrap().to_owned());
        }
        let caller = other.start(launch).await;
        caller.sees("control: InsideSession").await;
        caller.sees("attach: InsideSession").await;
    });
}

/// Not a test by itself: what the one above runs in a session.
#[test]
#[ignore = "run by another test"]
fn as_an_agent_of_another_session() {
    let (Ok(socket), Ok(key)) = (std::env::var("AO_TEST_SOCKET"), std::env::var("AO_TEST_KEY"))
    else {
        return;
    };
    run(async {
        let socket = std::path::Path::new(&socket);
        let key = ControlKey::read(std::path::Path::new(&key)).unwrap();
        let code = |error: HostError| match error {
            HostError::Refused(refusal) => format!("{:?}", refusal.code),
            other => format!("{other:?}"),
        };
        let control = HostClient::connect(socket, &key).await;
        println!("control: {}", control.map_or_else(code, |_| "let in".to_owned()));
        let admission = Admission::OutsideEverySession;
        let view = Attach { admission, size: Size::default(), read_only: true, pane: false };
        let attached = attach(socket, view).await;
        println!("attach: {}", attached.map_or_else(code, |_| "let in".to_owned()));
        // Ended with its session.
        std::future::pending::<()>().await;
    });
}

/// What a supervisor that was killed has asked for last is not done once the next one is there.
#[test]
fn a_later_supervisor_takes_the_place_of_the_earlier_one() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        session.client.snapshot(false, 0).await.unwrap();
        let inner = "host_life::as_an_agent_of_another_session";
        let mut later = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", inner, "--ignored", "--nocapture"])
            .env("AO_TEST_SOCKET", &session.launch.socket)
            .env("AO_TEST_KEY", lab.path("key"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(later.stdout.take().unwrap()).lines();
        let let_in = told.map_while(Result::ok).any(|line| line.contains("control: let in"));
        let refused = session.client.snapshot(false, 0).await;
        later.kill().unwrap();
        later.wait().unwrap();
        assert!(let_in);
        assert!(refused.is_err(), "{refused:?}");
        let again = HostClient::connect(&session.launch.socket, &lab.key).await.unwrap();
        again.snapshot(false, 0).await.unwrap();
    });
}

#[test]
fn another_version_is_told_which_side_is_older() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        for (protocol, older) in
            [(0, "the client is the older"), (99, "the session host is the older")]
        {
            let hello = format!(
                r#"{{"protocol":{protocol},"version":"x","purpose":{{"control":{{"key":"k"}}}}}}"#
            );
            let frame = ao::host::frame::encode(ao::host::frame::kind::HELLO, hello.as_bytes());
            let said = exchange(&session, &frame).await;
            assert!(said.contains("incompatible") && said.contains(older), "{said}");
        }
    });
}

#[test]
fn nonsense_on_the_socket_hurts_nobody() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        for nonsense in
            [&b"GET / HTTP/1.1\r\n\r\n"[..], b"h\xff\xff\xff\xff", b"h\x02\0\0\0{}", b"\0"]
        {
            let said = exchange(&session, nonsense).await;
            assert!(said.contains("malformed"), "{said}");
        }
        assert_eq!(session.client.ask_hello().await.unwrap().exited, None);
    });
}

/// Sends bytes to a host, and nothing more, and returns what it says.
async fn exchange(session: &Session, bytes: &[u8]) -> String {
    let mut stream = tokio::net::UnixStream::connect(&session.launch.socket).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut said = Vec::new();
    // A host that has not read everything resets the connection after its word.
    let _ = soon("the host closes", stream.read_to_end(&mut said)).await;
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn many_large_answers_at_once_reach_who_asked() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("yes 'a line of some length for the scrollback' | head -2000; echo ready; exec sleep 1000").await;
        session.sees("ready").await;
        let asked = (0..50).map(|_| session.client.snapshot(true, 1000));
        for snapshot in futures_util::future::join_all(asked).await {
            assert!(snapshot.unwrap().scrollback > 900);
        }
    });
}

#[test]
fn watchers_hear_of_output_titles_bells_and_viewers() {
    run(async {
        let lab = Lab::new();
        let session =
            lab.run("read x; printf '\\033]2;a title\\007\\007\\033[?2004h'; read y").await;
        let mut events = session.client.watch().await.unwrap();
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"\r").await.unwrap();
        let mut seen: Vec<HostEvent> = Vec::new();
        soon("all events", async {
            while !seen.contains(&HostEvent::OutputQuiet) {
                seen.push(events.recv().await.unwrap());
            }
        })
        .await;
        for event in [
            HostEvent::Viewers(1),
            HostEvent::HumanInput,
            HostEvent::Title("a title".into()),
            HostEvent::Bell,
        ] {
            assert!(seen.contains(&event), "{event:?} in {seen:?}");
        }
        let modes = |e: &HostEvent| matches!(e, HostEvent::Modes(m) if m.bracketed_paste);
        assert!(seen.iter().any(modes));
        viewer.writer.keys(b"x").await.unwrap();
        soon("output again", async {
            while events.recv().await.unwrap() != HostEvent::OutputResumed {}
        })
        .await;
    });
}

/// A supervisor that was away when the terminal went quiet learns of it all the same.
#[test]
fn a_late_watcher_hears_what_still_holds() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("printf '\\033]2;a title\\007'; read x").await;
        let quiet = async |title: &str| {
            let mut events = session.client.watch().await.unwrap();
            assert_eq!(events.recv().await.unwrap(), HostEvent::Title(title.into()));
            assert_eq!(events.recv().await.unwrap(), HostEvent::OutputQuiet);
        };
        soon("quiet", quiet("a title")).await;
        soon("quiet, told at once", quiet("a title")).await;
    });
}

#[test]
fn a_host_weighs_little() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        session.sees("ready").await;
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", session.started.host.pid)).unwrap();
        // Its own memory. The program's pages are shared by all hosts; the benchmarks watch the sum.
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(kib < 4 * 1024, "{kib} KiB");
        let threads = status.lines().find(|line| line.starts_with("Threads:")).unwrap();
        assert_eq!(threads.split_whitespace().nth(1), Some("1"));
    });
}

#[test]
fn the_process_id_of_the_agent_is_exact() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("echo ready; exec sleep 1000").await;
        assert_eq!(ProcessId::observe(session.started.agent.pid), Some(session.started.agent));
    });
}
