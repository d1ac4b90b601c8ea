//! The viewer's loop.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::host::client::{AttachReader, AttachStream, AttachWriter, FromHost};
use crate::host::error::HostError;
use crate::host::exit::Exit;

use super::detach::DetachKeys;
use super::terminal::Terminal;

/// How long an unfinished escape sequence waits for its rest.
const UNFINISHED: Duration = Duration::from_millis(50);

/// Keys read at once.
const KEYS: usize = 4096;

/// Why a viewer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewEnd {
    /// The person detached; the session goes on.
    Detached,
    /// The agent ended.
    Exited(Exit),
    /// The host went without a word, or dropped this viewer.
    HostGone,
    /// The viewer was told to end by this signal.
    Signalled(i32),
    /// The terminal went away.
    TerminalGone,
}

enum Wake {
    Typed(io::Result<usize>),
    Shown(io::Result<usize>),
    Came(Result<Option<FromHost>, HostError>),
    Resized,
    Signal(i32),
    Late,
}

struct Signals {
    window: Signal,
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

/// Shows a session in a terminal until either ends. With a read-only attachment the host takes no
/// keys, and only the keys to detach do anything.
pub async fn view(mut terminal: Terminal, stream: AttachStream) -> Result<ViewEnd, HostError> {
    let catch = |kind| signal(kind).map_err(HostError::system("catch signals"));
    let signals = Signals {
        window: catch(SignalKind::window_change())?,
        hangup: catch(SignalKind::hangup())?,
        interrupt: catch(SignalKind::interrupt())?,
        terminate: catch(SignalKind::terminate())?,
    };
    terminal.make_raw()?;
    let AttachStream { reader, writer, size, .. } = stream;
    let mut view = View {
        terminal: &terminal,
        reader,
        writer,
        signals,
        keys: DetachKeys::default(),
        flush_at: None,
        showing: Vec::new(),
        shown: 0,
    };
    // It may have changed before its signal was caught.
    if terminal.size()? != size {
        view.send_size().await?;
    }
    view.run().await
}

struct View<'a> {
    terminal: &'a Terminal,
    reader: AttachReader,
    writer: AttachWriter,
    signals: Signals,
    keys: DetachKeys,
    flush_at: Option<Instant>,
    /// What came last and how much of it the terminal has taken. Nothing more is read from the
    /// host before: it notices that this viewer is slow.
    showing: Vec<u8>,
    shown: usize,
}

impl View<'_> {
    async fn run(mut self) -> Result<ViewEnd, HostError> {
        let mut buffer = vec![0; KEYS];
        loop {
            let end = match self.wait(&mut buffer).await {
                Wake::Typed(Ok(0) | Err(_)) | Wake::Shown(Err(_)) => Some(ViewEnd::TerminalGone),
                Wake::Typed(Ok(count)) => self.typed(&buffer[..count]).await?,
                Wake::Shown(Ok(count)) => {
                    self.shown += count;
                    None
                }
                Wake::Came(Ok(Some(FromHost::Exited(exit)))) => Some(ViewEnd::Exited(exit)),
                Wake::Came(Ok(Some(frame))) => {
                    self.show(frame);
                    None
                }
                Wake::Came(Ok(None)) => Some(ViewEnd::HostGone),
                Wake::Came(Err(e)) => return Err(e),
                Wake::Resized => {
                    self.send_size().await?;
                    None
                }
                Wake::Signal(number) => Some(ViewEnd::Signalled(number)),
                Wake::Late => {
                    let keys = self.keys.flush();
                    self.flush_at = None;
                    self.send(&keys).await?
                }
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    async fn wait(&mut self, buffer: &mut [u8]) -> Wake {
        let late = self.flush_at;
        let late = async {
            match late {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let busy = self.shown < self.showing.len();
        tokio::select! {
            read = self.terminal.read(buffer) => Wake::Typed(read),
            wrote = self.terminal.write(&self.showing[self.shown..]), if busy => {
                Wake::Shown(wrote)
            }
            came = self.reader.next(), if !busy => Wake::Came(came),
            _ = self.signals.window.recv() => Wake::Resized,
            _ = self.signals.hangup.recv() => Wake::Signal(1),
            _ = self.signals.interrupt.recv() => Wake::Signal(2),
            _ = self.signals.terminate.recv() => Wake::Signal(15),
            () = late => Wake::Late,
        }
    }

    fn show(&mut self, frame: FromHost) {
        self.showing = match frame {
            FromHost::Repaint(bytes) | FromHost::Output(bytes) | FromHost::Clipped(bytes) => bytes,
            FromHost::Exited(_) => Vec::new(),
        };
        self.shown = 0;
    }

    async fn typed(&mut self, bytes: &[u8]) -> Result<Option<ViewEnd>, HostError> {
        let typed = self.keys.feed(bytes);
        self.flush_at = self.keys.is_waiting().then(|| Instant::now() + UNFINISHED);
        let end = self.send(&typed.keys).await?;
        Ok(if typed.detach { Some(ViewEnd::Detached) } else { end })
    }

    /// A host that has gone has said why, and that is read next.
    async fn send(&mut self, keys: &[u8]) -> Result<Option<ViewEnd>, HostError> {
        match self.writer.keys(keys).await {
            Ok(()) | Err(HostError::Lost) => Ok(None),
            Err(e) => Err(e),
        }
    }

    async fn send_size(&mut self) -> Result<(), HostError> {
        let size = self.terminal.size()?;
        match self.writer.resize(size).await {
            Ok(()) | Err(HostError::Lost) => Ok(()),
            Err(e) => Err(e),
        }
    }
}
