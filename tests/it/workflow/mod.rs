//! `ao workflow`: the cases by their ids, on a scripted agent.

mod agents;
mod bed;
mod catalog;
mod crashes;
mod kills;
mod limits;
mod resume;
mod scripts;
mod sessions;
mod types;
