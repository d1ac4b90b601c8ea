//! From a terminal's bytes to what was submitted: bracketed pastes and typed characters make a
//! draft, Enter outside of a paste submits it.

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// What the input led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The draft has changed to this.
    Draft(String),
    /// The draft was submitted.
    Submitted(String),
}

/// The draft, and what came of an unfinished sequence.
#[derive(Debug, Default)]
pub struct Keys {
    waiting: Vec<u8>,
    draft: Vec<u8>,
    pasting: bool,
}

impl Keys {
    /// Takes the next bytes, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.waiting.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut changed = false;
        while let Some(&first) = self.waiting.first() {
            if first == 0x1b {
                match self.sequence() {
                    Some(length) => drop(self.waiting.drain(..length)),
                    // The rest of it is still to come.
                    None => break,
                }
                continue;
            }
            self.waiting.remove(0);
            match first {
                b'\r' | b'\n' if !self.pasting => {
                    events.push(Event::Submitted(self.take()));
                    changed = false;
                    continue;
                }
                b'\r' => self.draft.push(b'\n'),
                0x7f | 0x08 => self.erase(),
                byte if byte < 0x20 && !matches!(byte, b'\n' | b'\t') => continue,
                byte => self.draft.push(byte),
            }
            changed = true;
        }
        if changed {
            events.push(Event::Draft(String::from_utf8_lossy(&self.draft).into_owned()));
        }
        events
    }

    /// The length of the control sequence at the beginning, once it is whole; marks of a paste take
    /// effect, other keys mean nothing here.
    fn sequence(&mut self) -> Option<usize> {
        for (mark, pasting) in [(PASTE_BEGIN, true), (PASTE_END, false)] {
            if self.waiting.starts_with(mark) {
                self.pasting = pasting;
                return Some(mark.len());
            }
        }
        match self.waiting.get(1) {
            Some(b'[') => {
                let end = self.waiting.iter().skip(2).position(|b| (0x40..=0x7e).contains(b))?;
                Some(end + 3)
            }
            Some(_) => Some(2),
            None => None,
        }
    }

    /// Takes the last character away, which may have several bytes.
    fn erase(&mut self) {
        while self.draft.pop().is_some_and(|byte| (0x80..0xc0).contains(&byte)) {}
    }

    fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.draft)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submitted(pieces: impl IntoIterator<Item = Vec<u8>>) -> Vec<String> {
        let mut keys = Keys::default();
        let events = pieces.into_iter().flat_map(|piece| keys.feed(&piece)).collect::<Vec<_>>();
        let text = |event| match event {
            Event::Submitted(text) => Some(text),
            Event::Draft(_) => None,
        };
        events.into_iter().filter_map(text).collect()
    }

    #[test]
    fn a_paste_is_one_text_however_it_is_cut() {
        let input = "\x1b[200~one\r\n  two é\x1b[201~\r\x1b[Aé\x7fy\r".as_bytes();
        let expected = ["one\n\n  two é", "y"];
        assert_eq!(submitted([input.to_vec()]), expected);
        assert_eq!(submitted(input.iter().map(|byte| vec![*byte])), expected);
    }

    #[test]
    fn the_draft_is_told_until_it_is_submitted() {
        let mut keys = Keys::default();
        assert_eq!(keys.feed(b"ab"), [Event::Draft("ab".into())]);
        assert_eq!(keys.feed(b"\x1b"), []);
        assert_eq!(keys.feed(b"[D\r"), [Event::Submitted("ab".into())]);
    }
}
