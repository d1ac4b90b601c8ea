//! A server that dies, freezes, babbles, or is not ours.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ao::panes::{PanesError, ServerState};
use ao::process::{Evidence, ProcessId};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zellij_utils::client_server_contract::client_server_contract::ServerToClientMsg as WireAnswer;
use zellij_utils::ipc::ServerToClientMsg;
use zellij_utils::prost::Message;

use super::bed::{Bed, eventually, gone, lead, signal_process, worker, zellij};

/// A request's limit with room for a busy machine.
const SOON: Duration = Duration::from_millis(3500);

#[tokio::test]
async fn a_killed_server_is_gone_and_comes_back() {
    let bed = Bed::running().await;
    bed.open_team(4).await;
    let viewer = bed.viewer_process("shop-4").await;
    let server = bed.signal_server(Signal::KILL);
    gone(server).await;
    gone(viewer).await;
    // Its socket is still there.
    assert!(bed.panes.socket().exists());
    assert_eq!(bed.panes.alive().await, Evidence::Gone);
    assert!(matches!(bed.panes.list().await, Err(PanesError::Gone)));
    assert!(matches!(bed.panes.open(&lead()).await, Err(PanesError::Gone)));

    assert_eq!(bed.panes.ensure().await.unwrap(), ServerState::Started);
    assert_ne!(bed.panes.server_process(), Some(server));
    bed.open_team(4).await;
    assert_eq!(bed.ids().await.len(), 5);
    bed.end().await;
}

#[tokio::test]
async fn a_frozen_server_is_an_error_in_time() {
    let bed = Bed::running().await;
    bed.panes.open(&worker(1)).await.unwrap();
    let server = bed.signal_server(Signal::STOP);
    let begin = Instant::now();
    let (listed, alive) = tokio::join!(bed.panes.list(), bed.panes.alive());
    assert!(matches!(listed, Err(PanesError::Hung { .. })), "{listed:?}");
    assert_eq!(alive, Evidence::Unknown);
    assert!(begin.elapsed() < SOON);
    for result in [bed.panes.ensure().await.map(|_| ()), bed.panes.open(&lead()).await] {
        assert!(matches!(result, Err(PanesError::Hung { .. })), "{result:?}");
    }
    // No second one was started, and this one goes on.
    signal_process(server, Signal::CONT);
    assert_eq!(bed.panes.ensure().await.unwrap(), ServerState::Running);
    assert_eq!(bed.panes.server_process(), Some(server));
    assert_eq!(bed.ids().await, ["shop-1"]);
    bed.end().await;
}

#[tokio::test]
async fn a_server_without_a_socket_is_replaced() {
    let bed = Bed::running().await;
    let server = bed.panes.server_process().unwrap();
    fs::remove_file(bed.panes.socket()).unwrap();
    assert_eq!(bed.panes.alive().await, Evidence::Unknown);
    assert_eq!(bed.panes.ensure().await.unwrap(), ServerState::Started);
    assert_eq!(server.is_alive(), Evidence::Gone);
    bed.end().await;
}

#[tokio::test]
async fn a_half_started_server_is_replaced() {
    let bed = Bed::running().await;
    bed.panes.end().await.unwrap();
    let base = bed.panes.socket().parent().unwrap().parent().unwrap().to_owned();
    let starting = base.join("starting/shop");
    fs::create_dir_all(starting.parent().unwrap()).unwrap();
    let status = Command::new(zellij().await.program())
        .arg("--server")
        .arg(&starting)
        .env("ZELLIJ_SOCKET_DIR", &base)
        .env("TMPDIR", bed.path())
        .env("XDG_CACHE_HOME", bed.path().join("cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let stray = eventually(|| std::os::unix::net::UnixStream::connect(&starting).ok()).await;
    assert_eq!(bed.panes.alive().await, Evidence::Gone);
    assert_eq!(bed.panes.ensure().await.unwrap(), ServerState::Started);
    bed.panes.open(&lead()).await.unwrap();
    drop(stray);
    bed.end().await;
}

#[tokio::test]
async fn a_server_that_is_not_ours_is_left_alone() {
    let bed = Bed::new().await;
    let socket = bed.panes.socket();
    fs::create_dir_all(socket.parent().unwrap()).unwrap();
    // Listens, never answers, and is this very process.
    let listener = UnixListener::bind(&socket).unwrap();
    assert_eq!(bed.panes.alive().await, Evidence::Unknown);
    let ensured = bed.panes.ensure().await;
    assert!(matches!(ensured, Err(PanesError::Hung { .. })), "{ensured:?}");
    let ended = bed.panes.end().await;
    assert!(matches!(ended, Err(PanesError::NotOurs)), "{ended:?}");
    assert!(socket.exists());
    assert!(ProcessId::current().is_ok());
    drop(listener);
    bed.end().await;
}

/// Serves one kind of answer to everybody until it is dropped.
fn babbler(bed: &Bed, answer: Vec<u8>, hang_up: bool) -> tokio::task::JoinHandle<()> {
    let socket = bed.panes.socket();
    fs::create_dir_all(socket.parent().unwrap()).unwrap();
    let _ = fs::remove_file(&socket);
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
            if !hang_up {
                open.push(stream);
            }
        }
    })
}

fn frame(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_le_bytes()[..], body].concat()
}

/// Holds every request against one server that talks nonsense.
async fn endures(answer: Vec<u8>, hang_up: bool) {
    let bed = Bed::new().await;
    let server = babbler(&bed, answer.clone(), hang_up);
    let begin = Instant::now();
    let listed = bed.panes.list().await;
    assert!(
        matches!(listed, Err(PanesError::Garbled(_) | PanesError::Hung { .. })),
        "{answer:?}: {listed:?}"
    );
    assert_eq!(bed.panes.alive().await, Evidence::Unknown, "{answer:?}");
    let ensured = bed.panes.ensure().await;
    assert!(ensured.is_err(), "{answer:?}: {ensured:?}");
    assert!(begin.elapsed() < SOON * 3);
    server.abort();
    let _ = server.await;
    bed.end().await;
}

#[tokio::test]
async fn garbage_is_an_error_in_time() {
    let giant = vec![0xff; 64];
    let list = ServerToClientMsg::Log { lines: vec!["[{\"no\": \"pane\"}]".to_owned()] };
    tokio::join!(
        endures(giant.clone(), false),
        endures(giant, true),
        endures(frame(b"[not protobuf"), false),
        endures(frame(&WireAnswer::from(list).encode_to_vec()), false),
        endures(vec![1, 2, 3], false),
    );
}

#[tokio::test]
async fn a_connection_closed_without_a_word_is_a_death() {
    let bed = Bed::new().await;
    let server = babbler(&bed, Vec::new(), true);
    assert!(matches!(bed.panes.list().await, Err(PanesError::Gone)));
    server.abort();
    let _ = server.await;
    bed.end().await;
}

#[tokio::test]
async fn what_is_not_understood_is_passed_over() {
    let bed = Bed::new().await;
    let list = ServerToClientMsg::Log { lines: vec!["[]".to_owned()] };
    let answer = [
        frame(&[0xff, 0xff, 0xff]),
        frame(&[]),
        frame(&WireAnswer::from(ServerToClientMsg::UnblockInputThread).encode_to_vec()),
        frame(&WireAnswer::from(ServerToClientMsg::Connected).encode_to_vec()),
        frame(&WireAnswer::from(list).encode_to_vec()),
    ]
    .concat();
    let server = babbler(&bed, answer, false);
    assert_eq!(bed.panes.list().await.unwrap(), []);
    assert_eq!(bed.panes.alive().await, Evidence::Alive);
    server.abort();
    let _ = server.await;
    bed.end().await;
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let bed = Bed::with_program(
        "case $1 in --version) echo zellij 0.45.1;; *) echo no room >&2; exit 3;; esac",
    )
    .await;
    let result = bed.panes.ensure().await;
    let Err(PanesError::Start(reason)) = result else { panic!("{result:?}") };
    assert!(reason.contains("no room") && reason.contains('3'), "{reason}");
    bed.end().await;
}

#[tokio::test]
async fn a_start_that_hangs_is_given_up() {
    let bed =
        Bed::with_program("case $1 in --version) echo zellij 0.45.1;; *) exec sleep 60;; esac")
            .await;
    let begin = Instant::now();
    let result = bed.panes.ensure().await;
    assert!(matches!(result, Err(PanesError::Hung { .. })), "{result:?}");
    assert!(begin.elapsed() < Duration::from_secs(8));
    bed.end().await;
}
