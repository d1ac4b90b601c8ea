//! The agent's terminal: keys one by one, pastes marked, a row to type in.

use std::io::{self, Read, Write};

use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::cli::error::Failure;
use crate::cli::output::neutral;

/// Longest part of a draft that is shown, in characters.
const SHOWN: usize = 60;

/// Standard input and output, as they were again when it is dropped.
pub struct Terminal {
    before: Termios,
}

impl Terminal {
    /// Switches echo and lines off and bracketed paste on; output goes on as before, and Ctrl-C
    /// still ends the agent.
    pub fn open() -> Result<Self, Failure> {
        let failed = |e: rustix::io::Errno| {
            Failure::system("the scripted agent has no terminal", &e.into(), "`ao demo` starts it")
        };
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut raw = before.clone();
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN);
        raw.input_modes.remove(InputModes::ICRNL | InputModes::INLCR | InputModes::IGNCR);
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(failed)?;
        let terminal = Self { before };
        terminal.write("\x1b[?2004h")?;
        Ok(terminal)
    }

    /// The next bytes; `None` when the terminal has ended.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut bytes = vec![0; 4096];
        match io::stdin().lock().read(&mut bytes) {
            Ok(0) => Ok(None),
            Ok(length) => {
                bytes.truncate(length);
                Ok(Some(bytes))
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(Some(Vec::new())),
            Err(e) => Err(Failure::system("cannot read the terminal", &e, "`ao logs` shows more")),
        }
    }

    /// The row to type in, with the beginning of the draft.
    pub fn prompt(&self, draft: &str) -> Result<(), Failure> {
        let line = neutral::one_line(draft);
        let cut = if line.chars().count() > SHOWN { "…" } else { "" };
        let shown: String = line.chars().take(SHOWN).collect();
        self.write(&format!("\r\x1b[K> {shown}{cut}"))
    }

    /// A line, indented as it is.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        let indent = &text[..text.len() - text.trim_start_matches(' ').len()];
        self.write(&format!("\r\x1b[K{indent}{}\n", neutral::one_line(text)))
    }

    /// A line that stands out.
    pub fn bold(&self, text: &str) -> Result<(), Failure> {
        self.write(&format!("\r\x1b[K\x1b[1m{}\x1b[0m\n", neutral::one_line(text)))
    }

    /// A line that stands back.
    pub fn dim(&self, text: &str) -> Result<(), Failure> {
        self.write(&format!("\r\x1b[K\x1b[2m{}\x1b[0m\n", neutral::one_line(text)))
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|e| Failure::of_output(&e))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing back.
        let _ = self.write("\x1b[?2004l");
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
