//! `ao` runs a team of coding agents: for every git repository one orchestrator and its workers,
//! each a real agent in a worktree and a terminal of its own.
//!
//! The modules stand in layers, lowest first; a module uses only those above it in this list.
//! `tests/arch` reads the `use crate::` lines and fails on any other. ARCHITECTURE.md is the map.

// Layer 1: nouns and laws. Pure: no I/O, no async, no clock.
pub mod model;

// Layer 2: what crosses the socket, evidence about processes, where things are.
pub mod config;
pub mod process;
pub mod wire;

// Layer 3: the world outside, one folder each.
pub mod agents;
pub mod host;
pub mod panes;
pub mod script;
pub mod store;
pub mod workspace;

// Layer 4: what ao does, one folder per noun, one file per verb.
pub mod services;

// Layer 5: the supervisor's process, and the near end of its socket.
pub mod client;
pub mod supervisor;

// Layer 6: faces.
pub mod cli;
pub mod hook;
pub mod mcp;
