//! The session host: the small process that owns one session's terminal, and the ways to it.
//! `serve` is the process (`ao host`), `start` and `client` are for the supervisor, `attach` and
//! `viewer` for `ao attach`. ARCHITECTURE.md says why there is one process per session.

mod client;
mod error;
mod exit;
pub mod frame;
mod inject;
mod key;
mod launch;
pub mod ledger;
pub mod protocol;
mod pty;
pub mod record;
pub mod screen;
pub mod serve;
mod start;
pub mod viewer;

pub use client::{AttachReader, AttachStream, AttachWriter, Events, FromHost, HostClient, attach};
pub use error::HostError;
pub use exit::{Exit, ExitRecord};
pub use inject::{
    BodyError, ComposerRule, Draft, HeldWhy, InjectRules, Pattern, Shown, Style, read_screen,
};
pub use key::ControlKey;
pub use launch::{Inject, LAUNCH_VERSION, Launch, RECORD_LIMIT};
pub use protocol::{
    Admission, Attach, Delivered, Delivery, Hello, HostEvent, InputState, Interrupted,
    Interruption, Killed, Refusal, RefusalCode, Refused, Ticket,
};
pub use screen::{Size, Snapshot};
pub use start::{Started, start};
