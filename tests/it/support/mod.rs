//! What tests from outside stand on: an environment of their own for each, the real binary with a
//! deadline, a scripted agent, waits for events, and the proof that nothing is left.

mod curl;
mod events;
mod files;
mod footprint;
mod http;
mod installed;
mod mcp;
mod model_server;
mod probe;
mod processes;
mod repository;
mod run;
mod sandbox;
mod screen;
mod terminal;
mod zellij;

pub use events::Events;
pub use files::{changes_to, eventually, eventually_within, make_pipe};
pub use footprint::Footprint;
pub use http::Http;
pub use installed::{installed, mcp_client};
pub use mcp::Mcp;
pub use model_server::ModelServer;
pub use probe::{Probe, example};
pub use processes::{Process, described, wait_gone};
pub use repository::{Repository, git};
pub use run::Ao;
pub use sandbox::Sandbox;
pub use screen::until_screen;
pub use terminal::Terminal;
pub use zellij::zellij;

use std::time::Duration;

/// For whatever must happen, on a machine that is busy with other tests.
pub const SOON: Duration = Duration::from_secs(30);

/// For what a real agent must do: several of them start on a machine with few processors.
pub const LATER: Duration = Duration::from_secs(120);
