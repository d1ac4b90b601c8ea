//! Why a script is not run: with the place, in the author's own lines.

/// A script that is refused before anything of it was executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct Rejected {
    /// The script's file, as it was named.
    pub file: String,
    /// 1, 2, 3 …
    pub line: u32,
    /// 1, 2, 3 … in characters.
    pub column: u32,
    /// What is wrong there.
    pub reason: String,
}

impl Rejected {
    /// At the character number `at` of `text`.
    pub(super) fn at(file: &str, text: &[char], at: usize, reason: impl Into<String>) -> Self {
        let (line, column) = place(text, at);
        Self { file: file.to_owned(), line, column, reason: reason.into() }
    }
}

/// Line and column of the character number `at`.
fn place(text: &[char], at: usize) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    let before = &text[..at.min(text.len())];
    for (index, c) in before.iter().enumerate() {
        let crlf = *c == '\r' && text.get(index + 1) == Some(&'\n');
        if is_line_end(*c) && !crlf {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}

/// The line terminators of the language.
pub(super) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_authors() {
        let text: Vec<char> = "a\r\nb\nc\u{2028}d".chars().collect();
        assert_eq!(place(&text, 0), (1, 1));
        assert_eq!(place(&text, 3), (2, 1));
        assert_eq!(place(&text, 5), (3, 1));
        assert_eq!(place(&text, 7), (4, 1));
        assert_eq!(place(&text, 99), (4, 2));
    }
}
