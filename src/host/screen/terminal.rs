//! The terminal the agent sees: takes the scanner's tokens, keeps the state, and collects what goes where.
//!
//! Bytes for viewers wait in `pending` until something else must come between; the emulator gets the same bytes, at
//! the latest then, and earlier where a sequence depends on where the cursor is.

use std::io::Write;

use super::alacritty::Alacritty;
use super::answers::{Facts, answer};
use super::cells::Row;
use super::colors::DynamicColors;
use super::csi::Csi;
use super::emulator::Emulator;
use super::kitty::KittyStack;
use super::modes::{Modes, Request};
use super::osc::{OscAction, osc};
use super::output::{Output, ScreenEvent};
use super::policy::{self, Action, Query};
use super::scanner::{Control, Sink, Token};
use super::sgr;
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
    last_printed: Option<char>,
    pending: Vec<u8>,
    /// How much of `pending` the emulator has.
    advanced: usize,
    outputs: Vec<Output>,
    news: News,
}

/// What happened since the last look.
#[derive(Default)]
struct News {
    bell: bool,
    title: bool,
    left_alternate: bool,
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

    /// Bytes for emulator and viewers.
    pub fn emit(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    fn flush(&mut self) {
        self.sync();
        self.advanced = 0;
        if !self.pending.is_empty() {
            self.outputs.push(Output::Viewers(std::mem::take(&mut self.pending)));
        }
    }

    fn emit_csi(&mut self, csi: &Csi<'_>) {
        self.emit(b"\x1b[");
        self.emit(csi.raw);
    }

    fn reply(&mut self, text: &str) {
        self.flush();
        match self.outputs.last_mut() {
            Some(Output::Answer(bytes)) => bytes.extend_from_slice(text.as_bytes()),
            _ => self.outputs.push(Output::Answer(text.as_bytes().to_vec())),
        }
    }

    fn ask(&mut self, query: Query) {
        self.sync();
        let facts = Facts {
            modes: &self.modes,
            size: self.emulator.size(),
            cursor: self.emulator.cursor(),
            top: self.margins.0,
        };
        let text = answer(query, &facts);
        self.reply(&text);
    }

    fn act(&mut self, action: Action, csi: Option<&Csi<'_>>) {
        match (action, csi) {
            (Action::Drop, _) => {}
            (Action::Ask(query), _) => self.ask(query),
            (Action::Keypad { on }, _) => {
                self.modes.application_keypad = on;
                self.emit(if on { b"\x1b=" } else { b"\x1b>" });
            }
            (Action::SetTab, _) => self.set_tab(),
            (Action::SoftReset, _) => self.soft_reset(),
            (Action::FullReset, _) => {
                self.news.left_alternate |= self.modes.alternate;
                self.news.title |= !self.title.text().is_empty();
                self.full_reset();
            }
            (Action::Alignment, _) => self.alignment(),
            (Action::PushTitle, _) => self.title.push(),
            (Action::PopTitle, _) => self.pop_title(),
            (_, Some(csi)) => self.act_csi(action, csi),
            (_, None) => {}
        }
    }

    fn act_csi(&mut self, action: Action, csi: &Csi<'_>) {
        match action {
            Action::PrivateModes { on } => csi.parameters().for_each(|n| self.private_mode(n, on)),
            Action::AnsiModes { on } => csi.parameters().for_each(|n| self.ansi_mode(n, on)),
            Action::Margins => self.set_margins(csi),
            Action::CursorStyle => self.cursor_style(csi),
            Action::KittyFlags => self.kitty_flags(csi),
            Action::ModifyOtherKeys => {
                self.modes.modify_other_keys = csi.parameter_or(1, 0).min(3) as u8;
                self.emit_csi(csi);
            }
            Action::Repeat => self.repeat(csi.parameter_or(0, 1)),
            Action::ClearTab => self.clear_tab(csi),
            Action::EraseAbove => self.erase_above(csi),
            _ => self.emit_csi(csi),
        }
    }

    fn private_mode(&mut self, number: u16, on: bool) {
        let was_alternate = self.modes.alternate;
        match self.modes.request(number, on) {
            Request::Known => {
                // Writing to a vector cannot fail.
                let _ = write!(self.pending, "\x1b[?{number}{}", if on { 'h' } else { 'l' });
            }
            Request::Instead(bytes) => self.emit(bytes),
            Request::Unknown => {}
        }
        self.news.left_alternate |= was_alternate && !self.modes.alternate;
        self.modes.kitty_flags = self.kitty().flags();
    }

    fn ansi_mode(&mut self, number: u16, on: bool) {
        if self.modes.request_ansi(number, on) {
            let _ = write!(self.pending, "\x1b[{number}{}", if on { 'h' } else { 'l' });
        }
    }

    fn set_margins(&mut self, csi: &Csi<'_>) {
        let rows = self.emulator.size().rows;
        let top = csi.parameter_or(0, 1);
        let bottom = csi.parameter_or(1, rows).min(rows);
        if top < bottom {
            self.margins = (top - 1, bottom - 1);
            let _ = write!(self.pending, "\x1b[{top};{bottom}r");
        }
    }

    fn cursor_style(&mut self, csi: &Csi<'_>) {
        if let Ok(style @ 0..=6) = u8::try_from(csi.parameter_or(0, 0)) {
            self.modes.cursor_style = style;
            self.emit_csi(csi);
        }
    }

    fn kitty_flags(&mut self, csi: &Csi<'_>) {
        let stack = &mut self.kitty[usize::from(self.modes.alternate)];
        // Five flags exist; the mask makes the number fit.
        let flags = (csi.parameter_or(0, 0) & 0x1f) as u8;
        match csi.marker {
            b'>' => stack.push(flags),
            b'<' => stack.pop(csi.parameter_or(0, 1)),
            _ => stack.set(flags, csi.parameter_or(1, 1)),
        }
        self.modes.kitty_flags = stack.flags();
        self.emit_csi(csi);
    }

    /// The repeated character is written out: a viewer painted since then would have nothing to repeat. At most a
    /// screenful, so that eight bytes cannot become megabytes.
    fn repeat(&mut self, count: u16) {
        let Some(character) = self.last_printed else { return };
        let Size { cols, rows } = self.emulator.size();
        let most = usize::from(cols) * usize::from(rows);
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        for _ in 0..usize::from(count).min(most) {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn set_tab(&mut self) {
        self.sync();
        self.tabs.set(self.emulator.cursor().1, self.emulator.size().cols, true);
        self.emit(b"\x1bH");
    }

    fn clear_tab(&mut self, csi: &Csi<'_>) {
        self.sync();
        let cols = self.emulator.size().cols;
        match csi.parameter_or(0, 0) {
            0 => self.tabs.set(self.emulator.cursor().1, cols, false),
            3 => self.tabs.clear(cols),
            _ => return,
        }
        self.emit_csi(csi);
    }

    /// The emulator forgets the first row when the cursor is in the second.
    fn erase_above(&mut self, csi: &Csi<'_>) {
        self.emit_csi(csi);
        self.sync();
        if self.emulator.cursor().0 == 1 {
            self.emulator.clear_first_row();
        }
    }

    fn pop_title(&mut self) {
        if self.title.pop() {
            self.news.title = true;
            self.emit_title();
        }
    }

    fn emit_title(&mut self) {
        // Straight to the viewers' bytes; the emulator has no use for it but does no harm either.
        let _ = write!(self.pending, "\x1b]2;{}\x1b\\", self.title.text());
    }

    fn osc(&mut self, payload: &str, bell: bool) {
        let end: &[u8] = if bell { b"\x07" } else { b"\x1b\\" };
        match osc(payload) {
            OscAction::Drop => {}
            OscAction::Pass => self.emit_osc(payload, end),
            OscAction::CloseLink => self.emit_osc("8;;", end),
            OscAction::Title(text) => {
                self.title.set(text);
                self.news.title = true;
                self.emit_title();
            }
            OscAction::ActiveViewer => {
                self.flush();
                self.outputs
                    .push(Output::ActiveViewer([b"\x1b]", payload.as_bytes(), end].concat()));
            }
            OscAction::Colors { first, specs } => self.dynamic_colors(first, specs, end),
            OscAction::ResetColor(number) => {
                self.colors.reset(number);
                self.emit_osc(payload, end);
            }
        }
    }

    fn emit_osc(&mut self, payload: &str, end: &[u8]) {
        self.emit(b"\x1b]");
        self.emit(payload.as_bytes());
        self.emit(end);
    }

    fn dynamic_colors(&mut self, first: u16, specs: &str, end: &[u8]) {
        for (number, spec) in (first..=19).zip(specs.split(';')) {
            if spec == "?" {
                let Some(color) = self.colors.answer(number) else { continue };
                let end = String::from_utf8_lossy(end);
                self.reply(&format!("\x1b]{number};{color}{end}"));
            } else if !spec.is_empty() {
                self.colors.set(number, spec);
                self.emit_osc(&format!("{number};{spec}"), end);
            }
        }
    }

    /// Device control strings: only questions matter. DECRQSS gets the state, XTGETTCAP always "not known".
    fn dcs(&mut self, payload: &[u8]) {
        let Some(setting) = payload.strip_prefix(b"$q") else {
            if payload.starts_with(b"+q") {
                self.reply("\x1bP0+r\x1b\\");
            }
            return;
        };
        self.sync();
        let value = match setting {
            b" q" => format!("{} q", self.modes.cursor_style),
            b"r" => format!("{};{}r", self.margins.0 + 1, self.margins.1 + 1),
            b"m" => {
                let mut text = Vec::new();
                sgr::parameters(&mut text, &self.emulator.pen().style);
                format!("{}m", String::from_utf8_lossy(&text))
            }
            _ => return self.reply("\x1bP0$r\x1b\\"),
        };
        self.reply(&format!("\x1bP1$r{value}\x1b\\"));
    }
}

impl Sink for Terminal {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Text(text) => {
                if let Some(last) = text.chars().rev().find(|c| *c >= ' ') {
                    self.last_printed = Some(last);
                }
                self.emit(text.as_bytes());
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
