//! zellij, the window through which people look at sessions: one zellij session per project, one
//! pane per ao session, and each pane runs a viewer. zellij never owns an agent and never carries
//! its input, so losing it loses a view. Called by services and the supervisor.
//!
//! Spoken to over zellij's own socket: its command line gives wrong answers while panes close and
//! waits for ever on a frozen server.

mod attach;
mod connection;
mod directory;
mod environment;
mod error;
mod layout;
mod listing;
mod project;
mod request;
mod server;
mod server_record;
mod settings;
mod start;
mod title;
mod verbs;
mod watch;
mod zellij;

pub use attach::AttachCommand;
pub use error::PanesError;
pub use layout::Place;
pub use listing::PaneView;
pub use project::{PaneSpec, ProjectPanes, Viewer};
pub use server::{Closed, ServerState};
pub use title::pane_title;
pub use watch::{PaneEvent, PanesWatch};
pub use zellij::{OLDEST, Version, Zellij};
