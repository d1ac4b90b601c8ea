//! What has been typed into the probe and not yet submitted. Enter submits, as long as no dialog is
//! open and the switches let it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Probe, terminal};

/// The composer.
#[derive(Default)]
pub struct Composer {
    draft: Vec<u8>,
    escape: Vec<u8>,
    /// Inside the brackets of a paste; whether a dialog took it.
    pasting: Option<Paste>,
    /// When the last paste ended.
    pasted: Option<Instant>,
    /// Enters that were lost since then.
    lost: u32,
    echo: Vec<u8>,
    /// A prompt that comes back at a moment.
    returning: Option<(Instant, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Paste {
    Text,
    IntoDialog,
}

impl Composer {
    /// Takes bytes as the terminal gives them.
    pub fn take(&mut self, probe: &Arc<Probe>, bytes: &[u8]) {
        if let Some((_, prompt)) = self.returning.take_if(|(at, _)| Instant::now() >= *at) {
            self.draft.extend(prompt.bytes());
        }
        if bytes == [0x1b] && self.escape.is_empty() && self.pasting.is_none() {
            if probe.behaviour.lock().unwrap().dialog {
                probe.ledger.answered("no");
            } else if let Some(prompt) = probe.stops() {
                self.comes_back(&prompt, probe.behaviour.lock().unwrap().late);
            }
            probe.ledger.drafted(&self.draft);
            return self.show();
        }
        for &byte in bytes {
            if byte == 0x1b || !self.escape.is_empty() {
                self.take_escape(probe, byte);
            } else {
                self.take_byte(probe, byte);
            }
        }
        probe.ledger.drafted(&self.draft);
        self.show();
    }

    fn take_byte(&mut self, probe: &Arc<Probe>, byte: u8) {
        match self.pasting {
            // A paste is one thing: a dialog that opens within it does not get half of it.
            Some(Paste::Text) => return self.add(if byte == b'\r' { b'\n' } else { byte }),
            Some(Paste::IntoDialog) => return,
            None => {}
        }
        let dialog = probe.behaviour.lock().unwrap().dialog;
        match byte {
            b'\r' if dialog => {
                probe.ledger.answered("yes");
                probe.close_dialog(&String::from_utf8_lossy(&self.draft));
            }
            _ if dialog => {}
            b'\r' if self.swallows(probe) => {}
            b'\r' => {
                self.show();
                terminal::print("\n");
                let draft = std::mem::take(&mut self.draft);
                probe.ledger.drafted(&[]);
                self.pasted = None;
                if draft.is_empty() {
                    probe.ledger.bare_enter();
                } else if !probe.behaviour.lock().unwrap().loses {
                    probe.submitted(&String::from_utf8_lossy(&draft));
                }
                // A dialog that has come and gone meanwhile has drawn the composer already.
                terminal::print("\r\x1b[K> ");
            }
            0x7f => {
                if self.draft.pop().is_some() {
                    self.echo.extend(b"\x08 \x08");
                }
            }
            0x15 => {
                self.draft.clear();
                self.echo.extend(b"\r\x1b[K> ");
            }
            byte => self.add(byte),
        }
    }

    /// The prompt of a turn that was stopped, so much later.
    fn comes_back(&mut self, prompt: &str, late: Duration) {
        let shown = format!("\r\x1b[K> {prompt}");
        self.returning = Some((Instant::now() + late, prompt.to_owned()));
        if late.is_zero() {
            return terminal::print(&shown);
        }
        std::thread::spawn(move || {
            std::thread::sleep(late);
            terminal::print(&shown);
        });
    }

    /// Whether this Enter comes too soon after a paste, or is one of those that are lost.
    fn swallows(&mut self, probe: &Probe) -> bool {
        let Some(pasted) = self.pasted else { return false };
        let behaviour = probe.behaviour.lock().unwrap();
        if pasted.elapsed() < behaviour.paste_window {
            return true;
        }
        self.lost += 1;
        self.lost <= behaviour.lose_enters
    }

    fn add(&mut self, byte: u8) {
        self.draft.push(byte);
        match byte {
            b'\n' => self.echo.extend(b"\r\n"),
            byte => self.echo.push(byte),
        }
    }

    fn show(&mut self) {
        if !self.echo.is_empty() {
            terminal::show(std::mem::take(&mut self.echo));
        }
    }

    /// Paste brackets mean something; every other sequence is left out.
    fn take_escape(&mut self, probe: &Arc<Probe>, byte: u8) {
        self.escape.push(byte);
        let ends = self.escape.len() > 2 && byte.is_ascii_alphabetic() || byte == b'~';
        if !ends && self.escape.len() < 8 {
            return;
        }
        match self.escape.as_slice() {
            b"\x1b[200~" => self.begin_paste(probe),
            b"\x1b[201~" => {
                self.pasting = None;
                self.pasted = Some(Instant::now());
                self.lost = 0;
            }
            _ => {}
        }
        self.escape.clear();
    }

    fn begin_paste(&mut self, probe: &Arc<Probe>) {
        let (dialog, opens) = {
            let mut behaviour = probe.behaviour.lock().unwrap();
            (behaviour.dialog, behaviour.dialog_on_paste.take())
        };
        self.pasting = Some(if dialog { Paste::IntoDialog } else { Paste::Text });
        if let Some(delay) = opens {
            let probe = probe.clone();
            std::thread::spawn(move || {
                std::thread::sleep(delay);
                probe.open_dialog();
            });
        }
    }
}
