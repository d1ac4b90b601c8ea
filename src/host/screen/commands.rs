//! Carries out operating system commands and device control strings.

use std::io::Write;

use super::emulator::Emulator;
use super::osc::{OscAction, osc};
use super::output::Output;
use super::sgr;
use super::terminal::Terminal;

impl Terminal {
    /// `CSI 23 t`
    pub(super) fn pop_title(&mut self) {
        if self.title.pop() {
            self.news.title = true;
            self.emit_title();
        }
    }

    fn emit_title(&mut self) {
        // Straight to the viewers' bytes; the emulator has no use for it but does no harm either.
        let _ = write!(self.pending, "\x1b]2;{}\x1b\\", self.title.text());
    }

    /// An operating system command.
    pub(super) fn osc(&mut self, payload: &str, bell: bool) {
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

    /// A device control string: only questions matter. DECRQSS gets the state, XTGETTCAP always "not known".
    pub(super) fn dcs(&mut self, payload: &[u8]) {
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
