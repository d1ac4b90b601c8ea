//! Finds the boundaries of characters and control sequences in the pty's bytes, whatever pieces they come in.
//!
//! Nothing is handed on before it is whole. What a token holds is valid: text is UTF-8 without C1 controls (some
//! terminals would obey them), and a sequence has no control byte inside. Memory is bounded: a sequence that grows
//! past its limit is thrown away up to its end.

use super::csi::Csi;

/// Longest CSI sequence kept; 32 parameters of five digits need 192 bytes.
const MAX_CSI: usize = 256;
/// Most intermediates of an escape sequence; with more, its final byte finds no room and nobody gets it.
const MAX_INTERMEDIATES: usize = 2;
/// Longest operating system command kept.
const MAX_OSC: usize = 16 * 1024;
/// Longest clipboard write (OSC 52) kept, in its base64.
const MAX_CLIPBOARD: usize = 1024 * 1024;
/// Longest device control string kept: only short queries are of use.
const MAX_DCS: usize = 4 * 1024;
/// Capacity the sequence buffer keeps between sequences, so that one clipboard write does not stay in memory.
const KEPT_CAPACITY: usize = 1024;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// One whole thing found in the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Printable characters, and the controls BS HT LF VT FF CR among them.
    Text(&'a str),
    /// Another control; those without meaning on a screen are not handed on at all.
    Control(Control),
    /// What follows ESC: intermediates and the final byte.
    Escape(&'a [u8]),
    /// A control sequence.
    Csi(Csi<'a>),
    /// An operating system command: what stands between the introducer and the terminator.
    Osc { payload: &'a str, bell: bool },
    /// A device control string, likewise.
    Dcs(&'a [u8]),
}

/// A single-byte control with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// BEL
    Bell,
    /// SO: characters come from G1.
    ShiftOut,
    /// SI: characters come from G0.
    ShiftIn,
}

/// Where tokens go.
pub(super) trait Sink {
    /// Takes the next token.
    fn token(&mut self, token: Token<'_>);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    /// After ESC; intermediates are in the buffer.
    Escape,
    /// After ESC [.
    Csi,
    /// In a control sequence that is malformed or too long.
    CsiIgnored,
    /// In a string.
    Text(Kind),
    /// In a string, after ESC: the terminator or the start of something else.
    TextEscape(Kind),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Osc,
    Dcs,
    /// APC, PM, SOS, a title of `screen`, or a string over its limit: read to its end and thrown away.
    Ignored {
        bell: bool,
    },
}

impl Kind {
    fn ends_with_bell(self) -> bool {
        matches!(self, Kind::Osc | Kind::Ignored { bell: true })
    }
}

/// The state between two pieces.
pub(super) struct Scanner {
    state: State,
    /// The unfinished sequence, without its introducer.
    buffer: Vec<u8>,
    /// The unfinished character.
    partial: Vec<u8>,
}

/// What a byte is while no sequence is open: text (anything printable, whole or part of a character, and harmless
/// controls) or something that ends a run of text.
const ENDS_RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = !(byte >= 0x08 && byte <= 0x0d);
        byte += 1;
    }
    table[0x7f] = true;
    table
};

impl Scanner {
    /// A scanner at the beginning of a stream.
    pub fn new() -> Self {
        Self { state: State::Ground, buffer: Vec::new(), partial: Vec::with_capacity(4) }
    }

    /// Takes the next bytes and hands on what is whole.
    pub fn scan(&mut self, mut bytes: &[u8], sink: &mut impl Sink) {
        while !bytes.is_empty() {
            if self.state == State::Ground {
                bytes = self.ground(bytes, sink);
            } else if let State::Text(kind) = self.state {
                bytes = self.string(kind, bytes, sink);
            } else if self.sequence(bytes[0], sink) {
                bytes = &bytes[1..];
            }
        }
    }

    /// Text up to the next control; gives back what is left.
    fn ground<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        if !self.partial.is_empty() {
            return self.finish_character(bytes, sink);
        }
        let end = bytes.iter().position(|&b| ENDS_RUN[usize::from(b)]).unwrap_or(bytes.len());
        let (run, rest) = bytes.split_at(end);
        self.text(run, rest.is_empty(), sink);
        let Some((&control, rest)) = rest.split_first() else { return rest };
        match control {
            ESC => self.begin(State::Escape),
            BEL => sink.token(Token::Control(Control::Bell)),
            0x0e => sink.token(Token::Control(Control::ShiftOut)),
            0x0f => sink.token(Token::Control(Control::ShiftIn)),
            _ => {}
        }
        rest
    }

    /// Hands on a run of text; a character cut off by the end of the input is kept for the next piece.
    fn text(&mut self, run: &[u8], may_continue: bool, sink: &mut impl Sink) {
        if run.is_ascii() {
            // Cheap for ASCII, and the only way to a string without unsafe code.
            if let Ok(text) = std::str::from_utf8(run)
                && !text.is_empty()
            {
                sink.token(Token::Text(text));
            }
            return;
        }
        let mut left = run.len();
        for chunk in run.utf8_chunks() {
            left -= chunk.valid().len() + chunk.invalid().len();
            clean(chunk.valid(), |text| sink.token(Token::Text(text)));
            let invalid = chunk.invalid();
            if left == 0 && may_continue && is_incomplete(invalid) {
                self.partial.extend_from_slice(invalid);
            } else if !invalid.is_empty() {
                sink.token(Token::Text("\u{fffd}"));
            }
        }
    }

    /// Completes a character begun in an earlier piece.
    fn finish_character<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        self.partial.push(bytes[0]);
        if is_incomplete(&self.partial) {
            return &bytes[1..];
        }
        let whole = std::str::from_utf8(&self.partial).map(|text| {
            clean(text, |text| sink.token(Token::Text(text)));
        });
        self.partial.clear();
        if whole.is_ok() {
            return &bytes[1..];
        }
        // What was kept is no character; the byte that showed it is looked at again.
        sink.token(Token::Text("\u{fffd}"));
        bytes
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_CAPACITY);
    }

    /// One byte of an escape or control sequence; false if it must be looked at again in the new state.
    fn sequence(&mut self, byte: u8, sink: &mut impl Sink) -> bool {
        match byte {
            ESC if !matches!(self.state, State::TextEscape(_)) => self.begin(State::Escape),
            CAN | SUB => self.begin(State::Ground),
            _ => match self.state {
                State::TextEscape(kind) => return self.string_escape(kind, byte, sink),
                // Controls inside a sequence act at once, as if they stood before it.
                _ if byte < 0x20 => self.control(byte, sink),
                _ if byte == 0x7f => {}
                _ if byte > 0x7f => {
                    self.begin(State::Ground);
                    return false;
                }
                State::Escape => self.escape(byte, sink),
                _ => self.csi(byte, sink),
            },
        }
        true
    }

    fn control(&mut self, byte: u8, sink: &mut impl Sink) {
        match byte {
            BEL => sink.token(Token::Control(Control::Bell)),
            0x0e => sink.token(Token::Control(Control::ShiftOut)),
            0x0f => sink.token(Token::Control(Control::ShiftIn)),
            _ if ENDS_RUN[usize::from(byte)] => {}
            _ => self.text(&[byte], false, sink),
        }
    }

    fn escape(&mut self, byte: u8, sink: &mut impl Sink) {
        if self.buffer.is_empty() {
            match byte {
                b'[' => return self.begin(State::Csi),
                b']' => return self.begin(State::Text(Kind::Osc)),
                b'P' => return self.begin(State::Text(Kind::Dcs)),
                b'_' | b'^' | b'X' | b'k' => {
                    return self.begin(State::Text(Kind::Ignored { bell: false }));
                }
                _ => {}
            }
        }
        if self.buffer.len() <= MAX_INTERMEDIATES {
            self.buffer.push(byte);
        }
        if byte >= 0x30 {
            if self.buffer.ends_with(&[byte]) {
                sink.token(Token::Escape(&self.buffer));
            }
            self.begin(State::Ground);
        }
    }

    fn csi(&mut self, byte: u8, sink: &mut impl Sink) {
        let last = byte >= 0x40;
        if self.state == State::Csi {
            self.buffer.push(byte);
            if last && let Some(csi) = Csi::parse(&self.buffer) {
                sink.token(Token::Csi(csi));
            }
            if self.buffer.len() >= MAX_CSI {
                self.state = State::CsiIgnored;
            }
        }
        if last {
            self.begin(State::Ground);
        }
    }

    /// The inside of a string, as far as it goes.
    fn string<'a>(&mut self, kind: Kind, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        let ends =
            |&b: &u8| b == ESC || b == CAN || b == SUB || (b == BEL && kind.ends_with_bell());
        let end = bytes.iter().position(ends).unwrap_or(bytes.len());
        let (inside, rest) = bytes.split_at(end);
        if !matches!(kind, Kind::Ignored { .. }) {
            // Controls have no place in a string. One at a time only in that rare case.
            if inside.iter().any(|b| *b < 0x20) {
                self.buffer.extend(inside.iter().filter(|b| **b >= 0x20));
            } else {
                self.buffer.extend_from_slice(inside);
            }
            if self.buffer.len() > self.limit(kind) {
                self.begin(State::Text(Kind::Ignored { bell: kind.ends_with_bell() }));
            }
        }
        let Some((&terminator, rest)) = rest.split_first() else { return rest };
        match (terminator, self.state) {
            (ESC, State::Text(kind)) => self.state = State::TextEscape(kind),
            (BEL, State::Text(Kind::Osc)) => self.hand_on_string(Kind::Osc, true, sink),
            _ => self.begin(State::Ground),
        }
        rest
    }

    fn limit(&self, kind: Kind) -> usize {
        match kind {
            Kind::Osc if self.buffer.starts_with(b"52;") => MAX_CLIPBOARD,
            Kind::Osc => MAX_OSC,
            Kind::Dcs => MAX_DCS,
            Kind::Ignored { .. } => 0,
        }
    }

    /// The byte after an ESC in a string: `\` ends the string, anything else drops it and begins a new sequence.
    fn string_escape(&mut self, kind: Kind, byte: u8, sink: &mut impl Sink) -> bool {
        if byte == b'\\' {
            self.hand_on_string(kind, false, sink);
            return true;
        }
        self.begin(State::Escape);
        false
    }

    fn hand_on_string(&mut self, kind: Kind, bell: bool, sink: &mut impl Sink) {
        match kind {
            Kind::Osc => {
                let text = String::from_utf8_lossy(&self.buffer);
                let mut payload = String::with_capacity(text.len());
                clean(&text, |piece| payload.push_str(piece));
                payload.retain(|c| c != '\u{7f}');
                sink.token(Token::Osc { payload: &payload, bell });
            }
            Kind::Dcs => sink.token(Token::Dcs(&self.buffer)),
            Kind::Ignored { .. } => {}
        }
        self.begin(State::Ground);
    }
}

/// Whether the bytes are the beginning of a character.
fn is_incomplete(bytes: &[u8]) -> bool {
    let error = std::str::from_utf8(bytes).err();
    error.is_some_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

/// Hands on the text without C1 controls (U+0080 to U+009F).
fn clean(text: &str, mut hand_on: impl FnMut(&str)) {
    // In UTF-8 all of them begin with C2, which few texts in few languages hold.
    let pieces = text.split(|c| ('\u{80}'..='\u{9f}').contains(&c));
    pieces.filter(|piece| !piece.is_empty()).for_each(&mut hand_on);
}
