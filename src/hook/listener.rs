//! The supervisor as the listener of a one-shot run: its events are told one after the other by a
//! thread of their own, so that the agent waits for none of them.

use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Caller, Neutral, told};
use crate::agents::oneshot::{Deaf, Listener};

/// Tells the supervisor, or keeps for it what it cannot take now.
struct Supervisor {
    events: Option<Sender<(Neutral, SystemTime)>>,
    teller: Option<JoinHandle<()>>,
}

/// The listener for the session that this process belongs to; one that hears nothing where there is
/// no session.
#[must_use]
pub fn listener() -> Box<dyn Listener> {
    let Some(caller) = Caller::of_process() else { return Box::new(Deaf) };
    let (events, told_later) = mpsc::channel();
    let teller = std::thread::Builder::new().name("hooks".into()).spawn(move || {
        for (event, at) in told_later {
            told(&caller, event, Duration::ZERO, at);
        }
    });
    match teller {
        Ok(teller) => Box::new(Supervisor { events: Some(events), teller: Some(teller) }),
        Err(_) => Box::new(Deaf),
    }
}

impl Listener for Supervisor {
    fn tell(&mut self, event: &str, data: Value) {
        let event = Neutral { event: event.to_owned(), data };
        if let Some(events) = &self.events {
            // The thread lives as long as this does.
            let _ = events.send((event, SystemTime::now()));
        }
    }
}

impl Drop for Supervisor {
    /// Waits until everything was told: each takes a bounded time.
    fn drop(&mut self) {
        self.events = None;
        if let Some(teller) = self.teller.take() {
            let _ = teller.join();
        }
    }
}
