//! Sessions: an agent in a terminal, in a worktree, from its reservation to its end.

mod admit;
mod adopt;
mod attach;
mod choice;
mod clean;
mod cut_off;
mod environment;
mod evidence;
mod find;
mod kill;
mod launch;
mod list;
mod logs;
pub(in crate::services) mod one_shot;
mod phase;
mod prepare;
mod queue;
mod refused;
mod restart;
mod restore;
mod restore_lost;
mod restore_work;
mod result;
mod role;
mod screen;
mod set_up;
mod settle;
mod spawn;
mod untried;
mod view;
mod wait;
mod watch;

pub use adopt::adopt;
pub(super) use adopt::fail;
pub use attach::attach;
pub use choice::{Chosen, choose};
pub use clean::clean;
pub use cut_off::finish_cut_off;
pub use environment::Surroundings;
pub(super) use environment::launch_file;
pub(in crate::services) use environment::without_session;
pub(super) use evidence::signs;
pub use find::{find, load};
pub use kill::{GRACE, end_tree, kill};
pub(super) use kill::{end, end_orphans};
pub use launch::{Conversation, Launching, choice_json, launch};
pub use list::list;
pub use logs::logs;
pub use phase::change_phase;
pub use prepare::{known_spec, prepare, revive_worktree, undo};
pub use queue::{Queue, keep_queue};
pub use restore::restore;
pub use restore_lost::{restore_lost, restore_lost_at_start};
pub use restore_work::restore_work;
pub use result::result;
pub use role::check_rules;
pub use screen::screen;
pub use settle::settle;
pub(super) use settle::{look_again, settle_unheard};
pub(in crate::services) use spawn::make;
pub use spawn::spawn;
pub use view::{view, view_of, views};
pub use wait::wait;
pub use watch::watch;

/// The lane in which all work on a session is done.
#[must_use]
pub fn lane(id: &crate::model::ids::SessionId) -> String {
    format!("session:{id}")
}
