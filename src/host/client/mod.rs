//! The near end of a host's socket: calls for the supervisor, a stream for viewers.

mod attach;
mod connect;
mod control;

pub use attach::{AttachReader, AttachStream, AttachWriter, FromHost, attach};
pub use control::{Events, HostClient};
