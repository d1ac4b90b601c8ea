//! `ao flow`: the cases by their ids, on a scripted agent.

mod bed;
mod breaker;
mod control;
mod crashes;
mod runs;
mod sessions;
