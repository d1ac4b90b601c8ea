//! What waits to be written to one connection: bounded, and written by a task of its own, so that
//! a peer that does not read never stalls the host.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{Notify, mpsc};

use crate::host::protocol::Purpose;

use super::host::{Input, Number};

/// Bytes that may wait for a viewer: beyond that it is better drawn anew.
const VIEWER: usize = 256 * 1024;

/// Bytes that may wait for a caller: some answers with long scrollback.
const CALLER: usize = 8 * 1024 * 1024;

/// A frame that several connections share.
pub type Bytes = Arc<Vec<u8>>;

/// The near end of a connection's queue.
#[derive(Debug, Clone)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    state: Mutex<State>,
    wake: Notify,
    /// The writing task is through.
    over: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// A frame was taken and is being written.
    writing: bool,
    /// The host wants to know when there is nothing left.
    tell_drained: bool,
    /// Nothing more comes; the connection ends when the rest is written.
    closed: bool,
}

impl Outbox {
    /// Starts the task that writes.
    pub fn start(
        number: Number,
        purpose: &Purpose,
        half: OwnedWriteHalf,
        host: mpsc::Sender<Input>,
    ) -> Self {
        let limit = match purpose {
            Purpose::Control { .. } => CALLER,
            Purpose::Attach(_) => VIEWER,
        };
        let (state, wake, over) = (Mutex::default(), Notify::new(), Notify::new());
        let outbox = Self(Arc::new(Shared { limit, state, wake, over }));
        tokio::spawn(outbox.clone().write(number, half, host));
        outbox
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a frame; false, and nothing queued, if too much waits already.
    #[must_use]
    pub fn push(&self, frame: Bytes) -> bool {
        let mut state = self.state();
        if state.bytes + frame.len() > self.0.limit && !state.frames.is_empty() {
            return false;
        }
        state.bytes += frame.len();
        state.frames.push_back(frame);
        drop(state);
        self.0.wake.notify_one();
        true
    }

    /// Drops what was not begun to be written.
    pub fn clear(&self) {
        let mut state = self.state();
        state.frames.clear();
        state.bytes = 0;
    }

    /// Whether everything was written. If not, the host gets [`Input::Drained`] when it is.
    pub fn is_idle_or_tells(&self) -> bool {
        let mut state = self.state();
        let idle = state.frames.is_empty() && !state.writing;
        state.tell_drained = !idle;
        idle
    }

    /// Ends the connection once the rest is written.
    pub fn close(&self) {
        self.state().closed = true;
        self.0.wake.notify_one();
    }

    /// Until everything was written, after [`close`](Self::close).
    pub async fn written(&self) {
        self.0.over.notified().await;
    }

    async fn write(self, number: Number, half: OwnedWriteHalf, host: mpsc::Sender<Input>) {
        self.write_all(number, half, host).await;
        self.0.over.notify_one();
    }

    async fn write_all(&self, number: Number, mut half: OwnedWriteHalf, host: mpsc::Sender<Input>) {
        loop {
            let (next, drained, closed) = self.take();
            if let Some(frame) = next {
                if half.write_all(&frame).await.is_err() {
                    // The reading side sees the end, and tells.
                    self.clear();
                    self.state().closed = true;
                }
            } else if closed {
                let _ = half.shutdown().await;
                return;
            } else {
                if drained && host.send(Input::Drained(number)).await.is_err() {
                    return;
                }
                self.0.wake.notified().await;
            }
        }
    }

    fn take(&self) -> (Option<Bytes>, bool, bool) {
        let mut state = self.state();
        let next = state.frames.pop_front();
        state.bytes -= next.as_ref().map_or(0, |frame| frame.len());
        state.writing = next.is_some();
        let drained = next.is_none() && std::mem::take(&mut state.tell_drained);
        (next, drained, state.closed)
    }
}
