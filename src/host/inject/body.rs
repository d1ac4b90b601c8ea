//! The bytes of a message on their way into a terminal.

/// Starts a bracketed paste.
const PASTE_START: &[u8] = b"\x1b[200~";
/// Ends a bracketed paste.
pub const PASTE_END: &[u8] = b"\x1b[201~";

/// Stands for a newline where one would submit the half of a message.
const VISIBLE_NEWLINE: &str = " \u{23ce} ";

/// Bytes of a line that a terminal in canonical mode takes (N_TTY_BUF_SIZE less the newline); it
/// drops what is beyond.
pub const CANONICAL_LINE: usize = 4095;

/// How a body goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The program asked for bracketed paste: newlines stay, nothing submits before Enter.
    Bracketed,
    /// It did not: as one line, each newline shown as ` ⏎ `.
    OneLine,
}

/// Why a body is never typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A terminal would act on it. Newline and tab are the only ones that pass.
    #[error("control character U+{0:04X} in the text")]
    Control(u32),
    /// There is nothing to type.
    #[error("the text is empty")]
    Empty,
}

/// Refuses control characters: C0 but newline and tab, DEL, C1. So no escape sequence can pass,
/// nor an early end of the paste.
pub fn check(body: &str) -> Result<(), BodyError> {
    if body.is_empty() {
        return Err(BodyError::Empty);
    }
    match body.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(c) => Err(BodyError::Control(u32::from(c))),
        None => Ok(()),
    }
}

/// The bytes to write for a checked body, without Enter.
#[must_use]
pub fn encode(body: &str, style: Style) -> Vec<u8> {
    match style {
        Style::Bracketed => [PASTE_START, body.as_bytes(), PASTE_END].concat(),
        // A tab would complete something, where it is no part of a paste.
        Style::OneLine => body.replace('\n', VISIBLE_NEWLINE).replace('\t', "    ").into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_what_a_terminal_would_act_on() {
        for bad in ["a\x1b[201~b", "\r", "\0", "\x7f", "\u{9b}201~", "\u{85}", "x\x03"] {
            assert!(matches!(check(bad), Err(BodyError::Control(_))), "{bad:?}");
        }
        assert_eq!(check(""), Err(BodyError::Empty));
        assert_eq!(check("a\n\tb é 日本 👩‍👩‍👧"), Ok(()));
    }

    #[test]
    fn a_paste_keeps_its_lines_and_a_line_stays_one() {
        assert_eq!(encode("a\nb", Style::Bracketed), b"\x1b[200~a\nb\x1b[201~");
        assert_eq!(encode("a\nb\tc", Style::OneLine), "a ⏎ b    c".as_bytes());
    }

    proptest! {
        #[test]
        fn what_is_accepted_holds_no_control_byte(body in ".*") {
            if check(&body).is_ok() {
                let line = encode(&body, Style::OneLine);
                prop_assert!(line.iter().all(|b| *b >= 0x20 && *b != 0x7f));
            }
        }
    }
}
