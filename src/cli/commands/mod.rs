//! One file per command: its arguments, whose doc comments are its help, and what it does.

mod agent_args;
pub mod attach;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod events;
pub mod generate;
pub mod hook;
pub mod host;
pub mod kill;
pub mod logs;
pub mod ls;
pub mod messages;
pub mod orchestrator;
pub mod project;
pub mod report;
pub mod result;
pub mod screen;
pub mod send;
pub mod show;
pub mod spawn;
pub mod start;
pub mod status;
pub mod stop;
pub mod supervisor;
pub mod wait;
pub mod zellij;
