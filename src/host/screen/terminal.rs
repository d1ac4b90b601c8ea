//! The terminal the agent sees: takes the scanner's tokens, keeps the state, and collects what goes where.
//!
//! Bytes for viewers wait in `pending` until something else must come between; the emulator gets the same bytes, at
//! the latest then, and earlier where a sequence depends on where the cursor is.

use super::alacritty::Alacritty;
use super::cells::Row;
use super::colors::DynamicColors;
use super::csi::Csi;
use super::emulator::Emulator;
use super::kitty::KittyStack;
use super::modes::Modes;
use super::output::{Output, ScreenEvent};
use super::policy::{self, Action};
use super::scanner::{Control, Sink, Token};
use super::size::Size;
use super::tabs::TabStops;
use super::title::Title;

/// All state of the screen but the scanner's.
pub(super) struct Terminal {
    pub emulator: Alacritty,
    pub modes: Modes,
    /// Of the main and of the alternate screen.
    pub kitty: [KittyStack; 2],
    pub title: Title,
    pub colors: DynamicColors,
    pub tabs: TabStops,
    /// First and last row of the scroll region, from 0.
    pub margins: (u16, u16),
    /// Characters come from G1.
    pub shifted: bool,
    /// The last character printed, for REP: a viewer that was just repainted has none.
    pub last_printed: Option<char>,
    pub pending: Vec<u8>,
    /// How much of `pending` the emulator has.
    advanced: usize,
    pub outputs: Vec<Output>,
    pub news: News,
}

/// What happened since the last look.
#[derive(Default)]
pub(super) struct News {
    /// The bell rang.
    pub bell: bool,
    /// The title was set.
    pub title: bool,
    /// The alternate screen was left.
    pub left_alternate: bool,
}

impl Terminal {
    pub fn new(size: Size, scrollback: usize) -> Self {
        Self {
            emulator: Alacritty::new(size, scrollback),
            modes: Modes::default(),
            kitty: [KittyStack::default(), KittyStack::default()],
            title: Title::default(),
            colors: DynamicColors::default(),
            tabs: TabStops::default(),
            margins: (0, size.rows - 1),
            shifted: false,
            last_printed: None,
            pending: Vec::new(),
            advanced: 0,
            outputs: Vec::new(),
            news: News::default(),
        }
    }

    /// Changes the size; the scroll region ends with it, as in other terminals.
    pub fn resize(&mut self, size: Size) {
        if size == self.emulator.size() {
            return;
        }
        self.emulator.resize(size);
        self.margins = (0, size.rows - 1);
        self.tabs.resize(size.cols);
    }

    /// A row of the screen (0 and up) or of scrollback (below 0).
    pub fn row(&self, index: i32) -> Row {
        let mut row = Row::default();
        self.emulator.read_row(index, &mut row);
        row
    }

    /// The stack of the screen that is shown.
    pub fn kitty(&self) -> &KittyStack {
        &self.kitty[usize::from(self.modes.alternate)]
    }

    /// Everything collected since the last call; the emulator has it all after.
    pub fn finish(&mut self, before: &Modes) -> Vec<Output> {
        self.flush();
        let news = std::mem::take(&mut self.news);
        let mut event = |happened: bool, event: ScreenEvent| {
            if happened {
                self.outputs.push(Output::Event(event));
            }
        };
        if news.title {
            event(true, ScreenEvent::Title(self.title.text().to_owned()));
        }
        event(news.bell, ScreenEvent::Bell);
        event(self.modes != *before, ScreenEvent::Modes);
        event(news.left_alternate, ScreenEvent::LeftAlternate);
        std::mem::take(&mut self.outputs)
    }

    /// Brings the emulator up to the last byte.
    pub fn sync(&mut self) {
        if self.advanced < self.pending.len() {
            self.emulator.advance(&self.pending[self.advanced..]);
            self.advanced = self.pending.len();
        }
    }

    /// Brings the emulator up to the last byte, which may have cut a wide character in the cursor's row.
    pub fn mend(&mut self) {
        self.sync();
        self.emulator.mend_cursor_row();
    }

    /// Characters for emulator and viewers.
    pub fn text(&mut self, text: &str) {
        if !self.modes.insert {
            return self.emit(text.as_bytes());
        }
        // What is pushed out at the right edge may be half a character.
        let mut buffer = [0; 4];
        for character in text.chars() {
            self.emit(character.encode_utf8(&mut buffer).as_bytes());
            self.mend();
        }
    }

    /// Bytes for emulator and viewers.
    pub fn emit(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    pub(super) fn flush(&mut self) {
        self.sync();
        self.advanced = 0;
        if !self.pending.is_empty() {
            self.outputs.push(Output::Viewers(std::mem::take(&mut self.pending)));
        }
    }

    pub(super) fn emit_csi(&mut self, csi: &Csi<'_>) {
        self.emit(b"\x1b[");
        self.emit(csi.raw);
    }

    pub(super) fn reply(&mut self, text: &str) {
        self.flush();
        match self.outputs.last_mut() {
            Some(Output::Answer(bytes)) => bytes.extend_from_slice(text.as_bytes()),
            _ => self.outputs.push(Output::Answer(text.as_bytes().to_vec())),
        }
    }
}

impl Sink for Terminal {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Text(text) => {
                if let Some(last) = text.chars().rev().find(|c| *c >= ' ') {
                    self.last_printed = Some(last);
                }
                self.text(text);
            }
            Token::Control(Control::Bell) => {
                self.news.bell = true;
                self.emit(b"\x07");
            }
            Token::Control(Control::ShiftOut) => {
                self.shifted = true;
                self.emit(b"\x0e");
            }
            Token::Control(Control::ShiftIn) => {
                self.shifted = false;
                self.emit(b"\x0f");
            }
            Token::Escape(sequence) => match policy::escape(sequence) {
                Action::Pass => {
                    self.emit(b"\x1b");
                    self.emit(sequence);
                }
                action => self.act(action, None),
            },
            Token::Csi(csi) => self.act(policy::csi(&csi), Some(&csi)),
            Token::Osc { payload, bell } => self.osc(payload, bell),
            Token::Dcs(payload) => self.dcs(payload),
        }
    }
}
