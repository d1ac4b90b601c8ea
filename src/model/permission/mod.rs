//! Permission requests of agents: what a person's rules say of one, who may answer it, how it stands.

mod rule;
mod state;
mod subject;

pub use rule::{Answer, Rule, decide};
pub use state::State;
pub use subject::subject;
