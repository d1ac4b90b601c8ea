//! The modes a program set, in one place: answers to DECRQM, repaints and the host's questions all come from here.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::kitty::KittyStack;

/// Which mouse events the program asked for. One at a time: each replaces the one before, as in xterm.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Mouse {
    /// None.
    #[default]
    Off,
    /// Presses only (9).
    Press,
    /// Presses and releases (1000).
    Click,
    /// And motion with a button down (1002).
    Drag,
    /// And every motion (1003).
    Motion,
}

/// How mouse events are written.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum MouseEncoding {
    /// Three bytes, the original.
    #[default]
    Bytes,
    /// 1005
    Utf8,
    /// 1006
    Sgr,
    /// 1015
    Urxvt,
}

/// The modes in force.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(default)]
pub struct Modes {
    /// The alternate screen is shown (1049).
    pub alternate: bool,
    /// Pasted text comes in brackets (2004).
    pub bracketed_paste: bool,
    /// Cursor keys send their application codes (1).
    pub application_cursor: bool,
    /// The keypad sends its application codes (DECKPAM, 66).
    pub application_keypad: bool,
    /// Focus in and out are reported (1004).
    pub focus_events: bool,
    /// Changes between light and dark are reported (2031).
    pub theme_events: bool,
    /// Which mouse events are reported.
    pub mouse: Mouse,
    /// How they are written.
    pub mouse_encoding: MouseEncoding,
    /// The wheel sends cursor keys on the alternate screen (1007); none while the program said nothing.
    pub alternate_scroll: Option<bool>,
    /// The cursor is shown (25).
    pub cursor_visible: bool,
    /// The cursor blinks (12); none while the program said nothing.
    pub cursor_blink: Option<bool>,
    /// The cursor's shape, by DECSCUSR: 0 is the terminal's own.
    pub cursor_style: u8,
    /// Light and dark are exchanged on the whole screen (5).
    pub reverse_video: bool,
    /// Positions count from the margins (6).
    pub origin: bool,
    /// Text goes on in the next row (7).
    pub autowrap: bool,
    /// Backspace goes on in the row above (45).
    pub reverse_wrap: bool,
    /// Characters push others to the right (4).
    pub insert: bool,
    /// A line feed returns to the first column (20).
    pub newline: bool,
    /// kitty's keyboard flags in force on the screen that is shown.
    pub kitty_flags: u8,
    /// xterm's modifyOtherKeys, 0 to 3.
    pub modify_other_keys: u8,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            alternate: false,
            bracketed_paste: false,
            application_cursor: false,
            application_keypad: false,
            focus_events: false,
            theme_events: false,
            mouse: Mouse::Off,
            mouse_encoding: MouseEncoding::Bytes,
            alternate_scroll: None,
            cursor_visible: true,
            cursor_blink: None,
            cursor_style: 0,
            reverse_video: false,
            origin: false,
            autowrap: true,
            reverse_wrap: false,
            insert: false,
            newline: false,
            kitty_flags: 0,
            modify_other_keys: 0,
        }
    }
}

/// What becomes of a request to set or reset a private mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Known and tracked: hand it on as it is.
    Known,
    /// Known under another sequence, which is handed on instead.
    Instead(&'static [u8]),
    /// Not known here, or not wanted at viewers: nobody gets it.
    Unknown,
}

impl Modes {
    /// Takes `CSI ? number h` (`on`) or `l`.
    pub(super) fn request(&mut self, number: u16, on: bool) -> Request {
        match number {
            // Older numbers of the alternate screen; the emulator and some viewers know only 1049.
            47 | 1047 | 1049 => {
                self.alternate = on;
                return Request::Instead(if on { b"\x1b[?1049h" } else { b"\x1b[?1049l" });
            }
            1048 => return Request::Instead(if on { b"\x1b7" } else { b"\x1b8" }),
            66 => {
                self.application_keypad = on;
                return Request::Instead(if on { b"\x1b=" } else { b"\x1b>" });
            }
            9 | 1000 | 1002 | 1003 => self.mouse = if on { mouse(number) } else { Mouse::Off },
            1005 | 1006 | 1015 => self.request_encoding(encoding(number), on),
            12 => self.cursor_blink = Some(on),
            1007 => self.alternate_scroll = Some(on),
            // Synchronised update: for viewers only, and never restored.
            2026 => {}
            _ => match self.flag(number) {
                Some(flag) => *flag = on,
                None => return Request::Unknown,
            },
        }
        Request::Known
    }

    fn request_encoding(&mut self, encoding: MouseEncoding, on: bool) {
        if on {
            self.mouse_encoding = encoding;
        } else if self.mouse_encoding == encoding {
            self.mouse_encoding = MouseEncoding::Bytes;
        }
    }

    /// The plain private modes: no side effect beyond what the receiving terminal does.
    fn flag(&mut self, number: u16) -> Option<&mut bool> {
        Some(match number {
            1 => &mut self.application_cursor,
            5 => &mut self.reverse_video,
            6 => &mut self.origin,
            7 => &mut self.autowrap,
            25 => &mut self.cursor_visible,
            45 => &mut self.reverse_wrap,
            1004 => &mut self.focus_events,
            2004 => &mut self.bracketed_paste,
            2031 => &mut self.theme_events,
            _ => return None,
        })
    }

    /// Takes `CSI number h` or `l`; false if the mode is not known.
    pub(super) fn request_ansi(&mut self, number: u16, on: bool) -> bool {
        match number {
            4 => self.insert = on,
            20 => self.newline = on,
            _ => return false,
        }
        true
    }

    /// A private mode's state for DECRQM; none if it is not known. Pixel mouse, grapheme clusters and in-band resize
    /// are not: viewers differ in them from one another and from the emulator, so no program may count on them.
    pub(super) fn state(&self, number: u16) -> Option<bool> {
        let mut copy = *self;
        Some(match number {
            47 | 1047 | 1049 => self.alternate,
            66 => self.application_keypad,
            9 | 1000 | 1002 | 1003 => self.mouse == mouse(number),
            1005 | 1006 | 1015 => self.mouse_encoding == encoding(number),
            12 => self.cursor_blink.unwrap_or(false),
            1007 => self.alternate_scroll.unwrap_or(false),
            2026 => false,
            // A report of light and dark would have to come from the host, whose answer never changes.
            2031 => return None,
            _ => *copy.flag(number)?,
        })
    }

    /// An ANSI mode's state for DECRQM.
    pub(super) fn state_ansi(&self, number: u16) -> Option<bool> {
        match number {
            4 => Some(self.insert),
            20 => Some(self.newline),
            _ => None,
        }
    }

    /// What gives these modes to a terminal in any state, except those that move the cursor or choose a screen (origin,
    /// alternate), and the cursor's visibility, which comes last of all. Without `mouse`, mouse events stay off.
    pub(super) fn restore(&self, out: &mut Vec<u8>, kitty: &KittyStack, mouse: bool) {
        let mut private = |number: u16, on: bool| {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\x1b[?{number}{}", if on { 'h' } else { 'l' });
        };
        private(1, self.application_cursor);
        private(5, self.reverse_video);
        private(7, self.autowrap);
        private(45, self.reverse_wrap);
        private(1004, self.focus_events);
        private(2004, self.bracketed_paste);
        private(2031, self.theme_events);
        if mouse {
            self.mouse_number().into_iter().for_each(|number| private(number, true));
            self.encoding_number().into_iter().for_each(|number| private(number, true));
        }
        self.cursor_blink.into_iter().for_each(|on| private(12, on));
        self.alternate_scroll.into_iter().for_each(|on| private(1007, on));
        out.extend_from_slice(if self.application_keypad { b"\x1b=" } else { b"\x1b>" });
        out.extend_from_slice(if self.insert { b"\x1b[4h" } else { b"\x1b[4l" });
        out.extend_from_slice(if self.newline { b"\x1b[20h" } else { b"\x1b[20l" });
        let _ = write!(out, "\x1b[>4;{}m\x1b[{} q", self.modify_other_keys, self.cursor_style);
        kitty.restore(out);
    }

    fn mouse_number(&self) -> Option<u16> {
        match self.mouse {
            Mouse::Off => None,
            Mouse::Press => Some(9),
            Mouse::Click => Some(1000),
            Mouse::Drag => Some(1002),
            Mouse::Motion => Some(1003),
        }
    }

    fn encoding_number(&self) -> Option<u16> {
        match self.mouse_encoding {
            MouseEncoding::Bytes => None,
            MouseEncoding::Utf8 => Some(1005),
            MouseEncoding::Sgr => Some(1006),
            MouseEncoding::Urxvt => Some(1015),
        }
    }
}

fn mouse(number: u16) -> Mouse {
    match number {
        9 => Mouse::Press,
        1000 => Mouse::Click,
        1002 => Mouse::Drag,
        _ => Mouse::Motion,
    }
}

fn encoding(number: u16) -> MouseEncoding {
    match number {
        1005 => MouseEncoding::Utf8,
        1006 => MouseEncoding::Sgr,
        _ => MouseEncoding::Urxvt,
    }
}
