//! Asks a person on the terminal before something that only a person may decide.

use std::io::{self, BufRead, IsTerminal, Write};

use super::error::Failure;

/// Whether somebody is there to be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks `question`; anything but a yes is a no.
///
/// # Errors
/// When the answer cannot be read.
pub fn ask(question: &str) -> Result<bool, Failure> {
    // A question that is not seen is answered by nobody.
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|e| Failure::system("cannot read the answer", &e, "use --yes"))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
