//! The real agents, each in a real terminal against the scripted model: what ao promises of them.

mod aider;
mod claude;
mod codex;
mod contract;
mod copilot;
mod delivery;
mod gemini;
mod list;
mod one_task;
mod opencode;
mod pi;
mod qwen;
mod team;
