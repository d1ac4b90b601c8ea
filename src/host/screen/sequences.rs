//! Carries out what `policy` says about escape and control sequences.

use std::io::Write;

use super::answers::{Facts, answer};
use super::csi::Csi;
use super::emulator::Emulator;
use super::kitty::{self, KittyStack};
use super::modes::Request;
use super::policy::{Action, Query};
use super::size::Size;
use super::terminal::Terminal;

impl Terminal {
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

    /// One sequence; `csi` is what stands between its introducer and its end, if it is a control sequence.
    pub(super) fn act(&mut self, action: Action, csi: Option<&Csi<'_>>) {
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
            Action::Edit => {
                self.emit_csi(csi);
                self.mend();
            }
            Action::EraseAbove => self.erase_above(csi),
            _ => self.emit_csi(csi),
        }
    }

    fn private_mode(&mut self, number: u16, on: bool) {
        let was_alternate = self.modes.alternate;
        let request = self.modes.request(number, on);
        let left_alternate = was_alternate && !self.modes.alternate;
        if left_alternate && self.kitty[1] != KittyStack::default() {
            // A viewer painted while the main screen is shown could not be given the other screen's stack.
            self.kitty[1] = KittyStack::default();
            self.emit(kitty::RESET);
        }
        match request {
            Request::Known => {
                // Writing to a vector cannot fail.
                let _ = write!(self.pending, "\x1b[?{number}{}", if on { 'h' } else { 'l' });
            }
            Request::Instead(bytes) => self.emit(bytes),
            Request::Unknown => {}
        }
        self.news.left_alternate |= left_alternate;
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
        let count = usize::from(count).min(most);
        self.text(&std::iter::repeat_n(character, count).collect::<String>());
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
        self.mend();
        if self.emulator.cursor().0 == 1 {
            self.emulator.clear_first_row();
        }
    }
}
