//! Tells when panes close and when the server dies, without asking again and again: one idle
//! connection to the server. It has the side effect that no key of a person's ends the session.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use futures_util::Stream;
use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, Deadline};
use super::error::PanesError;
use super::listing::Pane;
use super::project::ProjectPanes;
use super::request::{self, REQUEST_LIMIT};
use crate::model::ids::SessionId;

/// zellij acknowledges to everybody whenever a pane closes, several times for several panes; the
/// list is read once they have come.
const SETTLE: Duration = Duration::from_millis(10);

/// When the list could not be read, it is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What happened to the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaneEvent {
    /// The session has no pane any more: closed by a person, by its viewer's end, or by
    /// [`close`](ProjectPanes::close).
    PaneClosed(SessionId),
    /// The server is gone, and every pane with it. Nothing comes after this.
    Gone,
}

/// An idle connection to the server; ends with [`PaneEvent::Gone`].
#[derive(Debug)]
pub struct PanesWatch<'a> {
    panes: &'a ProjectPanes,
    connection: Connection,
    known: BTreeSet<SessionId>,
    pending: VecDeque<PaneEvent>,
    look_at: Option<Instant>,
    gone: bool,
}

impl ProjectPanes {
    /// Watches the server from now on. One watch per project is enough.
    ///
    /// # Errors
    /// [`PanesError::Gone`], and those of every request.
    pub async fn watch(&self) -> Result<PanesWatch<'_>, PanesError> {
        let deadline = Deadline::after(REQUEST_LIMIT, "watch the panes");
        let mut connection = Connection::open(&self.socket(), deadline).await?;
        // Asked on the connection itself, which proves that zellij knows it.
        let first = request::ask_panes(&mut connection, deadline).await?;
        let known = sessions(&self.read(&first)?);
        let pending = VecDeque::new();
        Ok(PanesWatch { panes: self, connection, known, pending, look_at: None, gone: false })
    }
}

fn sessions(panes: &[Pane]) -> BTreeSet<SessionId> {
    panes.iter().filter_map(|pane| pane.session().cloned()).collect()
}

impl<'a> PanesWatch<'a> {
    /// The next event; `None` after [`PaneEvent::Gone`]. Nothing is lost when the future is dropped
    /// before it is ready.
    pub async fn next(&mut self) -> Option<PaneEvent> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.gone {
                return None;
            }
            let heard = match self.look_at {
                Some(at) => timeout_at(at, self.connection.next_ever()).await,
                None => Ok(self.connection.next_ever().await),
            };
            match heard {
                Ok(Ok(_)) => {
                    let soon = Instant::now() + SETTLE;
                    self.look_at = Some(self.look_at.map_or(soon, |at| at.min(soon)));
                }
                Ok(Err(_)) => {
                    self.gone = true;
                    self.pending.push_back(PaneEvent::Gone);
                }
                Err(_) => self.look().await,
            }
        }
    }

    /// The same events as a stream.
    pub fn into_stream(self) -> impl Stream<Item = PaneEvent> + use<'a> {
        futures_util::stream::unfold(self, |mut watch| async move {
            watch.next().await.map(|event| (event, watch))
        })
    }

    /// Compares the panes with those that were there before.
    async fn look(&mut self) {
        match self.panes.panes().await {
            Ok(now) => {
                let now = sessions(&now);
                let closed = self.known.difference(&now).cloned();
                self.pending.extend(closed.map(PaneEvent::PaneClosed));
                self.known = now;
                self.look_at = None;
            }
            // If it is dead the connection says so; if it only hangs, later.
            Err(_) => self.look_at = Some(Instant::now() + TRY_AGAIN),
        }
    }
}
