//! The supervisor's calls: one connection, many calls at once, each with a deadline.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tracing::warn;

use crate::host::error::HostError;
use crate::host::frame::{self, FrameReader, kind};
use crate::host::key::ControlKey;
use crate::host::protocol::{
    Answer, Call, Delivered, Delivery, Hello, HostEvent, InputState, Interrupted, Interruption,
    Killed, Purpose, Refusal, Reply, Request, Ticket,
};
use crate::host::screen::Snapshot;

use super::connect::connect;

/// For calls that only ask.
const ASK: Duration = Duration::from_secs(5);

/// For a delivery, beyond its settle time: the host gives up on a program that does not read after
/// 10 s, before the text, in it, and before Enter; and there may be deliveries before it.
const DELIVER: Duration = Duration::from_secs(60);

/// For an interruption: the host waits for the end of the work, presses the keys again, and waits for
/// the composer.
const INTERRUPT: Duration = Duration::from_secs(30);

/// For a kill, beyond its grace: the host looks for 5 s after SIGKILL.
const KILL: Duration = Duration::from_secs(10);

/// Events that may wait for the watcher.
const EVENTS: usize = 1024;

/// The events of a host, in order. Ends when the host does, or when too many were not taken.
pub type Events = mpsc::Receiver<HostEvent>;

type Waiting = oneshot::Sender<Result<Answer, Refusal>>;

/// A control connection to a session's host.
#[derive(Debug)]
pub struct HostClient {
    hello: Hello,
    requests: mpsc::Sender<Vec<u8>>,
    shared: Arc<Mutex<Shared>>,
    tasks: [AbortHandle; 2],
}

#[derive(Debug, Default)]
struct Shared {
    last: u64,
    waiting: HashMap<u64, Waiting>,
    events: Option<mpsc::Sender<HostEvent>>,
    lost: bool,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // Nothing panics while it is held.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HostClient {
    /// Connects with the key; fails within 5 s. Needs a tokio runtime.
    pub async fn connect(socket: &Path, key: &ControlKey) -> Result<Self, HostError> {
        let purpose = Purpose::Control { key: key.expose().to_owned() };
        let connected = connect(socket, purpose).await?;
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let (requests, outgoing) = mpsc::channel(16);
        let tasks = [
            tokio::spawn(write(connected.write, outgoing)).abort_handle(),
            tokio::spawn(read(connected.frames, Arc::clone(&shared))).abort_handle(),
        ];
        Ok(Self { hello: connected.hello, requests, shared, tasks })
    }

    /// What the host said of itself at the connection.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Whether the connection still stands.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !lock(&self.shared).lost
    }

    /// What it says of itself now.
    pub async fn ask_hello(&self) -> Result<Hello, HostError> {
        match self.call("hello", Call::Hello, ASK).await? {
            Answer::Hello(hello) => Ok(*hello),
            other => Err(unexpected("hello", &other)),
        }
    }

    /// The screen and up to `scrollback` lines above it; with attributes if `ansi`.
    pub async fn snapshot(&self, ansi: bool, scrollback: usize) -> Result<Snapshot, HostError> {
        match self.call("snapshot", Call::Snapshot { ansi, scrollback }, ASK).await? {
            Answer::Snapshot(snapshot) => Ok(*snapshot),
            other => Err(unexpected("snapshot", &other)),
        }
    }

    /// Types a message. Returns when it was typed, or why it was not. After an error that leaves
    /// open what happened (deadline, lost connection) the same call again tells.
    pub async fn deliver(&self, delivery: &Delivery) -> Result<Delivered, HostError> {
        let deadline = DELIVER + Duration::from_millis(delivery.settle_ms);
        match self.call("deliver", Call::Deliver(delivery.clone()), deadline).await? {
            Answer::Delivered(delivered) => Ok(delivered),
            other => Err(unexpected("deliver", &other)),
        }
    }

    /// Stops the agent's turn. Returns when it has stopped, or why not. The same call again after an
    /// error does no harm: where the screen shows no work, no key is pressed.
    pub async fn interrupt(&self, asked: &Interruption) -> Result<Interrupted, HostError> {
        match self.call("interrupt", Call::Interrupt(asked.clone()), INTERRUPT).await? {
            Answer::Interrupted(outcome) => Ok(outcome),
            other => Err(unexpected("interrupt", &other)),
        }
    }

    /// Who types, and whether a draft may be there.
    pub async fn input_state(&self) -> Result<InputState, HostError> {
        match self.call("input_state", Call::InputState, ASK).await? {
            Answer::InputState(state) => Ok(state),
            other => Err(unexpected("input_state", &other)),
        }
    }

    /// Sends a signal, by number, to the agent and everything below it; tells to how many.
    pub async fn signal(&self, signal: i32) -> Result<usize, HostError> {
        match self.call("signal", Call::Signal { signal }, ASK).await? {
            Answer::Signalled { processes } => Ok(processes),
            other => Err(unexpected("signal", &other)),
        }
    }

    /// Ends the agent and everything below it: SIGTERM, SIGKILL after `grace` (10 minutes at
    /// most). The host goes after its answer.
    pub async fn kill(&self, grace: Duration) -> Result<Killed, HostError> {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        let deadline = grace.saturating_add(KILL);
        match self.call("kill", Call::Kill { grace_ms }, deadline).await? {
            Answer::Killed(killed) => Ok(killed),
            other => Err(unexpected("kill", &other)),
        }
    }

    /// An admission for one viewer.
    pub async fn ticket(&self, read_only: bool) -> Result<Ticket, HostError> {
        match self.call("ticket", Call::Ticket { read_only }, ASK).await? {
            Answer::Ticket(ticket) => Ok(ticket),
            other => Err(unexpected("ticket", &other)),
        }
    }

    /// Events from now on, those before them that still hold (title, quiet) among them. A later call
    /// takes them over from an earlier one. When they end without [`HostEvent::Exited`], connect
    /// again and look at `hello`.
    pub async fn watch(&self) -> Result<Events, HostError> {
        let (sender, events) = mpsc::channel(EVENTS);
        lock(&self.shared).events = Some(sender);
        match self.call("watch", Call::Watch, ASK).await? {
            Answer::Watching => Ok(events),
            other => Err(unexpected("watch", &other)),
        }
    }

    async fn call(
        &self,
        name: &'static str,
        call: Call,
        deadline: Duration,
    ) -> Result<Answer, HostError> {
        let (sender, answer) = oneshot::channel();
        let req = {
            let mut shared = lock(&self.shared);
            if shared.lost {
                return Err(HostError::Lost);
            }
            shared.last += 1;
            let req = shared.last;
            shared.waiting.insert(req, sender);
            req
        };
        let frame = frame::encode_json(kind::REQUEST, &Request { req, call });
        let exchange = async {
            self.requests.send(frame).await.map_err(|_| HostError::Lost)?;
            answer.await.map_err(|_| HostError::Lost)?.map_err(HostError::Refused)
        };
        let result = timeout(deadline, exchange).await;
        lock(&self.shared).waiting.remove(&req);
        result.map_err(|_| HostError::Deadline { call: name, after: deadline })?
    }
}

impl Drop for HostClient {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn write(mut half: OwnedWriteHalf, mut requests: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = requests.recv().await {
        if half.write_all(&frame).await.is_err() {
            // The reading task sees the end, and tells who waits.
            return;
        }
    }
}

async fn read(mut frames: FrameReader<OwnedReadHalf>, shared: Arc<Mutex<Shared>>) {
    loop {
        match frames.next_frame().await {
            Ok(Some(frame)) => take(&frame, &shared),
            Ok(None) => break,
            Err(error) => {
                warn!(%error, "the connection to a session host broke");
                break;
            }
        }
    }
    let mut shared = lock(&shared);
    shared.lost = true;
    shared.waiting.clear();
    shared.events = None;
}

fn take(frame: &frame::Frame, shared: &Mutex<Shared>) {
    match frame.kind {
        kind::REPLY => match frame::parse::<Reply>(frame) {
            Ok(Reply { req, result }) => {
                let waiting = lock(shared).waiting.remove(&req);
                // Who asked may have given up.
                let _ = waiting.map(|sender| sender.send(result));
            }
            Err(error) => warn!(%error, "an answer is not understood"),
        },
        kind::EVENT => match frame::parse::<HostEvent>(frame) {
            Ok(event) => {
                let mut shared = lock(shared);
                let sent = shared.events.as_ref().map(|sender| sender.try_send(event));
                if let Some(Err(_)) = sent {
                    shared.events = None;
                }
            }
            Err(error) => warn!(%error, "an event is not understood"),
        },
        _ => {}
    }
}

fn unexpected(call: &str, answer: &Answer) -> HostError {
    HostError::Protocol(format!("{call} was answered with {answer:?}"))
}
