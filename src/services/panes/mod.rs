//! Panes for sessions: opened when one comes to life, closed when it is over. All of it is a view:
//! what fails here is logged and tried again at the next occasion, and never fails a session.

mod close;
mod note;
mod open;
mod state;
mod watch;
mod zellij;

pub use close::close_later;
pub use open::open_later;
pub use state::Panes;
use watch::watch;
pub use zellij::zellij;

/// The lane in which all changes of a project's panes are made.
fn lane(project: &crate::model::ids::ProjectId) -> String {
    format!("panes:{project}")
}
