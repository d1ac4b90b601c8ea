//! Viewers: what they are sent, whose size counts, slow ones, and the terminal's side.

use std::time::{Duration, Instant};

use ao::host::viewer::{Terminal, view};
use ao::host::{Admission, Attach, FromHost, HostEvent, Launch, Size, attach, record};

use crate::host_lab::{Lab, Session, next, run, shows, soon};

const WIDE: Size = Size { cols: 100, rows: 30 };
const HEADLESS: Size = Size { cols: 50, rows: 50 };

/// Shows its size when it starts and whenever that changes, and every line it reads.
const SIZES: &str = "stty -echo; trap 'echo size $(stty size)' WINCH; echo ready; \
                     while :; do read -r line && echo \"<$line>\"; done";

#[test]
fn the_screen_comes_first_then_what_follows() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(SIZES).await;
        session.sees("ready").await;
        let mut one = session.attach(session.launch.size, false, false).await;
        let mut two = session.attach(session.launch.size, false, false).await;
        for viewer in [&mut one, &mut two] {
            match next(viewer).await {
                FromHost::Repaint(bytes) => {
                    assert!(String::from_utf8_lossy(&bytes).contains("ready"))
                }
                other => panic!("{other:?}"),
            }
        }
        one.writer.keys(b"from one\r").await.unwrap();
        shows(&mut one, "<from one>").await;
        shows(&mut two, "<from one>").await;
        two.writer.keys(b"from two\r").await.unwrap();
        shows(&mut one, "<from two>").await;
    });
}

#[test]
fn who_only_looks_changes_nothing() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(SIZES).await;
        session.sees("ready").await;
        let mut looker = session.attach(WIDE, true, false).await;
        looker.writer.keys(b"forbidden\r").await.unwrap();
        let mut typer = session.attach(session.launch.size, false, false).await;
        typer.writer.keys(b"allowed\r").await.unwrap();
        shows(&mut typer, "<allowed>").await;
        let lines = session.lines().await;
        assert_eq!(lines, ["ready", "<allowed>"]);
        assert_eq!(session.client.ask_hello().await.unwrap().size, session.launch.size);
    });
}

#[test]
fn a_read_only_ticket_gives_no_keys_whatever_is_asked() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(SIZES).await;
        session.sees("ready").await;
        let ticket = session.client.ticket(true).await.unwrap();
        let admission = Admission::Ticket(ticket.token);
        let wish = Attach { admission, size: WIDE, read_only: false, pane: false };
        let mut looker = attach(&session.launch.socket, wish).await.unwrap();
        looker.writer.keys(b"forbidden\r").await.unwrap();
        let mut typer = session.attach(session.launch.size, false, false).await;
        typer.writer.keys(b"allowed\r").await.unwrap();
        shows(&mut typer, "<allowed>").await;
        assert_eq!(session.lines().await, ["ready", "<allowed>"]);
    });
}

#[test]
fn the_person_who_came_or_typed_last_sets_the_size_and_others_get_a_picture() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(SIZES).await;
        session.sees("ready").await;
        let mut events = session.client.watch().await.unwrap();
        let mut one = session.attach(session.launch.size, false, false).await;
        shows(&mut one, "ready").await;
        let mut two = session.attach(WIDE, false, false).await;
        soon("the size changes", async {
            while events.recv().await.unwrap() != HostEvent::Resized(WIDE) {}
        })
        .await;
        shows(&mut two, "size 30 100").await;
        // Drawn from the screen, never raw output.
        let mut picture = String::new();
        while !picture.contains("size 30 100") {
            match next(&mut one).await {
                FromHost::Clipped(bytes) => picture = String::from_utf8_lossy(&bytes).into_owned(),
                FromHost::Output(bytes) => {
                    panic!("raw: {:?}", String::from_utf8_lossy(&bytes))
                }
                FromHost::Repaint(_) => {}
                FromHost::Exited(exit) => panic!("{exit:?}"),
            }
        }
        one.writer.keys(b"mine\r").await.unwrap();
        soon("the size changes back", async {
            while events.recv().await.unwrap() != HostEvent::Resized(session.launch.size) {}
        })
        .await;
        shows(&mut one, "<mine>").await;
        two.writer.resize(Size { cols: 90, rows: 20 }).await.unwrap();
        shows(&mut two, "size 20 90").await;
    });
}

#[test]
fn a_pane_that_nobody_looks_at_sets_no_size() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(SIZES).await;
        session.sees("ready").await;
        let mut pane = session.attach(HEADLESS, false, true).await;
        assert!(matches!(next(&mut pane).await, FromHost::Clipped(_)));
        pane.writer.resize(Size { cols: 50, rows: 25 }).await.unwrap();
        assert!(matches!(next(&mut pane).await, FromHost::Clipped(_)));
        assert_eq!(session.client.ask_hello().await.unwrap().size, session.launch.size);
        // Somebody types in it after all.
        pane.writer.keys(b"here\r").await.unwrap();
        shows(&mut pane, "size 25 50").await;
        // Somebody attaches to zellij, and the pane becomes larger than it is without anybody.
        pane.writer.resize(WIDE).await.unwrap();
        shows(&mut pane, "size 30 100").await;
    });
}

#[test]
fn a_pane_without_a_size_is_drawn_once_it_has_one() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(SIZES).await;
        session.sees("ready").await;
        let mut pane = session.attach(Size { cols: 0, rows: 0 }, false, true).await;
        pane.writer.resize(session.launch.size).await.unwrap();
        assert!(matches!(next(&mut pane).await, FromHost::Repaint(_)));
    });
}

#[test]
fn a_viewer_that_does_not_read_stalls_nobody_and_catches_up() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("read x; yes 0123456789 | head -c 4000000; echo done; read y").await;
        let mut lazy = session.attach(session.launch.size, true, false).await;
        let mut quick = session.attach(session.launch.size, false, false).await;
        assert!(matches!(next(&mut lazy).await, FromHost::Repaint(_)));
        let before = Instant::now();
        quick.writer.keys(b"\r").await.unwrap();
        session.sees("done").await;
        eprintln!("4 MB in {:?}", before.elapsed());
        shows(&mut quick, "done").await;
        // What the lazy one missed is not sent to it later; a repaint is.
        let mut bytes = 0;
        let mut last = Vec::new();
        while !String::from_utf8_lossy(&last).contains("done") {
            match next(&mut lazy).await {
                FromHost::Repaint(paint) => last = paint,
                FromHost::Output(output) => bytes += output.len(),
                other => panic!("{other:?}"),
            }
        }
        assert!(bytes < 1_500_000, "{bytes}");
        let range = record::range(&session.launch.dir).unwrap();
        assert!(range.end >= 4_000_000);
        assert!(range.end - range.start <= session.launch.record_limit);
    });
}

#[test]
fn queries_are_answered_by_the_host_and_not_by_viewers() {
    run(async {
        let lab = Lab::new();
        let script = "stty raw -echo; printf '\\033[c'; head -c 9 | od -An -c | tr -d ' '; \
                      printf ready; exec cat";
        let session = lab.run(script).await;
        session.sees("ready").await;
        assert!(session.lines().await[0].contains("033[?62;22c"));
        let mut one = session.attach(session.launch.size, false, false).await;
        // An answer that nobody asked for through us is not typed.
        one.writer.keys(b"\x1b[?1;2cvisible").await.unwrap();
        session.sees("visible").await;
        assert!(!session.lines().await.join("").contains("1;2c"));
    });
}

#[test]
fn clipboard_and_focus_are_for_and_of_the_active_viewer_only() {
    run(async {
        let lab = Lab::new();
        let script = "stty raw -echo; printf '\\033[?1004hready'; head -c 5 | od -An -c; \
                      printf '\\033]52;c;aGVsbG8=\\007copied'; exec sleep 1000";
        let session = lab.run(script).await;
        session.sees("ready").await;
        let mut idle = session.attach(session.launch.size, false, false).await;
        let mut active = session.attach(session.launch.size, false, false).await;
        shows(&mut idle, "ready").await;
        shows(&mut active, "ready").await;
        active.writer.keys(b"ab").await.unwrap();
        soon("the keys arrive", async {
            while session.client.input_state().await.unwrap().last_human_key_ms_ago.is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        idle.writer.keys(b"\x1b[O").await.unwrap();
        session.client.ask_hello().await.unwrap();
        active.writer.keys(b"\x1b[I").await.unwrap();
        let mut copied = [false; 2];
        for (viewer, copied) in [&mut idle, &mut active].into_iter().zip(&mut copied) {
            let mut seen = String::new();
            while !seen.contains("copied") {
                if let FromHost::Output(bytes) = next(viewer).await {
                    seen.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
            *copied = seen.contains("]52;c;");
        }
        assert_eq!(copied, [false, true]);
        // a, b and one report of the focus.
        let shown = session.lines().await.concat().replace(' ', "");
        assert_eq!(shown, "readyab033[Icopied");
    });
}

#[test]
fn the_record_can_be_followed_to_the_end() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("stty -echo; echo one; read x; echo two; exit 0").await;
        session.sees("one").await;
        let mut follow = record::Follow::new(&session.launch.dir, 0).unwrap();
        let first = soon("the first part", follow.next()).await.unwrap().unwrap();
        assert_eq!((first.start, first.bytes.as_slice()), (0, &b"one\r\n"[..]));
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"\r").await.unwrap();
        let mut rest = Vec::new();
        while let Some(chunk) = soon("the rest", follow.next()).await.unwrap() {
            rest.extend(chunk.bytes);
        }
        assert_eq!(rest, b"two\r\n");
    });
}

/// The terminal's side, in a terminal of its own: that of another session.
async fn in_another_terminal(outer: &Lab, inner: &Session, panics: bool) -> Session {
    let me = std::env::current_exe().unwrap();
    let test = "host_view::as_a_viewer_in_a_terminal";
    let argv = [me.to_str().unwrap(), "--exact", test, "--ignored", "--nocapture"];
    let mut launch: Launch = outer.launch(&argv);
    let ticket = inner.client.ticket(false).await.unwrap();
    let socket = inner.launch.socket.to_str().unwrap().to_owned();
    let env = [("AO_TEST_SOCKET", socket), ("AO_TEST_TICKET", ticket.token)];
    launch.env.extend(env.map(|(name, value)| (name.to_owned(), value)));
    if panics {
        launch.env.insert("AO_TEST_PANIC".to_owned(), "1".to_owned());
    }
    outer.start(launch).await
}

/// Not a test by itself: what the others run in a session.
#[test]
#[ignore = "run by other tests"]
fn as_a_viewer_in_a_terminal() {
    let (Ok(socket), Ok(ticket)) =
        (std::env::var("AO_TEST_SOCKET"), std::env::var("AO_TEST_TICKET"))
    else {
        return;
    };
    run(async {
        let terminal = Terminal::on_stdin().unwrap();
        let size = terminal.size().unwrap();
        let admission = Admission::Ticket(ticket);
        let wish = Attach { admission, size, read_only: false, pane: false };
        let stream = attach(std::path::Path::new(&socket), wish).await.unwrap();
        let viewing = async {
            let end = view(terminal, stream).await;
            println!("\r\nend: {end:?}");
        };
        if std::env::var("AO_TEST_PANIC").is_ok() {
            let panicking = async {
                tokio::time::sleep(Duration::from_millis(500)).await;
                panic!("as wished");
            };
            tokio::join!(viewing, panicking);
        } else {
            viewing.await;
        }
        // What the terminal is left in.
        std::process::Command::new("stty").arg("-a").status().unwrap();
        println!("over");
        std::future::pending::<()>().await;
    });
}

/// The modes that a program may leave behind are off, and the terminal echoes again.
async fn assert_restored(terminal: &Session) {
    terminal.sees("over").await;
    let snapshot = terminal.client.snapshot(false, 0).await.unwrap();
    assert!(!snapshot.modes.bracketed_paste && !snapshot.modes.alternate);
    let lines = terminal.lines().await.join("\n");
    assert!(lines.contains(" echo ") && lines.contains(" icanon "), "{lines}");
}

#[test]
fn a_person_attaches_types_resizes_and_detaches() {
    run(async {
        let (outer, lab) = (Lab::new(), Lab::new());
        let script = format!("printf '\\033[?2004h\\033[?1049h'; {SIZES}");
        let session = lab.run(&script).await;
        session.sees("ready").await;
        let terminal = in_another_terminal(&outer, &session, false).await;
        terminal.sees("ready").await;
        let mut person = terminal.attach(terminal.launch.size, false, false).await;
        person.writer.keys(b"hello\r").await.unwrap();
        terminal.sees("<hello>").await;
        person.writer.resize(WIDE).await.unwrap();
        terminal.sees("size 30 100").await;
        let inner = session.client.snapshot(false, 0).await.unwrap();
        let outer_screen = terminal.client.snapshot(false, 0).await.unwrap();
        assert_eq!(inner.lines, outer_screen.lines);
        assert!(outer_screen.modes.bracketed_paste);
        person.writer.keys(b"\x1d").await.unwrap();
        person.writer.keys(b"d").await.unwrap();
        terminal.sees("end: Ok(Detached)").await;
        assert_restored(&terminal).await;
        assert_eq!(session.client.ask_hello().await.unwrap().exited, None);
    });
}

#[test]
fn a_viewer_tells_how_the_session_ended() {
    run(async {
        let (outer, lab) = (Lab::new(), Lab::new());
        let session = lab.run("printf '\\033[?2004hready'; read x; exit 5").await;
        session.sees("ready").await;
        let terminal = in_another_terminal(&outer, &session, false).await;
        terminal.sees("ready").await;
        let mut person = terminal.attach(terminal.launch.size, false, false).await;
        person.writer.keys(b"\r").await.unwrap();
        terminal.sees("Exited(Exit { code: Some(5)").await;
        assert_restored(&terminal).await;
    });
}

#[test]
fn a_viewer_that_is_told_to_end_or_panics_leaves_the_terminal_as_it_was() {
    run(async {
        let (outer, lab) = (Lab::new(), Lab::new());
        let session = lab.run("printf '\\033[?2004h\\033[?1049hready'; exec sleep 1000").await;
        session.sees("ready").await;
        let terminal = in_another_terminal(&outer, &session, false).await;
        terminal.sees("ready").await;
        terminal.client.signal(15).await.unwrap();
        terminal.sees("end: Ok(Signalled(15))").await;
        assert_restored(&terminal).await;
        let other = Lab::new();
        let terminal = in_another_terminal(&other, &session, true).await;
        terminal.gone().await;
        // The last word about each mode is that it is off.
        let end = record::range(&terminal.launch.dir).unwrap().end;
        let all = record::read(&terminal.launch.dir, 0, usize::try_from(end).unwrap());
        let text = String::from_utf8_lossy(&all.unwrap().unwrap().bytes).into_owned();
        assert!(text.contains("as wished"), "{text:?}");
        let on = text.rfind("\x1b[?2004h").unwrap();
        assert!(text.rfind("\x1b[?2004l").unwrap() > on, "{text:?}");
    });
}

#[test]
fn a_viewer_notices_that_the_host_was_killed() {
    run(async {
        let (outer, lab) = (Lab::new(), Lab::new());
        let session = lab.run("echo ready; exec sleep 1000").await;
        session.sees("ready").await;
        let terminal = in_another_terminal(&outer, &session, false).await;
        terminal.sees("ready").await;
        ao::process::signal(&[session.started.host], 9);
        terminal.sees("end: Ok(HostGone)").await;
        assert_restored(&terminal).await;
    });
}
