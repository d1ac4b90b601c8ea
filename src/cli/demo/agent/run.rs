//! The agent's life: introduction, then message after message.

use std::time::Duration;

use super::carry_out::Turn;
use super::hooks;
use super::keys::{Event, Keys};
use super::memory::Memory;
use super::terminal::Terminal;
use crate::cli::error::Failure;
use crate::config::Environment;

/// Runs until its terminal ends. `pace` is the pause before each command, for people who watch.
pub fn run(pace: Duration) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let text = |name| environment.get(name).map(|value| value.to_string_lossy().into_owned());
    let (role, session) = (text("AO_ROLE"), text("AO_SESSION_ID"));
    let (Some(role), Some(session)) = (role, session) else {
        return Err(Failure::usage(
            "the scripted agent does not run here",
            "this is not inside a session",
            "`ao demo` starts it",
        ));
    };
    let mut terminal = Terminal::open()?;
    introduce(&terminal, &session, text("AO_SYSTEM_PROMPT_FILE"))?;
    hooks::tell("session-started", &serde_json::json!({}));
    let mut memory = Memory::new(&role);
    let mut keys = Keys::default();
    terminal.prompt("")?;
    while let Some(bytes) = terminal.read()? {
        for event in keys.feed(&bytes) {
            match event {
                Event::Draft(draft) => terminal.prompt(&draft)?,
                Event::Submitted(text) if text.trim().is_empty() => terminal.prompt("")?,
                Event::Submitted(text) => {
                    Turn { terminal: &terminal, memory: &mut memory, pace }.take(&text)?;
                    terminal.prompt("")?;
                }
            }
        }
    }
    hooks::tell("session-ended", &serde_json::json!({}));
    Ok(())
}

/// Says who it is, and the first line of the role that it was given.
fn introduce(terminal: &Terminal, session: &str, role: Option<String>) -> Result<(), Failure> {
    let role = role.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let first = role.lines().next().unwrap_or("no role was given").trim_start_matches('#').trim();
    terminal.bold(&format!("{session}, a scripted agent"))?;
    terminal.line(first)
}
