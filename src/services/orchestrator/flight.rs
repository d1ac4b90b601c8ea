//! Relaunches under way: whoever asks for the same meanwhile joins instead of relaunching again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::model::ids::ProjectId;

/// How a relaunch came out: well, or with these words.
pub type Landed = Result<(), String>;

/// A relaunch that somebody else began.
pub struct Landing(watch::Receiver<Option<Landed>>);

type UnderWay = Arc<Mutex<HashMap<ProjectId, watch::Receiver<Option<Landed>>>>>;

/// The flights, by project.
#[derive(Default)]
pub struct Flights {
    under_way: UnderWay,
}

/// Either the pilot's seat or a place to wait.
pub enum Seat {
    /// Nobody else relaunches: the caller does, and says how it came out.
    Pilot(Pilot),
    /// Somebody does.
    Passenger(Landing),
}

/// The one who relaunches. Dropped without a word the flight is over, too.
pub struct Pilot {
    under_way: UnderWay,
    project: ProjectId,
    landed: watch::Sender<Option<Landed>>,
}

impl Flights {
    /// Begins a flight for `project` or joins the one under way.
    pub fn board(&self, project: &ProjectId) -> Seat {
        let mut flights = self.under_way.lock().expect("nobody panics while holding the flights");
        if let Some(landing) = flights.get(project) {
            return Seat::Passenger(Landing(landing.clone()));
        }
        let (landed, landing) = watch::channel(None);
        flights.insert(project.clone(), landing);
        let under_way = self.under_way.clone();
        Seat::Pilot(Pilot { under_way, project: project.clone(), landed })
    }
}

impl Landing {
    /// How it came out, once it has.
    pub async fn wait(mut self) -> Landed {
        match self.0.wait_for(Option::is_some).await {
            Ok(landed) => landed.clone().unwrap_or(Ok(())),
            // The pilot went without a word.
            Err(_) => Err("it was cut off".to_owned()),
        }
    }
}

impl Pilot {
    /// Says how it came out. Whoever asks from here on begins a flight of its own.
    pub fn land(self, landed: Landed) {
        self.leave();
        self.landed.send_replace(Some(landed));
    }

    fn leave(&self) {
        let mut flights = self.under_way.lock().expect("nobody panics while holding the flights");
        let ours = |landing: &watch::Receiver<_>| landing.same_channel(&self.landed.subscribe());
        if flights.get(&self.project).is_some_and(ours) {
            flights.remove(&self.project);
        }
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passengers_learn_how_it_came_out() {
        let flights = Flights::default();
        let shop = ProjectId::parse("shop").unwrap();
        let Seat::Pilot(pilot) = flights.board(&shop) else { panic!("nobody flies yet") };
        let Seat::Passenger(one) = flights.board(&shop) else { panic!("somebody flies") };
        let Seat::Passenger(two) = flights.board(&shop) else { panic!("somebody flies") };
        pilot.land(Err("no fuel".to_owned()));
        assert_eq!(one.wait().await, Err("no fuel".to_owned()));
        assert_eq!(two.wait().await, Err("no fuel".to_owned()));
        let Seat::Pilot(pilot) = flights.board(&shop) else { panic!("it is over") };
        let Seat::Passenger(three) = flights.board(&shop) else { panic!("somebody flies") };
        drop(pilot);
        assert!(three.wait().await.is_err());
        assert!(matches!(flights.board(&shop), Seat::Pilot(_)));
    }
}
