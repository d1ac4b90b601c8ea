//! `ao doctor --delivery`: does delivery work with the agents that are installed here? Each runs in
//! a throw-away world with a home, a data directory and a repository of its own, against a model
//! on loopback that does what the messages say. Nothing of the person's is used or changed.

mod checks;
mod forms;
mod model;
mod world;

pub use checks::check;
pub use world::World;
