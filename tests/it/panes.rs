//! The contract with zellij, held against the real one: what `ao::panes` says it does, zellij does.
//! The program is the one that AO_TEST_ZELLIJ names, else PATH's, else the test command's own.

mod bed;
mod client;
mod lifecycle;
mod person;
mod server_faults;
mod verbs;
mod watch;
