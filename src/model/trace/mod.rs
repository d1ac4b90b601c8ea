//! A tool call of an agent, put together from what its hooks, its stream and its transcript say of
//! it: one call, however many tell of it. Called by the store and by the services that read them.

mod call;
mod redact;

pub use call::{Body, Call, Outcome, Sighting, Source};
pub use redact::Redactor;
