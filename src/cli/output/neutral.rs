//! Text from elsewhere, made harmless for a terminal: labels, titles, logs and event data come
//! from agents, and a terminal obeys what it is shown.

/// Whether a terminal, or the reader's eye, could be misled by the character: controls, and the
/// marks that reorder text (Unicode TR9).
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line: line ends and tabs become blanks, other controls `�`.
pub fn one_line(text: &str) -> String {
    let replaced = |c| match c {
        '\n' | '\r' | '\t' => ' ',
        c if is_hostile(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.trim().chars().map(replaced).collect()
}

/// Several lines: line ends and tabs stay.
pub fn lines(text: &str) -> String {
    let replaced = |c| match c {
        '\n' | '\t' => c,
        c if is_hostile(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(replaced).collect()
}

/// Takes control sequences out of terminal output that comes in pieces (ECMA-48, with the strings
/// that xterm adds). What stays: text, line ends, tabs, and colours if wanted.
#[derive(Debug)]
pub struct Stripper {
    keep_colors: bool,
    state: State,
    sequence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Escape,
    /// After ESC and an intermediate: one more character.
    Charset,
    Csi,
    /// OSC, DCS, APC, PM or SOS: up to BEL or ST.
    String,
    StringEscape,
}

/// Colours of more than this many characters are no colours.
const SEQUENCE_LIMIT: usize = 64;

impl Stripper {
    /// A stripper at the beginning of an output.
    pub fn new(keep_colors: bool) -> Self {
        Self { keep_colors, state: State::Text, sequence: String::new() }
    }

    /// The next piece of the output, stripped.
    pub fn feed(&mut self, piece: &str) -> String {
        let mut out = String::with_capacity(piece.len());
        for c in piece.chars() {
            self.state = self.step(c, &mut out);
        }
        out
    }

    fn step(&mut self, c: char, out: &mut String) -> State {
        match (self.state, c) {
            (State::String, '\x07' | '\u{9c}') => State::Text,
            (State::String, '\x1b') => State::StringEscape,
            (State::String, _) => State::String,
            (State::StringEscape, '\\') => State::Text,
            (_, '\x18' | '\x1a') => State::Text,
            (_, '\x1b') => State::Escape,
            (State::StringEscape | State::Escape, c) => self.after_escape(c),
            (State::Charset, _) => State::Text,
            (State::Csi, c) => self.in_csi(c, out),
            (State::Text, c) => {
                match c {
                    '\n' | '\t' => out.push(c),
                    '\u{9b}' => return self.begin_csi(),
                    '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => return State::String,
                    c if is_hostile(c) => {}
                    c => out.push(c),
                }
                State::Text
            }
        }
    }

    fn after_escape(&mut self, c: char) -> State {
        match c {
            '[' => self.begin_csi(),
            ']' | 'P' | 'X' | '^' | '_' => State::String,
            ' '..='/' => State::Charset,
            _ => State::Text,
        }
    }

    fn begin_csi(&mut self) -> State {
        self.sequence.clear();
        State::Csi
    }

    fn in_csi(&mut self, c: char, out: &mut String) -> State {
        match c {
            '\u{40}'..='\u{7e}' => {
                let plain =
                    self.sequence.bytes().all(|b| b.is_ascii_digit() || matches!(b, b';' | b':'));
                if c == 'm' && plain && self.keep_colors && self.sequence.len() < SEQUENCE_LIMIT {
                    out.push_str("\x1b[");
                    out.push_str(&self.sequence);
                    out.push('m');
                }
                State::Text
            }
            c => {
                if self.sequence.len() < SEQUENCE_LIMIT {
                    self.sequence.push(c);
                }
                State::Csi
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\x1b[31mred\x1b[0m\x1b]52;c;aGk=\x07b\x1b[2J\u{9b}5nc\x1bP1$r\x1b\\d\r\n\u{202e}e\x1b(Bf\x1b[?25lg\x1b]0;t\x1b\\h";

    #[test]
    fn only_colours_are_left() {
        assert_eq!(Stripper::new(true).feed(HOSTILE), "a\x1b[31mred\x1b[0mbcd\nefgh");
        assert_eq!(Stripper::new(false).feed(HOSTILE), "aredbcd\nefgh");
    }

    #[test]
    fn pieces_make_no_difference() {
        let mut stripper = Stripper::new(true);
        let pieces: String = HOSTILE.chars().map(|c| stripper.feed(&c.to_string())).collect();
        assert_eq!(pieces, Stripper::new(true).feed(HOSTILE));
    }

    #[test]
    fn one_line_is_one_line() {
        let text = one_line("a\r\nb\tc\x1b]0;x\x07\u{85}");
        assert!(!text.chars().any(is_hostile));
        assert_eq!(lines("a\r\nb\x07"), "a\nb\u{fffd}");
    }
}
