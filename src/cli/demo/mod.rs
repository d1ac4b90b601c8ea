//! The demonstration: a whole run in a place of its own, with a scripted agent. `stage` makes the
//! place, `story` plays, `progress` tells of it, `checks` compares what came of it with what should
//! have, `summary` prints it, `clean_up` leaves nothing. Called by `ao demo`.

pub mod agent;
mod checks;
mod clean_up;
mod facts;
mod panes;
mod progress;
mod repository;
mod run;
mod stage;
mod story;
mod summary;
mod tally;

pub use run::{Options, run};
