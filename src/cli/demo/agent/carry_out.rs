//! One turn: a message is submitted, its commands are carried out, the turn ends.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::hooks;
use super::memory::{Memory, Reaction};
use super::terminal::Terminal;
use crate::cli::error::Failure;

/// What a turn works with.
pub struct Turn<'a> {
    /// Where it is shown.
    pub terminal: &'a Terminal,
    /// What the agent was told before.
    pub memory: &'a mut Memory,
    /// Before each command.
    pub pace: Duration,
}

impl Turn<'_> {
    /// Takes the message, unless the hook says that it has been submitted before.
    pub fn take(&mut self, message: &str) -> Result<(), Failure> {
        let mut next = Some(message.to_owned());
        while let Some(text) = next {
            let answer = hooks::tell("prompt-submitted", &json!({ "text": text }));
            if answer["decision"] == "block" {
                return self.terminal.dim("(seen before)");
            }
            self.show(&text)?;
            self.act(&text)?;
            let answer = hooks::tell("turn-ended", &json!({}));
            // What comes with the end of a turn is taken up at once.
            next = answer["context"].as_str().map(str::to_owned);
        }
        Ok(())
    }

    fn show(&self, text: &str) -> Result<(), Failure> {
        for (at, line) in text.trim_end().lines().enumerate() {
            let mark = if at == 0 { "●" } else { " " };
            self.terminal.line(&format!("{mark} {line}"))?;
        }
        Ok(())
    }

    fn act(&mut self, text: &str) -> Result<(), Failure> {
        self.memory.take(text).into_iter().try_for_each(|reaction| self.react(reaction))
    }

    fn react(&self, reaction: Reaction) -> Result<(), Failure> {
        for command in &reaction.refused {
            self.terminal.dim(&format!("(not done: {command})"))?;
        }
        let sender = reaction.sender.unwrap_or_default();
        for command in &reaction.commands {
            // For people who watch; without them there is none.
            std::thread::sleep(self.pace);
            self.terminal.bold(&format!("$ {command}"))?;
            if let Err(why) = carry_out(command, &sender) {
                self.terminal.line(&why)?;
                return report_stuck(command, &why);
            }
        }
        Ok(())
    }
}

/// Runs one line of a shell in this terminal, but with nothing to read: the keys are the agent's.
fn carry_out(command: &str, sender: &str) -> Result<(), String> {
    let status = Command::new("sh")
        .args(["-c", command])
        .env("FROM", sender)
        // Nobody is there to turn pages.
        .envs([("GIT_PAGER", "cat"), ("PAGER", "cat")])
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("it cannot be started: {e}"))?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

/// An honest agent does not go on as if nothing had happened.
fn report_stuck(command: &str, why: &str) -> Result<(), Failure> {
    let note = format!("`{command}`: {why}");
    let reported =
        Command::new("ao").args(["report", "stuck", "--note", &note]).stdin(Stdio::null()).status();
    let failed = |e| Failure::system("cannot report", &e, "`ao` has to be on PATH");
    reported.map(|_| ()).map_err(failed)
}
