//! The probe's terminal: raw, with bracketed paste, and a composer that Enter submits.

use std::io::{Read, Write};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::Probe;

/// What has been typed and not yet submitted.
#[derive(Default)]
pub struct Composer {
    draft: Vec<u8>,
    escape: Vec<u8>,
    pasting: bool,
}

/// Raw mode, and bracketed paste unless `plain`.
pub fn prepare(plain: bool) {
    let input = std::io::stdin();
    if let Ok(mut modes) = tcgetattr(&input) {
        modes.make_raw();
        tcsetattr(&input, OptionalActions::Now, &modes).unwrap();
    }
    print(if plain { "probe\n> " } else { "\x1b[?2004hprobe\n> " });
}

/// To the terminal, each newline a new line.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // The terminal may have gone.
    let _ = out.write_all(text.replace('\n', "\r\n").as_bytes());
    let _ = out.flush();
}

/// Reads until the terminal ends.
pub fn read(probe: &Probe, composer: &mut Composer) {
    let mut buffer = [0; 4096];
    loop {
        let behaviour = probe.behaviour.lock().unwrap();
        drop(probe.reading.wait_while(behaviour, |now| !now.reads).unwrap());
        let Ok(count @ 1..) = std::io::stdin().read(&mut buffer) else { return };
        probe.ledger.bytes(&buffer[..count]);
        for &byte in &buffer[..count] {
            composer.take(probe, byte);
        }
    }
}

impl Composer {
    fn take(&mut self, probe: &Probe, byte: u8) {
        if byte == 0x1b || !self.escape.is_empty() {
            return self.take_escape(byte);
        }
        let dialog = probe.behaviour.lock().unwrap().dialog;
        match byte {
            b'\r' if dialog => {
                probe.ledger.answered("yes");
                probe.close_dialog();
            }
            _ if dialog => {}
            b'\r' if !self.pasting => {
                print("\n");
                let draft = std::mem::take(&mut self.draft);
                probe.submitted(&String::from_utf8_lossy(&draft));
                print("> ");
            }
            0x7f => drop(self.draft.pop()),
            0x15 => self.draft.clear(),
            b'\r' => self.add(b'\n'),
            byte => self.add(byte),
        }
    }

    fn add(&mut self, byte: u8) {
        self.draft.push(byte);
        let echo = if byte == b'\n' { b"\r\n".to_vec() } else { vec![byte] };
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(&echo);
        let _ = out.flush();
    }

    /// Paste brackets mean something; every other sequence is left out.
    fn take_escape(&mut self, byte: u8) {
        self.escape.push(byte);
        let ends = self.escape.len() > 2 && byte.is_ascii_alphabetic() || byte == b'~';
        if !ends && self.escape.len() < 8 {
            return;
        }
        match self.escape.as_slice() {
            b"\x1b[200~" => self.pasting = true,
            b"\x1b[201~" => self.pasting = false,
            _ => {}
        }
        self.escape.clear();
    }
}
