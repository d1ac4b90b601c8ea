//! The near end of the supervisor's socket: connect, start the supervisor where that is allowed,
//! call, follow the event stream. Used by the faces; the only place that knows hyper.

mod address;
mod body;
mod call;
pub mod caller;
mod connect;
mod default_project;
mod error;
mod follow;
mod inside;
mod listen;
mod reopen;
mod start;
mod target;
mod wait;

pub use address::Address;
pub use call::{Client, Deadline};
pub use default_project::default_project;
pub use error::ClientError;
pub use follow::{Followed, Follower};
pub use inside::inside_session;
pub use listen::Listener;
pub use start::ensure_running;
pub use target::Target;
