//! Tokens: what model calls cost, counted the same way whoever the provider is, the shape of a
//! call's context and the loss of its cache. Called by the services that read transcripts and
//! streams, and by the store.

mod cache_break;
mod price;
mod provider;
mod shape;
mod tokens;

pub use cache_break::{Break, Cached, Cause, broken};
pub use price::{Price, cost_usd};
pub use provider::{Provider, read};
pub use shape::{Prefix, Shape};
pub use tokens::Tokens;
