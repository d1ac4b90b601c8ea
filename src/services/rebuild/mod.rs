//! The way back from a damaged database: what a session is made of lies beside it, too, on a card in
//! the session's folder, and the session's host knows whether it lives.

mod card;
mod readopt;
mod run;

pub use card::{Card, forget_card, lacking};
pub use run::{Rebuilt, rebuild};
