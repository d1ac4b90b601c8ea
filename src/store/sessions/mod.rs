//! Sessions in the store: what a row holds, how it is read, and each fact's one writer.

mod facts;
mod phase;
mod put_back;
mod read;
mod record;
mod relaunch;
mod reserve;
mod restart;
mod waiting;

pub use facts::{
    set_activity, set_awaits_prompt, set_base, set_conversation, set_conversation_begun,
    set_limited_until, set_outcome, set_pane, set_processes, set_removal, set_report, set_signal,
    set_untried_version,
};
pub use phase::{Launch, begin_generation, set_phase};
pub use put_back::{Found, put_back};
pub use read::{
    alive, being_removed, by_host, by_token, count_alive, find, list, orchestrator_of, relaunching,
};
pub use record::{Processes, Session};
pub use relaunch::{Relaunch, set_relaunch};
pub use reserve::{New, discard, reserve};
pub use restart::await_restart;
pub use waiting::{count_live, count_started_by, set_waits, take_turn, wait_again, waiting};
