//! Who may talk to this host: every connection is checked before its first call, by what the
//! kernel says of the caller.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tracing::warn;

use crate::host::frame::{self, FrameReader, TO_HOST_LIMIT, kind};
use crate::host::key::ControlKey;
use crate::host::protocol::{Admission, ClientHello, PROTOCOL, Purpose, Refusal, RefusalCode};
use crate::process::{self, Peer, ProcessError, ProcessId};

use super::PROCESS_NAME;
use super::host::{Input, Newcomer, Number};
use super::outbox::Outbox;

/// Connections at once.
const MOST: usize = 64;

/// For a client's first frame.
const FIRST_FRAME: Duration = Duration::from_secs(5);

/// After an accept that failed, usually for want of descriptors.
const BREATHE: Duration = Duration::from_millis(100);

/// Bytes read at once from a client: mostly keys.
const CHUNK: usize = 4096;

/// Accepts connections for as long as the host lives.
pub async fn listen(
    listener: UnixListener,
    key: PathBuf,
    me: ProcessId,
    host: mpsc::Sender<Input>,
) {
    let seats = Arc::new(Semaphore::new(MOST));
    let mut number: Number = 0;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "accept failed");
                tokio::time::sleep(BREATHE).await;
                continue;
            }
        };
        number += 1;
        let seat = Arc::clone(&seats).try_acquire_owned();
        let (key, host) = (key.clone(), host.clone());
        tokio::spawn(async move {
            match seat {
                Ok(_seat) => serve(stream, number, &key, me, host).await,
                Err(_) => {
                    let why = format!("{MOST} connections are open already");
                    refuse(stream, &Refusal::new(RefusalCode::Busy, why)).await;
                }
            }
        });
    }
}

async fn serve(
    stream: UnixStream,
    number: Number,
    key: &Path,
    me: ProcessId,
    host: mpsc::Sender<Input>,
) {
    let Ok(peer) = Peer::of(&stream) else {
        return refuse(stream, &Refusal::new(RefusalCode::Unverified, "nobody is there")).await;
    };
    let newcomer = Newcomer { number, uid: peer.uid, process: peer.process };
    let (read, write) = stream.into_split();
    let mut frames = FrameReader::new(read, TO_HOST_LIMIT, CHUNK);
    let (verb, admitted) = admit(&mut frames, &peer, key, me).await;
    let purpose = match admitted {
        Ok(purpose) => purpose,
        Err(refusal) => {
            warn!(code = ?refusal.code, reason = %refusal.message, "refused a connection");
            if refusal.code.is_denial() {
                let refused = newcomer.refused(verb, &refusal);
                // A host that ends has nobody left to tell.
                let _ = host.send(Input::Refused(refused)).await;
            }
            if let Ok(stream) = write.reunite(frames.into_inner()) {
                refuse(stream, &refusal).await;
            }
            return;
        }
    };
    let outbox = Outbox::start(number, &purpose, write, host.clone());
    if host.send(Input::Opened { newcomer, purpose, outbox }).await.is_err() {
        return;
    }
    loop {
        let input = match frames.next_frame().await {
            Ok(Some(frame)) => Input::Frame { number, frame },
            Ok(None) => Input::Closed(number),
            Err(error) => {
                warn!(%error, "a connection broke");
                Input::Closed(number)
            }
        };
        let last = matches!(input, Input::Closed(_));
        if host.send(input).await.is_err() || last {
            return;
        }
    }
}

/// What the caller came for, in a word and, if it may, in full. A ticket is looked at by the host's
/// loop, which knows it.
async fn admit(
    frames: &mut FrameReader<OwnedReadHalf>,
    peer: &Peer,
    key: &Path,
    me: ProcessId,
) -> (&'static str, Result<Purpose, Refusal>) {
    let hello = match first_words(frames, peer).await {
        Ok(hello) => hello,
        Err(refusal) => return ("connect", Err(refusal)),
    };
    let (verb, checked) = match &hello.purpose {
        Purpose::Control { key: given } => {
            ("control", outside(peer, me).and_then(|()| check_key(key, given)))
        }
        Purpose::Attach(attach) => match attach.admission {
            Admission::OutsideEverySession => ("attach", outside(peer, me)),
            Admission::Ticket(_) => ("attach", Ok(())),
        },
    };
    (verb, checked.map(|()| hello.purpose))
}

async fn first_words(
    frames: &mut FrameReader<OwnedReadHalf>,
    peer: &Peer,
) -> Result<ClientHello, Refusal> {
    if !peer.is_same_user() {
        let why = format!("user {} is not the session's user", peer.uid);
        return Err(Refusal::new(RefusalCode::NotYours, why));
    }
    let malformed = |why: String| Refusal::new(RefusalCode::Malformed, why);
    let first = timeout(FIRST_FRAME, frames.next_frame()).await;
    let first = first
        .map_err(|_| malformed("no first frame came".to_owned()))?
        .map_err(|e| malformed(e.to_string()))?
        .filter(|frame| frame.kind == kind::HELLO)
        .ok_or_else(|| malformed("the first frame is no hello".to_owned()))?;
    let hello: ClientHello = frame::parse(&first).map_err(|e| malformed(e.to_string()))?;
    check_version(&hello)?;
    Ok(hello)
}

fn check_version(hello: &ClientHello) -> Result<(), Refusal> {
    if hello.protocol == PROTOCOL {
        return Ok(());
    }
    let older = if hello.protocol < PROTOCOL { "client" } else { "session host" };
    let why = format!(
        "the {older} is the older side: client {} speaks protocol {}, session host {} speaks {PROTOCOL}",
        hello.version,
        hello.protocol,
        env!("CARGO_PKG_VERSION"),
    );
    Err(Refusal::new(RefusalCode::Incompatible, why))
}

fn check_key(path: &Path, given: &str) -> Result<(), Refusal> {
    let wrong = |why: String| Refusal::new(RefusalCode::WrongKey, why);
    let key = ControlKey::read(path).map_err(|e| wrong(e.to_string()))?;
    if key.matches(&ControlKey::from_text(given)) {
        Ok(())
    } else {
        Err(wrong("the key is not the supervisor's".to_owned()))
    }
}

/// The caller runs in no session, or in none that this host does not run in itself. What cannot be
/// found out counts against the caller.
fn outside(peer: &Peer, me: ProcessId) -> Result<(), Refusal> {
    let unverified = |why: String| Refusal::new(RefusalCode::Unverified, why);
    let caller = peer.process.ok_or_else(|| unverified("the caller has gone".to_owned()))?;
    let hosts = hosts_around(caller)
        // A parent that ends in the middle of the walk makes it fail: once more.
        .or_else(|_| hosts_around(caller))
        .map_err(|e| unverified(e.to_string()))?;
    if hosts.is_empty() {
        return Ok(());
    }
    let ours = hosts_around(me).map_err(|e| unverified(e.to_string()))?;
    if hosts.iter().all(|host| ours.contains(host)) {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::InsideSession, "the caller runs inside a session"))
}

/// The session hosts above a process.
fn hosts_around(process: ProcessId) -> Result<Vec<ProcessId>, ProcessError> {
    let mut hosts = Vec::new();
    for above in process::ancestors(process)? {
        if process::name(above)?.is_some_and(|name| name == PROCESS_NAME) {
            hosts.push(above);
        }
    }
    Ok(hosts)
}

async fn refuse(mut stream: UnixStream, refusal: &Refusal) {
    let frame = frame::encode_json(kind::REFUSED, refusal);
    let _ = timeout(FIRST_FRAME, stream.write_all(&frame)).await;
}
