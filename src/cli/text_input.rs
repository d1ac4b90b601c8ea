//! Text that goes to an agent: from arguments, a file or standard input; checked here, before
//! anything is sent.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::Failure;
use crate::wire::error::{ApiError, ErrorCode};

/// Largest text in bytes.
pub const MAX_TEXT: usize = 1024 * 1024;

/// Reads a file, or standard input for `-`.
pub fn read(file: &Path, what: &str) -> Result<String, Failure> {
    let bytes = if file.as_os_str() == "-" {
        bounded(io::stdin().lock())
    } else {
        File::open(file).and_then(bounded)
    };
    let name =
        if file.as_os_str() == "-" { "standard input".into() } else { file.display().to_string() };
    let bytes = bytes.map_err(|error| {
        Failure::usage(
            format!("cannot read the {what} from {name}"),
            error.to_string(),
            "name a file that can be read, or - for standard input",
        )
    })?;
    checked(bytes, what)
}

/// Text that is UTF-8, not empty and not too large.
pub fn checked(bytes: Vec<u8>, what: &str) -> Result<String, Failure> {
    if bytes.len() > MAX_TEXT {
        return Err(ApiError::new(
            ErrorCode::TooLarge,
            format!("the {what} is too large"),
            format!("it has more than {MAX_TEXT} bytes"),
            "put it into a file in the worktree and send its path",
        )
        .into());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::usage(
            format!("the {what} is not text"),
            format!("it is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()),
            "send UTF-8, or put it into a file in the worktree and send its path",
        )
    })?;
    if text.trim().is_empty() {
        return Err(Failure::usage(
            format!("the {what} is empty"),
            "there is nothing in it but blanks",
            "say something; - reads standard input",
        ));
    }
    Ok(text)
}

fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact() {
        assert!(checked(vec![b'x'; MAX_TEXT], "message").is_ok());
        let exit = |bytes| checked(bytes, "message").unwrap_err().exit_code();
        assert_eq!(exit(vec![b'x'; MAX_TEXT + 1]), 4);
        assert_eq!(exit(Vec::new()), 2);
        assert_eq!(exit(b" \n".to_vec()), 2);
        assert_eq!(exit(b"a\xff".to_vec()), 2);
    }
}
