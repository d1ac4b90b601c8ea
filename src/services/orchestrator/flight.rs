//! Relaunches under way: whoever asks for the same meanwhile joins instead of relaunching again.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::watch;

use crate::model::ids::ProjectId;

/// A relaunch that somebody else began; `true` when it is over.
pub type Landing = watch::Receiver<bool>;

/// The flights, by project.
#[derive(Default)]
pub struct Flights {
    under_way: Mutex<HashMap<ProjectId, Landing>>,
}

/// Either the pilot's seat or a place to wait.
pub enum Seat<'a> {
    /// Nobody else relaunches: the caller does, and the flight lands when this is dropped.
    Pilot(Pilot<'a>),
    /// Somebody does: wait for the landing, then look.
    Passenger(Landing),
}

/// The one who relaunches.
pub struct Pilot<'a> {
    flights: &'a Flights,
    project: ProjectId,
    landed: watch::Sender<bool>,
}

impl Flights {
    /// Begins a flight for `project` or joins the one under way.
    pub fn board(&self, project: &ProjectId) -> Seat<'_> {
        let mut flights = self.under_way.lock().expect("nobody panics while holding the flights");
        if let Some(landing) = flights.get(project) {
            return Seat::Passenger(landing.clone());
        }
        let (landed, landing) = watch::channel(false);
        flights.insert(project.clone(), landing);
        Seat::Pilot(Pilot { flights: self, project: project.clone(), landed })
    }
}

impl Drop for Pilot<'_> {
    fn drop(&mut self) {
        let flights = self.flights.under_way.lock();
        flights.expect("nobody panics while holding the flights").remove(&self.project);
        let _ = self.landed.send(true);
    }
}
