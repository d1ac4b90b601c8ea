//! Places for connections. There are only so many; where all are taken, the connection that has been
//! silent the longest gives way to a new one, and one that waits for its answer never does. For the
//! server.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::sync::Notify;

/// All places.
pub struct Places {
    limit: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    last: u64,
    taken: BTreeMap<u64, Arc<Seat>>,
}

struct Seat {
    /// Since when it has been silent; nothing while it is being answered.
    silent: Mutex<Option<Instant>>,
    gives_way: Notify,
}

/// A connection's place, free again when this is dropped.
pub struct Place {
    places: Arc<Places>,
    number: u64,
    seat: Arc<Seat>,
}

/// While this is held the connection is being answered.
pub struct Busy(Arc<Seat>);

impl Places {
    /// At most `limit` at a time.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, table: Mutex::default() })
    }

    /// A place, if need be that of the one that has been silent the longest; nothing when all are
    /// being answered.
    pub fn take(self: &Arc<Self>) -> Option<Place> {
        let is_full = self.table().taken.len() >= self.limit;
        if is_full && !self.make_room() {
            return None;
        }
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        let silent = Mutex::new(Some(Instant::now()));
        let seat = Arc::new(Seat { silent, gives_way: Notify::new() });
        table.taken.insert(number, seat.clone());
        Some(Place { places: self.clone(), number, seat })
    }

    /// Sends the one away that has been silent the longest; returns whether there was one.
    pub fn make_room(&self) -> bool {
        let mut table = self.table();
        let silent = table.taken.iter().filter_map(|(number, seat)| Some((seat.since()?, *number)));
        let Some((_, number)) = silent.min() else { return false };
        if let Some(seat) = table.taken.remove(&number) {
            seat.gives_way.notify_one();
        }
        true
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nobody panics while holding the places")
    }
}

impl Seat {
    fn since(&self) -> Option<Instant> {
        *self.silent.lock().expect("nobody panics while holding a moment")
    }

    fn set(&self, silent: Option<Instant>) {
        *self.silent.lock().expect("nobody panics while holding a moment") = silent;
    }
}

impl Place {
    /// A request has come.
    pub fn busy(&self) -> Busy {
        self.seat.set(None);
        Busy(self.seat.clone())
    }

    /// Returns when the place is wanted for somebody else.
    pub async fn is_wanted(&self) {
        self.seat.gives_way.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table().taken.remove(&self.number);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(Some(Instant::now()));
    }
}

/// An answer's body, with the word that it is still being sent.
pub struct Answering {
    body: Body,
    _busy: Busy,
}

impl Answering {
    /// Until the body has ended or is dropped.
    pub fn new(body: Body, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl hyper::body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_longest_silent_gives_way_and_who_is_answered_stays() {
        let places = Places::new(3);
        let [first, second, third] = [(); 3].map(|()| places.take().unwrap());
        let busy = first.busy();
        let fourth = places.take().unwrap();
        second.is_wanted().await;
        drop(second);
        let _busy = (third.busy(), fourth.busy());
        assert!(places.take().is_none(), "all are being answered");
        drop(busy);
        let fifth = places.take().unwrap();
        first.is_wanted().await;
        drop((first, fifth));
        assert!(places.take().is_some());
    }
}
