//! What a viewer's terminal sends, taken apart: keys and pastes of a person, mouse and focus
//! reports, and answers to questions, which nobody asked through us and which are dropped.

/// One thing that came, with the bytes to hand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key that changes or submits text, or moves about.
    Key(Vec<u8>),
    /// Part of a paste, its brackets included.
    Paste(Vec<u8>),
    /// The mouse moved, a button or the wheel was used.
    Mouse(Vec<u8>),
    /// The viewer's terminal got or lost the focus.
    Focus(Vec<u8>),
    /// The terminal answered a question.
    Answer,
}

const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Longest sequence that is waited for; longer ones go on as they are.
const LONGEST: usize = 4096;

/// Takes a viewer's bytes apart, across reads.
#[derive(Debug, Default)]
pub struct KeyReader {
    rest: Vec<u8>,
    in_paste: bool,
}

enum Token {
    /// So many bytes belong together.
    Whole(usize),
    /// More bytes must come.
    Unfinished,
}

impl KeyReader {
    /// What can be told from the bytes so far. An unfinished escape sequence waits for its rest,
    /// but a lone Escape at the end is the Escape key.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.rest.extend_from_slice(bytes);
        let buffer = std::mem::take(&mut self.rest);
        let (mut at, mut inputs) = (0, Vec::new());
        while at < buffer.len() {
            let rest = &buffer[at..];
            let (length, input) = if self.in_paste {
                match self.paste(rest) {
                    Some(step) => step,
                    None => break,
                }
            } else {
                match token(rest) {
                    Token::Whole(length) => (length, self.classify(&rest[..length])),
                    Token::Unfinished if rest.len() > LONGEST => {
                        (rest.len(), Input::Key(rest.to_vec()))
                    }
                    Token::Unfinished => break,
                }
            };
            at += length;
            inputs.push(input);
        }
        self.rest = buffer[at..].to_vec();
        inputs
    }

    /// Hands on what waited too long for its rest.
    pub fn flush(&mut self) -> Option<Input> {
        let rest = std::mem::take(&mut self.rest);
        match (rest.is_empty(), self.in_paste) {
            (true, _) => None,
            (false, true) => Some(Input::Paste(rest)),
            (false, false) => Some(Input::Key(rest)),
        }
    }

    /// Whether something waits for its rest.
    pub fn is_waiting(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Inside a paste everything is text up to the closing bracket, also when that is in two reads.
    fn paste(&mut self, rest: &[u8]) -> Option<(usize, Input)> {
        let end = rest.windows(PASTE_END.len()).position(|w| w == PASTE_END);
        if let Some(start) = end {
            self.in_paste = false;
            let length = start + PASTE_END.len();
            return Some((length, Input::Paste(rest[..length].to_vec())));
        }
        let tail = (1..PASTE_END.len()).rev().find(|n| rest.ends_with(&PASTE_END[..*n]));
        let length = rest.len() - tail.unwrap_or(0);
        (length > 0).then(|| (length, Input::Paste(rest[..length].to_vec())))
    }

    fn classify(&mut self, token: &[u8]) -> Input {
        let bytes = token.to_vec();
        if token == PASTE_START {
            self.in_paste = true;
            return Input::Paste(bytes);
        }
        match token {
            b"\x1b[I" | b"\x1b[O" => Input::Focus(bytes),
            [0x1b, b'[', b'M', _, _, _] => Input::Mouse(bytes),
            [0x1b, b'[', b'<', .., b'M' | b'm'] => Input::Mouse(bytes),
            [0x1b, b']' | b'P' | b'_' | b'^' | b'X', _, ..] => Input::Answer,
            [0x1b, b'[', body @ .., last] if is_answer(body, *last) => Input::Answer,
            _ => Input::Key(bytes),
        }
    }
}

/// Device attributes, cursor position, modes, status and size reports.
fn is_answer(body: &[u8], last: u8) -> bool {
    let private = body.first().is_some_and(|b| matches!(b, b'?' | b'>' | b'='));
    match last {
        b'c' => private,
        b'y' => body.last() == Some(&b'$'),
        b'n' => true,
        // `CSI ? flags u` is a keyboard report; without `?` it is a key.
        b'u' => private,
        // `CSI 1;2R` to `CSI 1;8R` are F3 with modifiers, everything else a cursor position.
        b'R' => private || !matches!(body, [] | [b'1', b';', b'2'..=b'8']),
        b't' => true,
        _ => false,
    }
}

/// How far the first thing in `bytes` (not empty) goes.
fn token(bytes: &[u8]) -> Token {
    match bytes {
        [0x1b] => Token::Whole(1),
        [0x1b, b'[', b'M', rest @ ..] => {
            if rest.len() >= 3 {
                Token::Whole(6)
            } else {
                Token::Unfinished
            }
        }
        [0x1b, b'[', rest @ ..] => {
            // Parameters and intermediates, then one final byte.
            match rest.iter().position(|b| !(0x20..=0x3f).contains(b)) {
                Some(end) => Token::Whole(2 + end + 1),
                None => Token::Unfinished,
            }
        }
        // Alt with `]` or `P` is a key where nothing follows at once.
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X'] => Token::Whole(2),
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X', rest @ ..] => string_end(rest),
        [0x1b, b'O', _, ..] => Token::Whole(3),
        [0x1b, b'O'] => Token::Unfinished,
        [0x1b, 0x1b, ..] => Token::Whole(1),
        [0x1b, rest @ ..] => Token::Whole(1 + character(rest).min(rest.len())),
        _ => {
            let length = character(bytes);
            if length > bytes.len() { Token::Unfinished } else { Token::Whole(length) }
        }
    }
}

/// An operating system command and its like end with BEL or ESC \.
fn string_end(rest: &[u8]) -> Token {
    for (at, byte) in rest.iter().enumerate() {
        match (byte, rest.get(at + 1)) {
            (0x07, _) => return Token::Whole(2 + at + 1),
            (0x1b, Some(b'\\')) => return Token::Whole(2 + at + 2),
            (0x1b, Some(_)) => return Token::Whole(2 + at),
            _ => {}
        }
    }
    Token::Unfinished
}

/// The length of the first UTF-8 character, as its first byte tells; 1 for anything else.
fn character(bytes: &[u8]) -> usize {
    match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(bytes: &[u8]) -> Input {
        Input::Key(bytes.to_vec())
    }

    #[test]
    fn tells_keys_from_reports() {
        let mut reader = KeyReader::default();
        let seen =
            reader.feed(b"a\r\x1b[A\x1b[1;2R\x1b[12;40R\x1b[?62;22c\x1b[I\x1b[<0;1;2M\x1b[97;5u");
        assert_eq!(
            seen,
            [
                key(b"a"),
                key(b"\r"),
                key(b"\x1b[A"),
                key(b"\x1b[1;2R"),
                Input::Answer,
                Input::Answer,
                Input::Focus(b"\x1b[I".to_vec()),
                Input::Mouse(b"\x1b[<0;1;2M".to_vec()),
                key(b"\x1b[97;5u"),
            ]
        );
        assert_eq!(reader.feed(b"\x1b]10;rgb:1/1/1\x1b\\x"), [Input::Answer, key(b"x")]);
        assert_eq!(reader.feed(b"\x1b[Mabc"), [Input::Mouse(b"\x1b[Mabc".to_vec())]);
        assert_eq!(reader.feed("é日".as_bytes()), [key("é".as_bytes()), key("日".as_bytes())]);
        assert_eq!(reader.feed(b"\x1b"), [key(b"\x1b")]);
        assert_eq!(reader.feed(b"\x1bOP\x1bb"), [key(b"\x1bOP"), key(b"\x1bb")]);
    }

    #[test]
    fn a_paste_may_end_in_another_read() {
        let mut reader = KeyReader::default();
        let mut text = Vec::new();
        for part in [&b"\x1b[200~a\rb"[..], b"\x1b[20", b"1", b"~c"] {
            for input in reader.feed(part) {
                match input {
                    Input::Paste(bytes) => text.extend(bytes),
                    Input::Key(bytes) => assert_eq!(bytes, b"c"),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(text, b"\x1b[200~a\rb\x1b[201~");
    }

    #[test]
    fn what_never_ends_goes_on_at_last() {
        let mut reader = KeyReader::default();
        assert_eq!(reader.feed(b"\x1b[1"), []);
        assert!(reader.is_waiting());
        assert_eq!(reader.flush(), Some(key(b"\x1b[1")));
        let mut long = b"\x1b]".to_vec();
        long.resize(LONGEST + 10, b'x');
        assert_eq!(reader.feed(&long).len(), 1);
    }

    proptest! {
        #[test]
        fn no_key_is_lost(bytes in proptest::collection::vec(0x20_u8..0x7f, 0..60), step in 1_usize..7) {
            let mut reader = KeyReader::default();
            let mut out = Vec::new();
            for part in bytes.chunks(step) {
                for input in reader.feed(part) {
                    if let Input::Key(bytes) = input { out.extend(bytes) }
                }
            }
            prop_assert_eq!(out, bytes);
        }

        #[test]
        fn random_bytes_never_panic(
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..40)
        ) {
            let mut reader = KeyReader::default();
            for part in &parts { reader.feed(part); }
            reader.flush();
        }
    }
}
