//! Two agents that only answer each other are stopped, and a person is told: what one sends the
//! other is accepted and held until a person writes to one of them, one of them commits, or one
//! of them is over. Messages of others pass the held ones.

mod release;
mod review;
mod stop;

pub use review::{Review, keep};
pub use stop::{Guard, look};
