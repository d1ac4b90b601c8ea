//! Whether a person has typed something and not sent it, judged from keys. Wrong towards "yes": a
//! message that waits costs less than one that is glued to half a sentence.

use serde::{Deserialize, Serialize};

use super::keys::Input;

/// Unsent text in the agent's composer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draft {
    /// Nothing was typed since the last submission.
    #[default]
    None,
    /// Keys were pressed whose effect depends on the program (history, completion).
    Maybe,
    /// Text was typed.
    Yes,
}

/// Follows one terminal's keys.
#[derive(Debug, Default)]
pub struct DraftTracker {
    draft: Draft,
    /// The draft's characters, as long as every key's effect on it is known.
    characters: Option<usize>,
    has_newline: bool,
    after_backslash: bool,
}

impl DraftTracker {
    /// As the keys so far tell.
    pub fn draft(&self) -> Draft {
        self.draft
    }

    /// The composer is known to be empty: submitted by us, or seen so for long enough.
    pub fn clear(&mut self) {
        *self = Self { characters: Some(0), ..Self::default() };
    }

    /// Text of which nobody knows what became is in the composer.
    pub fn unsure(&mut self) {
        self.characters = None;
        if self.draft == Draft::None {
            self.draft = Draft::Maybe;
        }
    }

    /// Takes note of what a person did. Mouse, focus and answers are no keys.
    pub fn note(&mut self, input: &Input) {
        match input {
            Input::Key(bytes) => self.key(bytes),
            Input::Paste(bytes) => {
                self.draft = Draft::Yes;
                self.characters = None;
                self.has_newline |= bytes.iter().any(|b| matches!(b, b'\r' | b'\n'));
                self.after_backslash = bytes.ends_with(b"\\");
            }
            Input::Mouse(_) | Input::Focus(_) | Input::Answer => {}
        }
    }

    fn key(&mut self, bytes: &[u8]) {
        let after_backslash = std::mem::take(&mut self.after_backslash);
        match key_of(bytes) {
            // Several agents take backslash and Enter for a newline.
            Key::Enter if after_backslash => self.newline(),
            Key::Enter | Key::Cancel => self.clear(),
            Key::Newline => self.newline(),
            // Some clear all of it, some the last line only.
            Key::KillLine if self.has_newline => self.unsure(),
            Key::KillLine => self.clear(),
            Key::Backspace => self.backspace(),
            Key::Unsure => self.unsure(),
            Key::Move => self.characters = None,
            Key::Nothing => {}
            Key::Text => {
                self.characters = self.characters.or_else(|| self.fresh()).map(|n| n + 1);
                self.draft = Draft::Yes;
                self.after_backslash = bytes == b"\\";
            }
        }
    }

    /// The count of an untouched composer.
    fn fresh(&self) -> Option<usize> {
        (self.draft == Draft::None).then_some(0)
    }

    fn newline(&mut self) {
        self.draft = Draft::Yes;
        self.has_newline = true;
        self.characters = None;
    }

    fn backspace(&mut self) {
        match self.characters {
            Some(0 | 1) => self.clear(),
            Some(n) => self.characters = Some(n - 1),
            // Without text it deletes nothing; with text of unknown length it may leave some.
            None => {}
        }
    }
}

enum Key {
    /// Submits.
    Enter,
    /// Enter with a modifier, Ctrl-J.
    Newline,
    /// Ctrl-C.
    Cancel,
    /// Ctrl-U.
    KillLine,
    Backspace,
    /// May put other text into the composer.
    Unsure,
    /// Moves within the text.
    Move,
    /// Changes no text.
    Nothing,
    Text,
}

fn key_of(bytes: &[u8]) -> Key {
    match bytes {
        b"\r" | b"\x1b[13u" | b"\x1b[13;1u" | b"\x1bOM" => Key::Enter,
        b"\n" | b"\x1b\r" | b"\x1b\n" => Key::Newline,
        b"\x03" | b"\x1b[99;5u" => Key::Cancel,
        b"\x15" | b"\x1b[117;5u" => Key::KillLine,
        b"\x7f" | b"\x08" | b"\x1b[127u" | b"\x1b[127;1u" => Key::Backspace,
        // Tab, Ctrl-N, Ctrl-P, Ctrl-R, Ctrl-Y, Up, Down.
        b"\t" | b"\x0e" | b"\x10" | b"\x12" | b"\x19" => Key::Unsure,
        b"\x1b[A" | b"\x1b[B" | b"\x1bOA" | b"\x1bOB" => Key::Unsure,
        // Escape, and a redraw with Ctrl-L.
        b"\x1b" | b"\x0c" => Key::Nothing,
        [0x1b, b'[', .., b'u'] => key_of_unicode(bytes),
        [0x1b, b'[', b'2', b'7', b';', .., b'~'] => Key::Unsure,
        [0x1b, b'[', .., b'A' | b'B'] => Key::Unsure,
        [0x1b, ..] => Key::Move,
        // The rest of the control keys delete, move or do what only the program knows.
        [byte, ..] if *byte < 0x20 => Key::Move,
        _ => Key::Text,
    }
}

/// Keys as `CSI code ; modifiers u`.
fn key_of_unicode(bytes: &[u8]) -> Key {
    let text = String::from_utf8_lossy(&bytes[2..bytes.len() - 1]).into_owned();
    let mut parts = text.split(';');
    let first_number = |part: Option<&str>| {
        part.and_then(|p| p.split(':').next()).and_then(|n| n.parse::<u32>().ok())
    };
    let is_release = text.split(';').nth(1).is_some_and(|part| part.ends_with(":3"));
    let code = first_number(parts.next()).unwrap_or(0);
    let modifiers = first_number(parts.next()).unwrap_or(1);
    let (shift_only, ctrl) = (modifiers <= 2, modifiers.saturating_sub(1) & 4 != 0);
    match code {
        _ if is_release => Key::Nothing,
        // Keys of the private use area are modifiers, locks, media keys and the keypad.
        57_344..=63_743 | 27 => Key::Nothing,
        13 => Key::Newline,
        127 => Key::Backspace,
        9 => Key::Unsure,
        _ if ctrl && matches!(code, 110 | 112 | 114 | 121) => Key::Unsure,
        32.. if shift_only => Key::Text,
        _ => Key::Move,
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::KeyReader;
    use super::*;

    fn after(keys: &[u8]) -> Draft {
        let mut reader = KeyReader::default();
        let mut tracker = DraftTracker::default();
        for input in reader.feed(keys) {
            tracker.note(&input);
        }
        tracker.draft()
    }

    #[test]
    fn the_table() {
        let cases: &[(&[u8], Draft)] = &[
            (b"", Draft::None),
            (b"abc", Draft::Yes),
            (b"abc\r", Draft::None),
            (b"abc\\\r", Draft::Yes),
            (b"abc\x1b\r", Draft::Yes),
            (b"abc\x1b[13;2u", Draft::Yes),
            (b"abc\x1b[13u", Draft::None),
            (b"abc\x03", Draft::None),
            (b"abc\x15", Draft::None),
            (b"a\x1b\rb\x15", Draft::Yes),
            (b"abc\x7f\x7f\x7f", Draft::None),
            (b"abc\x7f\x7f", Draft::Yes),
            (b"abc\x1b[D\x7f\x7f\x7f", Draft::Yes),
            (b"\x1b[A", Draft::Maybe),
            (b"\x10", Draft::Maybe),
            (b"\t", Draft::Maybe),
            (b"\x1b[A\r", Draft::None),
            (b"\x1b", Draft::None),
            (b"abc\x1b", Draft::Yes),
            (b"\x1b[I\x1b[<0;1;1M\x1b[?62c\x1b[3;4R", Draft::None),
            (b"\x1b[200~text\x1b[201~", Draft::Yes),
            (b"\x1b[200~te\rxt\x1b[201~\x15", Draft::Yes),
            (b"\x1b[200~text\x1b[201~\r", Draft::None),
            (b"\x1b[97u", Draft::Yes),
            (b"\x1b[97;1:3u", Draft::None),
            (b"\x01\x0b", Draft::None),
            ("é".as_bytes(), Draft::Yes),
        ];
        for (keys, draft) in cases {
            assert_eq!(after(keys), *draft, "{:?}", String::from_utf8_lossy(keys));
        }
    }
}
