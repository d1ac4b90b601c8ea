//! May this script be run? Everything that can be said without running it.

use super::engine::Engine;
use super::error::Rejected;
use super::lint::lint;
use super::meta::{self, Meta};
use super::protocol::{Limits, Program};

/// Longest script in characters.
pub const MAX_SOURCE: usize = 524_288;

/// A script that may be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What it says of itself.
    pub meta: Meta,
    /// The script with `meta` blanked.
    pub body: String,
}

/// Takes the script apart and looks through it. With `compile`, the engine reads it, too; the
/// supervisor leaves that to a process of its own.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn check(file: &str, text: &str, compile: bool) -> Result<Checked, Rejected> {
    let length = text.chars().count();
    if length > MAX_SOURCE {
        let reason = format!("it has {length} characters, {MAX_SOURCE} are allowed");
        return Err(Rejected { file: file.to_owned(), line: 1, column: 1, reason });
    }
    let source = meta::read(file, text)?;
    lint(file, &source.body)?;
    if compile {
        let program = Program { file: file.to_owned(), body: source.body.clone(), args: None };
        drop(Engine::new(&program, Limits::default(), None)?);
    }
    Ok(Checked { meta: source.meta, body: source.body })
}
