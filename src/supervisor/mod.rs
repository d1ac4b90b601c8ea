//! The supervisor's process: one per data directory. Boots, compares its records with the world,
//! serves HTTP on a Unix socket, and goes without taking any session with it.

mod answer;
mod boot;
mod connection;
mod error;
mod identity;
mod keeper;
mod lock;
mod ready;
mod routes;
mod run;
mod server;
mod shutdown;
mod socket_watch;
mod spool_watch;
mod stream;

pub use error::SupervisorError;
pub use lock::withdraw;
pub use run::{Mode, run};
