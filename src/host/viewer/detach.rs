//! Finds the keys for the viewer itself among those for the session: Ctrl-] d detaches, Ctrl-]
//! Ctrl-] sends one Ctrl-], Ctrl-] and anything else sends both. A terminal sends Ctrl-] as one
//! byte, or as `CSI 93;5u` (kitty's protocol), or as `CSI 27;5;93~` (xterm's).

/// Ctrl-] as one byte.
const PREFIX: u8 = 0x1d;

const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Longest escape sequence that is waited for.
const LONGEST: usize = 64;

/// Takes a terminal's bytes apart, across reads.
#[derive(Debug, Default)]
pub struct DetachKeys {
    rest: Vec<u8>,
    /// Ctrl-] as it came, while the next key is awaited.
    prefix: Option<Vec<u8>>,
    in_paste: bool,
}

/// What came of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// For the session.
    pub keys: Vec<u8>,
    /// The person wants to leave; what came after that is dropped.
    pub detach: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Prefix,
    Detach,
    /// A key was let go; that is reported for Ctrl-] too and means nothing here.
    Release,
    Other,
}

impl DetachKeys {
    /// Tells keys for the session from those for the viewer. An unfinished escape sequence waits
    /// for its rest; see [`flush`](Self::flush).
    pub fn feed(&mut self, bytes: &[u8]) -> Typed {
        self.rest.extend_from_slice(bytes);
        let buffer = std::mem::take(&mut self.rest);
        let (mut at, mut typed) = (0, Typed::default());
        while at < buffer.len() {
            let rest = &buffer[at..];
            let Some(length) = length(rest) else { break };
            let token = &rest[..length];
            at += length;
            if self.take(token, &mut typed) {
                typed.detach = true;
                return typed;
            }
        }
        self.rest = buffer[at..].to_vec();
        typed
    }

    /// Whether bytes wait for their rest.
    pub fn is_waiting(&self) -> bool {
        !self.rest.is_empty()
    }

    /// What waited too long for its rest is for the session, as it is.
    pub fn flush(&mut self) -> Vec<u8> {
        let mut keys = self.prefix.take().filter(|_| !self.rest.is_empty()).unwrap_or_default();
        keys.append(&mut self.rest);
        keys
    }

    /// One key; true if it detaches.
    fn take(&mut self, token: &[u8], typed: &mut Typed) -> bool {
        if token == PASTE_START || token == PASTE_END {
            self.in_paste = token == PASTE_START;
        }
        let key = if self.in_paste { Key::Other } else { key(token) };
        match (self.prefix.take(), key) {
            (None, Key::Prefix) => self.prefix = Some(token.to_vec()),
            (Some(_), Key::Detach) => return true,
            (Some(prefix), Key::Prefix) => typed.keys.extend(prefix),
            (Some(prefix), Key::Release) => self.prefix = Some(prefix),
            (Some(prefix), Key::Other) => {
                typed.keys.extend(prefix);
                typed.keys.extend(token);
            }
            (None, _) => typed.keys.extend(token),
        }
        false
    }
}

/// How many bytes the first thing has; `None` if its rest has yet to come. A lone Escape at the end
/// is the Escape key.
fn length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [0x1b, b'[', rest @ ..] => match rest.iter().position(|b| !(0x20..=0x3f).contains(b)) {
            Some(end) => Some(2 + end + 1),
            None if rest.len() > LONGEST => Some(bytes.len()),
            None => None,
        },
        _ => Some(1),
    }
}

fn key(token: &[u8]) -> Key {
    match token {
        [PREFIX] => Key::Prefix,
        b"d" => Key::Detach,
        [0x1b, b'[', body @ .., b'u'] => {
            let text = String::from_utf8_lossy(body);
            let mut fields = text.split(';');
            let code = fields.next().unwrap_or("").split(':').next().unwrap_or("").to_owned();
            modified(&code, fields.next().unwrap_or("1"))
        }
        [0x1b, b'[', b'2', b'7', b';', body @ .., b'~'] => {
            let text = String::from_utf8_lossy(body);
            let (modifiers, code) = text.split_once(';').unwrap_or(("", ""));
            modified(code, modifiers)
        }
        _ => Key::Other,
    }
}

/// A key by its code and its field of modifiers and kind of event.
fn modified(code: &str, field: &str) -> Key {
    let (modifiers, event) = field.split_once(':').unwrap_or((field, "1"));
    if event == "3" {
        return Key::Release;
    }
    // The bits are 1 shift, 2 alt, 4 control, 8 to 32 super, hyper and meta, 64 and 128 the locks,
    // plus one on the whole; locks do not matter.
    let bits = modifiers.parse::<u32>().unwrap_or(1).saturating_sub(1) & 0x3f;
    match (code, bits) {
        ("93", 4) => Key::Prefix,
        ("100", 0) => Key::Detach,
        // Modifier keys by themselves are reported too.
        (code, _) if code.parse::<u32>().is_ok_and(|n| (57_441..=57_454).contains(&n)) => {
            Key::Release
        }
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(parts: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut keys = DetachKeys::default();
        let mut all = Vec::new();
        for part in parts {
            let typed = keys.feed(part);
            all.extend(typed.keys);
            if typed.detach {
                return (all, true);
            }
        }
        (all, false)
    }

    #[test]
    fn the_table() {
        type Case<'a> = (&'a [&'a [u8]], &'a [u8], bool);
        let cases: &[Case] = &[
            (&[b"abc"], b"abc", false),
            (&[b"a\x1dd"], b"a", true),
            (&[b"\x1d", b"d"], b"", true),
            (&[b"\x1d\x1d"], b"\x1d", false),
            (&[b"\x1d\x1dd"], b"\x1dd", false),
            (&[b"\x1dx"], b"\x1dx", false),
            (&[b"\x1d\x1b[A"], b"\x1d\x1b[A", false),
            (&[b"\x1b[93;5ud"], b"", true),
            (&[b"\x1b[93", b";5", b"u", b"d"], b"", true),
            (&[b"\x1b[93;5u\x1b[100u"], b"", true),
            (&[b"\x1b[93;5:1u\x1b[93;5:3u\x1b[100;1:1u"], b"", true),
            (&[b"\x1b[93;69ud"], b"", true),
            (&[b"\x1b[27;5;93~d"], b"", true),
            (&[b"\x1b[93;5u\x1b[93;5u"], b"\x1b[93;5u", false),
            (&[b"\x1b[93;6ud"], b"\x1b[93;6ud", false),
            (&[b"d"], b"d", false),
            (&[b"\x1b"], b"\x1b", false),
            (&[b"\x1b[200~\x1dd\x1b[201~x"], b"\x1b[200~\x1dd\x1b[201~x", false),
            ("é日".as_bytes().chunks(1).collect::<Vec<_>>().leak(), "é日".as_bytes(), false),
        ];
        for (parts, keys, detach) in cases {
            assert_eq!(typed(parts), (keys.to_vec(), *detach), "{parts:?}");
        }
    }

    #[test]
    fn an_unfinished_sequence_is_let_go() {
        let mut keys = DetachKeys::default();
        assert_eq!(keys.feed(b"\x1b[1").keys, b"");
        assert!(keys.is_waiting());
        assert_eq!(keys.flush(), b"\x1b[1");
        assert!(!keys.is_waiting());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_without_the_prefix(
            bytes in proptest::collection::vec(any::<u8>(), 0..80), step in 1_usize..9,
        ) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|b| *b != PREFIX).collect();
            prop_assume!(!bytes.windows(2).any(|w| w == b"93"));
            let mut keys = DetachKeys::default();
            let mut all = Vec::new();
            for part in bytes.chunks(step) {
                all.extend(keys.feed(part).keys);
            }
            all.extend(keys.flush());
            prop_assert_eq!(all, bytes);
        }
    }
}
