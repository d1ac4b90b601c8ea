//! The real agents, each in a real terminal against the scripted model: what ao promises of them.

mod claude;
mod codex;
mod contract;
mod gemini;
mod opencode;
mod team;
