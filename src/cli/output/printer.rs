//! Standard output with its manners: a closed pipe ends quietly, colours only where wanted.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::Table;
use crate::cli::args::Global;
use crate::cli::error::Failure;
use crate::config::Environment;

/// Prints results in the form that was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// JSON was asked for.
    pub json: bool,
    /// Ids only were asked for.
    pub quiet: bool,
    /// Standard output is a terminal.
    pub terminal: bool,
    /// Colours are wanted.
    pub color: bool,
}

impl Printer {
    /// What options and environment say, for this process's standard output.
    pub fn new(global: &Global, environment: &Environment) -> Self {
        let terminal = io::stdout().is_terminal();
        let dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
        let plain = global.no_color || environment.get("NO_COLOR").is_some() || dumb;
        Self { json: global.json, quiet: global.quiet, terminal, color: terminal && !plain }
    }

    /// One of the three forms: JSON, ids, or what is for people.
    pub fn result(
        &self,
        json: &impl Serialize,
        ids: &[&str],
        people: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.json {
            return self.json(json);
        }
        if self.quiet {
            return ids.iter().try_for_each(|id| self.line(id));
        }
        people()
    }

    /// A value in one line, or laid out for a person at a terminal.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.terminal {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        let text = text.map_err(|e| {
            Failure::system(
                "cannot write the output",
                &io::Error::from(e),
                "report this as a fault",
            )
        })?;
        self.line(&text)
    }

    /// A line.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.text(&format!("{text}\n"))
    }

    /// Text as it is.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        io::stdout().lock().write_all(text.as_bytes()).map_err(|e| Failure::of_output(&e))
    }

    /// Bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        io::stdout().lock().write_all(bytes).map_err(|e| Failure::of_output(&e))
    }

    /// A table.
    pub fn table(&self, table: &Table) -> Result<(), Failure> {
        self.text(&table.render(self))
    }

    /// Whether a list is to be gone through to its end: for ids alone, that a program reads, unless
    /// a limit is named.
    pub fn is_whole(&self, limit: Option<u32>) -> bool {
        self.quiet && !self.json && limit.is_none()
    }

    /// A line for the person on standard error, besides the result: notices. Not with `--json`
    /// and `-q`, where they are in the JSON or not wanted.
    pub fn notice(&self, text: &str) {
        if !self.json && !self.quiet {
            let line = format!("note: {}\n", super::neutral::one_line(text));
            // Nobody has to read it.
            let _ = io::stderr().lock().write_all(line.as_bytes());
        }
    }

    /// Columns of the terminal that results go to; nothing where they are not to be cut.
    pub fn width(&self) -> Option<usize> {
        super::table::terminal_width().filter(|_| self.terminal).map(usize::from)
    }

    /// Everything out, now.
    pub fn flush(&self) -> Result<(), Failure> {
        io::stdout().lock().flush().map_err(|e| Failure::of_output(&e))
    }
}
