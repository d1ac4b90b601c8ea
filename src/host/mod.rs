//! The session host: the small process that owns one session's terminal, and the ways to it.
//! `serve` is the process (`ao host`), `start` and `client` are for the supervisor, `attach` and
//! `viewer` for `ao attach`. ARCHITECTURE.md says why there is one process per session.

mod error;
mod exit;
pub mod frame;
mod inject;
mod key;
mod launch;
pub mod ledger;
pub mod protocol;
pub mod screen;

pub use error::HostError;
pub use exit::{Exit, ExitRecord};
pub use inject::{BodyError, ComposerRule, Draft, HeldWhy, InjectRules, Pattern, Style};
pub use key::ControlKey;
pub use launch::{Inject, LAUNCH_VERSION, Launch, RECORD_LIMIT};
pub use protocol::{
    Admission, Attach, Delivered, Delivery, Hello, HostEvent, InputState, Killed, Refusal,
    RefusalCode, Ticket,
};
pub use screen::{Size, Snapshot};
