//! The supervisor's process: one per data directory. Boots, compares its records with the world,
//! serves HTTP on a Unix socket, and goes without taking any session with it.

mod answer;
mod boot;
mod connection;
mod error;
mod identity;
mod keeper;
mod lock;
mod places;
mod ready;
mod rebuild;
mod routes;
mod run;
mod server;
mod shutdown;
mod socket_watch;
mod spool_watch;
mod stream;
mod turn_away;

pub use error::SupervisorError;
pub use lock::withdraw;
pub use rebuild::rebuild;
pub use routes::openapi_document;
pub use run::{Mode, run};
