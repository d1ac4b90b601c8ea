//! Permission requests of agents: taken from their hooks, decided by a person's rules or by who may,
//! and told to the hook that waits. Nothing is ever typed into a dialog; one that nobody decides is
//! left to whoever sits at the terminal.

mod answer;
mod ask;
mod decide;
mod list;
mod tell;
mod wait;
mod waiters;

pub use answer::answer;
pub use ask::ask;
pub use decide::{leave, note};
pub use list::{list, view};
pub use wait::wait;
pub use waiters::Permits;
