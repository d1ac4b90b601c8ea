//! Typing messages into a real terminal: once, whole, and only when it may be.

use std::time::Duration;

use ao::host::{
    ComposerRule, Delivered, Delivery, Draft, HeldWhy, HostError, InjectRules, Pattern,
    RefusalCode, ledger,
};

use crate::host_lab::{Lab, Session, delivery, run, soon, until_gone};

/// Shows every line it reads between brackets.
const ECHO: &str = "stty -echo; echo ready; while read -r line; do echo \"<$line>\"; done";

/// A program in raw mode with bracketed paste, that records what it reads.
fn raw(lab: &Lab) -> String {
    let log = lab.path("bytes");
    format!("stty raw -echo; printf '\\033[?2004hready'; exec cat > {log:?}")
}

/// What the program of [`raw`] has read, once it is `bytes` long.
async fn read_bytes(lab: &Lab, bytes: usize) -> Vec<u8> {
    soon("the bytes are read", async {
        loop {
            let read = std::fs::read(lab.path("bytes")).unwrap_or_default();
            if read.len() >= bytes {
                return read;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

async fn raw_session(lab: &Lab) -> Session {
    let session = lab.run(&raw(lab)).await;
    session.sees("ready").await;
    session
}

fn is_new(delivered: &Delivered) -> bool {
    matches!(delivered, Delivered::Written { repeat: false, .. })
}

#[test]
fn a_message_arrives_once_however_often_it_is_sent() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(ECHO).await;
        session.sees("ready").await;
        let message = delivery("m-000001", "hello there");
        let (first, second) =
            tokio::join!(session.client.deliver(&message), session.client.deliver(&message));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(is_new(&first), "{first:?}");
        let Delivered::Written { at, .. } = first else { panic!() };
        assert_eq!(second, Delivered::Written { at, repeat: true });
        session.sees("<hello there>").await;
        let last = session.client.deliver(&delivery("m-000002", "end")).await.unwrap();
        assert!(is_new(&last));
        session.sees("<end>").await;
        assert_eq!(session.lines().await, ["ready", "<hello there>", "<end>"]);
        let other = session.client.deliver(&delivery("m-000001", "another text")).await;
        match other {
            Err(HostError::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::Conflict),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn lines_stay_one_submission_without_bracketed_paste() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(ECHO).await;
        session.sees("ready").await;
        session.client.deliver(&delivery("m-000001", "one\ntwo")).await.unwrap();
        session.sees("<one ⏎ two>").await;
    });
}

#[test]
fn a_paste_is_bracketed_and_enter_comes_by_itself_after_the_settle_time() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        let message = Delivery { settle_ms: 300, ..delivery("m-000001", "one\ntwo") };
        let before = std::time::Instant::now();
        let (delivered, early) =
            tokio::join!(session.client.deliver(&message), async { read_bytes(&lab, 19).await });
        assert!(is_new(&delivered.unwrap()));
        assert_eq!(early, b"\x1b[200~one\ntwo\x1b[201~");
        assert!(before.elapsed() >= Duration::from_millis(300));
        assert_eq!(read_bytes(&lab, 20).await, b"\x1b[200~one\ntwo\x1b[201~\r");
    });
}

#[test]
fn a_large_message_arrives_whole() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        let body: String = (0..150_000).map(|n| format!("{n} ")).collect();
        let delivered = session.client.deliver(&delivery("m-000001", &body)).await.unwrap();
        assert!(is_new(&delivered), "{delivered:?}");
        let read = read_bytes(&lab, body.len() + 13).await;
        assert_eq!(read, format!("\x1b[200~{body}\x1b[201~\r").as_bytes());
    });
}

#[test]
fn control_characters_are_refused() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        for body in ["a\x1b[201~b", "a\rb", "a\x03", "a\u{9b}b", ""] {
            match session.client.deliver(&delivery("m-000001", body)).await {
                Err(HostError::Refused(refusal)) => {
                    assert_eq!(refusal.code, RefusalCode::BadBody);
                }
                other => panic!("{body:?}: {other:?}"),
            }
        }
        session.client.deliver(&delivery("m-000001", "fine")).await.unwrap();
        assert_eq!(read_bytes(&lab, 17).await, b"\x1b[200~fine\x1b[201~\r");
    });
}

#[test]
fn what_a_person_types_meanwhile_comes_after() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        let mut viewer = session.attach(session.launch.size, false, false).await;
        let rules = InjectRules { human_quiet_ms: 0, ..InjectRules::default() };
        let message = Delivery { settle_ms: 400, rules, ..delivery("m-000001", "message") };
        let (delivered, ()) = tokio::join!(session.client.deliver(&message), async {
            read_bytes(&lab, 19).await;
            viewer.writer.keys(b"per").await.unwrap();
            viewer.writer.keys(b"son").await.unwrap();
        });
        assert!(is_new(&delivered.unwrap()));
        let read = read_bytes(&lab, 26).await;
        assert_eq!(read, b"\x1b[200~message\x1b[201~\rperson");
        // And is a draft now.
        assert_eq!(session.client.input_state().await.unwrap().draft, Draft::Yes);
    });
}

#[test]
fn a_person_is_not_interrupted() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"half a sen").await.unwrap();
        read_bytes(&lab, 10).await;
        let message = delivery("m-000001", "message");
        let held = session.client.deliver(&message).await.unwrap();
        assert_eq!(held, Delivered::Held { why: HeldWhy::HumanTyping });
        let rules = InjectRules { human_quiet_ms: 0, ..InjectRules::default() };
        let message = Delivery { rules, ..message };
        let held = session.client.deliver(&message).await.unwrap();
        assert_eq!(held, Delivered::Held { why: HeldWhy::Draft });
        let state = session.client.input_state().await.unwrap();
        assert_eq!(state.draft, Draft::Yes);
        assert!(state.last_human_key_ms_ago.unwrap() < 20_000);
        viewer.writer.keys(b"tence\r").await.unwrap();
        read_bytes(&lab, 16).await;
        assert!(is_new(&session.client.deliver(&message).await.unwrap()));
        let read = read_bytes(&lab, 36).await;
        assert_eq!(read, b"half a sentence\r\x1b[200~message\x1b[201~\r");
    });
}

#[test]
fn a_draft_is_forgotten_when_the_composer_is_seen_empty() {
    run(async {
        let lab = Lab::new();
        let script = "stty raw -echo; printf 'ready\\r\\n> \\033[?2004h'; exec cat > /dev/null";
        let session = lab.run(script).await;
        session.sees("ready").await;
        let mut viewer = session.attach(session.launch.size, false, false).await;
        // History: nobody knows what is in the composer now.
        viewer.writer.keys(b"\x1b[A").await.unwrap();
        let composer = ComposerRule { prompts: vec!["> ".into()], ..ComposerRule::default() };
        let rules = InjectRules { human_quiet_ms: 0, ..InjectRules::default() };
        let blind = Delivery { rules: rules.clone(), ..delivery("m-000001", "x") };
        soon("the key has arrived", async {
            while session.client.input_state().await.unwrap().draft == Draft::None {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let held = session.client.deliver(&blind).await.unwrap();
        assert_eq!(held, Delivered::Held { why: HeldWhy::Draft });
        let rules = InjectRules { composer: Some(composer), ..rules };
        let seeing = Delivery { rules, ..blind };
        let before = std::time::Instant::now();
        assert!(is_new(&session.client.deliver(&seeing).await.unwrap()));
        assert!(before.elapsed() >= Duration::from_secs(1));
    });
}

#[test]
fn a_draft_is_also_forgotten_between_deliveries() {
    run(async {
        let lab = Lab::new();
        let mut launch =
            lab.script("stty raw -echo; printf 'ready\\r\\n> \\033[?2004h'; exec cat > /dev/null");
        let composer = ComposerRule { prompts: vec!["> ".into()], ..ComposerRule::default() };
        launch.inject.composer = Some(composer);
        let session = lab.start(launch).await;
        session.sees("ready").await;
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"never shown").await.unwrap();
        for expected in [Draft::Yes, Draft::None] {
            soon("the draft is judged", async {
                while session.client.input_state().await.unwrap().draft != expected {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
            .await;
        }
    });
}

#[test]
fn nothing_is_typed_into_a_dialog_nor_enter_pressed_in_one() {
    run(async {
        let lab = Lab::new();
        // A dialog opens when the text arrives, as if the program had been about to ask.
        let script = "stty raw -echo; printf '\\033[?2004hready'; head -c 1 > /dev/null; \
                      printf '\\r\\nAllow this? 1. Yes'; exec cat > /dev/null";
        let session = lab.run(script).await;
        session.sees("ready").await;
        let dialog = Pattern {
            name: "permission".into(),
            text: "Allow this?".into(),
            last_rows: 5,
            ..Default::default()
        };
        let rules = InjectRules { dialog: vec![dialog], ..InjectRules::default() };
        let message =
            Delivery { rules: rules.clone(), settle_ms: 500, ..delivery("m-000001", "text") };
        let why = HeldWhy::Dialog("permission".into());
        let pasted = session.client.deliver(&message).await.unwrap();
        assert_eq!(pasted, Delivered::Pasted { why: why.clone() });
        // A repeat does not paste again.
        let again = session.client.deliver(&message).await.unwrap();
        assert_eq!(again, Delivered::Pasted { why: why.clone() });
        let held =
            session.client.deliver(&Delivery { rules, ..delivery("m-000002", "next") }).await;
        assert_eq!(held.unwrap(), Delivered::Held { why });
        let known = ledger::read(&session.launch.dir).unwrap();
        assert_eq!(known.len(), 1, "{known:?}");
    });
}

#[test]
fn nothing_is_typed_into_another_program() {
    run(async {
        let lab = Lab::new();
        let session = lab.launch(&["/bin/bash", "--norc", "--noprofile", "-i"]);
        let session = lab.start(session).await;
        let mut viewer = session.attach(session.launch.size, false, false).await;
        viewer.writer.keys(b"echo up; cat > /dev/null\r").await.unwrap();
        soon("cat has the terminal", async {
            while session.client.input_state().await.unwrap().foreground {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        let rules = InjectRules { human_quiet_ms: 0, ..InjectRules::default() };
        let message = Delivery { rules, ..delivery("m-000001", "text") };
        let held = session.client.deliver(&message).await.unwrap();
        assert_eq!(held, Delivered::Held { why: HeldWhy::NotForeground });
    });
}

#[test]
fn a_program_that_does_not_read_gets_nothing_more() {
    run(async {
        let lab = Lab::new();
        let go = lab.path("go");
        let log = lab.path("bytes");
        let script = format!(
            "stty raw -echo; printf '\\033[?2004hready'; \
             while [ ! -e {go:?} ]; do sleep 0.05; done; exec cat > {log:?}"
        );
        let session = lab.run(&script).await;
        session.sees("ready").await;
        // The terminal takes the text, the program does not: Enter is withheld until it does.
        let first = Delivery { settle_ms: 10, ..delivery("m-000001", "first") };
        let held = Delivery { settle_ms: 10, ..delivery("m-000002", "second") };
        let (first, ()) = tokio::join!(session.client.deliver(&first), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            std::fs::write(&go, "").unwrap();
        });
        assert!(is_new(&first.unwrap()));
        assert!(is_new(&session.client.deliver(&held).await.unwrap()));
        let read = read_bytes(&lab, 37).await;
        assert_eq!(read, b"\x1b[200~first\x1b[201~\r\x1b[200~second\x1b[201~\r");
    });
}

#[test]
fn a_program_that_never_reads_is_told_of() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("stty raw -echo; echo ready; exec sleep 1000").await;
        session.sees("ready").await;
        let first = session.client.deliver(&delivery("m-000001", "first")).await.unwrap();
        assert_eq!(first, Delivered::Pasted { why: HeldWhy::NotReading });
        let rules = InjectRules { human_quiet_ms: 0, ..InjectRules::default() };
        let second = Delivery { rules, ..delivery("m-000002", "second") };
        let second = session.client.deliver(&second).await.unwrap();
        // The first one's text lies in the composer, for all that is known.
        assert_eq!(second, Delivered::Held { why: HeldWhy::Draft });
        // The host serves on.
        assert_eq!(session.client.ask_hello().await.unwrap().exited, None);
    });
}

#[test]
fn a_text_of_which_only_a_part_went_in_is_uncertain() {
    run(async {
        let lab = Lab::new();
        let session = lab.run("stty raw -echo; echo ready; exec sleep 1000").await;
        session.sees("ready").await;
        let body = "x".repeat(600_000);
        let message = delivery("m-000001", &body);
        assert_eq!(session.client.deliver(&message).await.unwrap(), Delivered::Uncertain);
        assert_eq!(session.client.deliver(&message).await.unwrap(), Delivered::Uncertain);
    });
}

#[test]
fn a_line_longer_than_the_terminal_takes_is_held() {
    run(async {
        let lab = Lab::new();
        let session = lab.run(ECHO).await;
        session.sees("ready").await;
        let long = delivery("m-000001", &"x".repeat(5000));
        let held = session.client.deliver(&long).await.unwrap();
        assert_eq!(held, Delivered::Held { why: HeldWhy::LineTooLong });
    });
}

#[test]
fn after_a_crash_between_the_words_nothing_is_typed_again() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        let message = Delivery { settle_ms: 30_000, ..delivery("m-000001", "text") };
        // The host dies between the text and Enter.
        let (lost, ()) = tokio::join!(session.client.deliver(&message), async {
            read_bytes(&lab, 16).await;
            ao::process::signal(&[session.started.host], 9);
        });
        assert!(matches!(lost, Err(HostError::Lost)), "{lost:?}");
        soon("the agent goes", until_gone(session.started.agent)).await;
        let known = ledger::read(&session.launch.dir).unwrap();
        assert_eq!(known[&message.id].outcome, ledger::Outcome::Intent);
        std::fs::remove_file(lab.path("bytes")).unwrap();
        let launch = session.launch.clone();
        drop(session);
        let session = lab.start(launch).await;
        session.sees("ready").await;
        let message = Delivery { settle_ms: 10, ..message };
        assert_eq!(session.client.deliver(&message).await.unwrap(), Delivered::Uncertain);
        session.client.deliver(&delivery("m-000002", "next")).await.unwrap();
        assert_eq!(read_bytes(&lab, 17).await, b"\x1b[200~next\x1b[201~\r");
    });
}

#[test]
fn an_agent_that_ends_before_enter_leaves_no_doubt() {
    run(async {
        let lab = Lab::new();
        let script = "stty raw -echo; printf '\\033[?2004hready'; head -c 5 > /dev/null; exit 0";
        let session = lab.run(script).await;
        session.sees("ready").await;
        let message = Delivery { settle_ms: 20_000, ..delivery("m-000001", "text") };
        let pasted = session.client.deliver(&message).await.unwrap();
        assert_eq!(pasted, Delivered::Pasted { why: HeldWhy::Exited });
    });
}

#[test]
fn many_callers_keep_their_messages_whole() {
    run(async {
        let lab = Lab::new();
        let session = raw_session(&lab).await;
        let mut expected = Vec::new();
        let mut calls = Vec::new();
        for n in 0..40 {
            let message = Delivery {
                settle_ms: 1,
                ..delivery(&format!("m-{n:06}"), &format!("message {n} {}", "é".repeat(500)))
            };
            expected.push(format!("\x1b[200~{}\x1b[201~\r", message.body));
            calls.push(message);
        }
        let client = &session.client;
        let all = calls.iter().map(|message| client.deliver(message));
        for delivered in futures_util::future::join_all(all).await {
            assert!(is_new(&delivered.unwrap()));
        }
        let expected = expected.concat();
        let read = read_bytes(&lab, expected.len()).await;
        assert_eq!(String::from_utf8(read).unwrap(), expected);
    });
}
