//! What is wrong with a flow's file.

use std::fmt;

/// One fault, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1; 0: the file as a whole.
    pub line: usize,
    /// The step that it is in, if in one.
    pub step: Option<String>,
    /// What is wrong.
    pub text: String,
}

impl Fault {
    /// What is wrong with the file as a whole.
    #[must_use]
    pub fn of_file(text: impl Into<String>) -> Self {
        Self { line: 0, step: None, text: text.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if let Some(step) = &self.step {
            write!(f, "step {step:?}: ")?;
        }
        f.write_str(&self.text)
    }
}
