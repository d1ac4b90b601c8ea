//! The host's state and its loop: wait for the next thing that happens, act on it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::warn;

use crate::host::error::HostError;
use crate::host::exit::Exit;
use crate::host::frame::Frame;
use crate::host::inject::DraftTracker;
use crate::host::launch::Launch;
use crate::host::ledger::Ledger;
use crate::host::protocol::{Hello, HostEvent, PROTOCOL, Purpose, Refusal, Refused};
use crate::host::pty::Pty;
use crate::host::record::Recorder;
use crate::host::screen::Screen;
use crate::model::ids::Timestamp;
use crate::process::ProcessId;

use super::deliver::Deliveries;
use super::end::Ending;
use super::interrupt;
use super::keys::Typing;
use super::outbox::Outbox;
use super::output::Quiet;
use super::pty_queue::PtyQueue;
use super::tickets::Tickets;
use super::viewers::Viewers;

/// Scrollback lines in memory; the record on disk has more.
const SCROLLBACK: usize = 1000;

/// Bytes of output taken at once.
const READ: usize = 32 * 1024;

/// The number of a connection.
pub type Number = u64;

/// What other tasks tell the loop.
#[derive(Debug)]
pub enum Input {
    /// A connection was let in.
    Opened { newcomer: Newcomer, purpose: Purpose, outbox: Outbox },
    /// Somebody was not let in.
    Refused(Refused),
    /// It sent a frame.
    Frame { number: Number, frame: Frame },
    /// It has read everything, and the loop wanted to know.
    Drained(Number),
    /// It has ended.
    Closed(Number),
    /// An ending of processes is through.
    Ended(Ending),
}

/// Who has connected.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer {
    /// The number of its connection.
    pub number: Number,
    /// Its user.
    pub uid: u32,
    /// Its process, if that is still there.
    pub process: Option<ProcessId>,
}

impl Newcomer {
    /// It was not let in.
    pub fn refused(self, verb: &str, refusal: &Refusal) -> Refused {
        let reason = refusal.message.clone();
        Refused { uid: self.uid, process: self.process, verb: verb.to_owned(), reason }
    }
}

/// A control connection.
#[derive(Debug)]
pub struct Control {
    /// Who is at the other end, if it was still there when it came.
    pub process: Option<ProcessId>,
    /// What it is sent.
    pub outbox: Outbox,
    /// It wants events.
    pub watching: bool,
}

/// What a host is made of at its start.
pub struct Parts {
    /// What it runs.
    pub launch: Launch,
    /// This process.
    pub me: ProcessId,
    /// The agent, just started.
    pub agent: ProcessId,
    /// The agent's terminal.
    pub pty: Arc<Pty>,
    /// What was typed.
    pub ledger: Ledger,
    /// What was put out.
    pub recorder: Recorder,
}

/// Where things come from.
pub struct Events {
    /// A child has ended.
    pub child: Signal,
    /// The host is told to end.
    pub terminate: Signal,
    /// What other tasks tell.
    pub inputs: mpsc::Receiver<Input>,
    /// The agent's terminal.
    pub pty: Arc<Pty>,
    /// Kept, so that they stay caught.
    pub _ignored: Vec<Signal>,
}

enum Wake {
    Child,
    Terminate,
    Input(Input),
    Output(io::Result<usize>),
    Typed(io::Result<usize>),
    Timer,
}

/// All state of a session's host.
pub struct Host {
    pub(super) launch: Launch,
    pub(super) me: ProcessId,
    pub(super) agent: ProcessId,
    pub(super) started_at: Timestamp,
    pub(super) pty: Arc<Pty>,
    /// Reading it failed for good.
    pub(super) pty_broken: bool,
    pub(super) screen: Screen,
    pub(super) recorder: Recorder,
    pub(super) ledger: Ledger,
    pub(super) queue: PtyQueue,
    pub(super) viewers: Viewers,
    pub(super) controls: BTreeMap<Number, Control>,
    pub(super) tickets: Tickets,
    pub(super) draft: DraftTracker,
    pub(super) typing: Typing,
    pub(super) deliveries: Deliveries,
    /// The stopping of a turn that is under way.
    pub(super) interruption: Option<interrupt::Current>,
    pub(super) quiet: Quiet,
    pub(super) exit: Option<Exit>,
    /// What of the tree is left, once it was ended after the agent.
    pub(super) tree: Option<Vec<ProcessId>>,
    /// Endings of processes that run.
    pub(super) endings: u32,
    pub(super) sender: mpsc::Sender<Input>,
}

impl Host {
    /// A host whose agent has just been started.
    pub fn new(parts: Parts, sender: mpsc::Sender<Input>) -> Self {
        let Parts { launch, me, agent, pty, ledger, recorder } = parts;
        let now = Instant::now();
        Self {
            screen: Screen::new(launch.size.clamped(), SCROLLBACK),
            launch,
            me,
            agent,
            started_at: timestamp(),
            pty,
            pty_broken: false,
            recorder,
            ledger,
            queue: PtyQueue::new(now),
            viewers: Viewers::default(),
            controls: BTreeMap::new(),
            tickets: Tickets::default(),
            draft: DraftTracker::default(),
            typing: Typing::default(),
            deliveries: Deliveries::default(),
            interruption: None,
            quiet: Quiet::new(now),
            exit: None,
            tree: None,
            endings: 0,
            sender,
        }
    }

    /// This process.
    pub fn me(&self) -> ProcessId {
        self.me
    }

    /// The agent.
    pub fn agent(&self) -> ProcessId {
        self.agent
    }

    /// Serves until the agent and its tree have ended.
    pub async fn run(&mut self, mut events: Events) -> Result<(), HostError> {
        let mut buffer = vec![0; READ];
        // An agent that ended at once may have done so before the signal was watched.
        self.reap();
        while !self.is_over() {
            match self.wait(&mut events, &mut buffer).await {
                Wake::Child => self.reap(),
                Wake::Terminate => self.terminate(),
                Wake::Input(input) => self.input(input),
                Wake::Output(Ok(count)) => self.output(&buffer[..count]),
                Wake::Output(Err(error)) => {
                    warn!(%error, "the terminal cannot be read");
                    self.pty_broken = true;
                }
                Wake::Typed(Ok(count)) => self.typed(count),
                Wake::Typed(Err(error)) => {
                    warn!(%error, "the terminal cannot be written");
                    self.queue.clear();
                }
                Wake::Timer => {}
            }
            self.on_time();
            // A flood of output must not keep the writers of viewers from their work.
            tokio::task::yield_now().await;
        }
        self.say_goodbye().await;
        Ok(())
    }

    async fn wait(&self, events: &mut Events, buffer: &mut [u8]) -> Wake {
        let timer = async {
            match self.next_moment() {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = events.child.recv() => Wake::Child,
            _ = events.terminate.recv() => Wake::Terminate,
            // The sender's end is in `self`, so there always is another one.
            Some(input) = events.inputs.recv() => Wake::Input(input),
            read = events.pty.read(buffer), if !self.pty_broken => Wake::Output(read),
            wrote = events.pty.write(self.queue.front()), if self.queue.waiting() > 0 => {
                Wake::Typed(wrote)
            }
            () = timer => Wake::Timer,
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Opened { newcomer, purpose, outbox } => self.opened(newcomer, purpose, outbox),
            Input::Refused(refused) => self.tell(&HostEvent::Refused(refused)),
            Input::Frame { number, frame } => self.frame(number, &frame),
            Input::Drained(number) => self.viewers.drained(number),
            Input::Closed(number) => self.closed(number),
            Input::Ended(ending) => self.ended(ending),
        }
    }

    fn typed(&mut self, count: usize) {
        if let Some(part) = self.queue.took(count, Instant::now()) {
            self.part_typed(part);
        }
    }

    /// What is due now.
    fn on_time(&mut self) {
        let now = Instant::now();
        self.flush_keys(now);
        self.judge_draft(now);
        self.enter_again(now);
        self.drive_interruption(now);
        self.drive_delivery(now);
        self.note_quiet(now);
        self.viewers.draw(&self.screen, now);
    }

    /// When something is due next, if nothing happens before.
    fn next_moment(&self) -> Option<Instant> {
        let moments = [
            self.viewers.next_draw(),
            self.viewers.next_flush().map(|(at, _)| at),
            self.delivery_moment(),
            self.interruption_moment(),
            self.typing.moment(),
            self.quiet.moment(),
        ];
        moments.into_iter().flatten().min()
    }

    /// Who this is.
    pub(super) fn hello(&self) -> Hello {
        Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            session: self.launch.session.clone(),
            generation: self.launch.generation,
            host: self.me,
            agent: self.agent,
            started_at: self.started_at,
            size: self.screen.size(),
            viewers: self.viewers.count(),
            exited: self.exit.clone(),
        }
    }
}

/// The wall clock, for people and files.
pub fn timestamp() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
