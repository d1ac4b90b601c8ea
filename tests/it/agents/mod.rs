//! The real agents, each in a real terminal against the scripted model: what ao promises of them.

mod claude;
mod codex;
mod contract;
mod delivery;
mod gemini;
mod list;
mod opencode;
mod team;
