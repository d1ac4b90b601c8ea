//! The runs that have a driver, how to speak to it, and the slots that all of them share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

use crate::model::workflow::Turns;

/// What a driver is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Start nothing, deliver nothing.
    Pause,
    /// Go on; also with a new process for the script, where the old one is gone. Answered when
    /// that is done.
    Resume {
        /// Dropped unanswered where it cannot go on.
        done: oneshot::Sender<()>,
    },
    /// End the run, or one agent of it; answered when that is done.
    Stop { agent: Option<u64>, done: oneshot::Sender<()> },
}

/// All runs under way.
pub struct Workflows {
    drivers: Mutex<HashMap<String, mpsc::UnboundedSender<Order>>>,
    turns: Arc<Mutex<Turns<oneshot::Sender<Slot>>>>,
}

impl Workflows {
    /// None yet; all of them may have `most` agents at the same time.
    #[must_use]
    pub fn new(most: u32) -> Self {
        let turns = Turns::new(most as usize);
        Self { drivers: Mutex::default(), turns: Arc::new(Mutex::new(turns)) }
    }
}

/// The right to run one agent; given back when it is dropped.
pub(in crate::services) struct Slot {
    turns: Arc<Mutex<Turns<oneshot::Sender<Slot>>>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.turns.lock().expect("nobody panics with the slots").release();
        hand_out(&self.turns);
    }
}

/// Gives free slots to whoever is next.
fn hand_out(turns: &Arc<Mutex<Turns<oneshot::Sender<Slot>>>>) {
    loop {
        let next = turns.lock().expect("nobody panics with the slots").grant();
        let Some(request) = next else { return };
        // One that no longer wants it drops it, which gives it back.
        let _ = request.send(Slot { turns: turns.clone() });
    }
}

impl Workflows {
    /// Asks for a slot, which comes when it is the run's turn: those of one run in the order in
    /// which they were asked for.
    pub(in crate::services) fn slot(&self, run: &str) -> oneshot::Receiver<Slot> {
        let (grant, granted) = oneshot::channel();
        self.turns.lock().expect("nobody panics with the slots").ask(run, grant);
        hand_out(&self.turns);
        granted
    }

    /// A slot for an agent that runs already.
    pub(in crate::services) fn adopted_slot(&self) -> Slot {
        self.turns.lock().expect("nobody panics with the slots").adopt();
        Slot { turns: self.turns.clone() }
    }

    /// A new driver's ear. Nothing if the run has a driver.
    pub(super) fn enter(&self, run: &str) -> Option<mpsc::UnboundedReceiver<Order>> {
        let mut drivers = self.drivers.lock().expect("nobody panics with the drivers");
        if drivers.contains_key(run) {
            return None;
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        drivers.insert(run.to_owned(), sender);
        Some(receiver)
    }

    /// The driver is gone.
    pub(super) fn leave(&self, run: &str) {
        self.drivers.lock().expect("nobody panics with the drivers").remove(run);
    }

    /// Tells the run's driver; the answer is whether there is one.
    pub(super) fn tell(&self, run: &str, order: Order) -> bool {
        let drivers = self.drivers.lock().expect("nobody panics with the drivers");
        drivers.get(run).is_some_and(|driver| driver.send(order).is_ok())
    }
}
