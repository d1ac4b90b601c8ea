//! The runs that have a driver, and how to speak to it.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::{mpsc, oneshot};

/// What a driver is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Rows have changed by a person's word: look again.
    Look,
    /// End the run; answered when that is done.
    Cancel(oneshot::Sender<()>),
}

/// All runs that something is under way for.
#[derive(Default)]
pub struct Flows {
    drivers: Mutex<HashMap<String, mpsc::UnboundedSender<Order>>>,
}

impl Flows {
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

    /// Tells the run's driver; gives the order back where there is none.
    pub(super) fn tell(&self, run: &str, order: Order) -> Result<(), Order> {
        let drivers = self.drivers.lock().expect("nobody panics with the drivers");
        let Some(driver) = drivers.get(run) else { return Err(order) };
        driver.send(order).map_err(|error| error.0)
    }

    /// The driver goes, unless it has been told something meanwhile: that is returned, and it
    /// stays. Whoever tells holds the same lock, so that nothing is told to nobody.
    pub(super) fn leave(
        &self,
        run: &str,
        orders: &mut mpsc::UnboundedReceiver<Order>,
    ) -> Option<Order> {
        let mut drivers = self.drivers.lock().expect("nobody panics with the drivers");
        let order = orders.try_recv().ok();
        if order.is_none() {
            drivers.remove(run);
        }
        order
    }

    /// The driver has failed and goes, whatever it was told.
    pub(super) fn drop_driver(&self, run: &str) {
        self.drivers.lock().expect("nobody panics with the drivers").remove(run);
    }
}
