//! The probe's terminal: raw, with bracketed paste, and a screen that may be late.

use std::io::{Read, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Probe;
use super::composer::Composer;
use std::sync::Arc;

/// How the terminal was before it was made raw.
static BEFORE: OnceLock<Termios> = OnceLock::new();
/// What is to be shown, and when, on a screen that is late.
static LATE: OnceLock<(Duration, Sender<Echo>)> = OnceLock::new();

/// What is echoed late, and when it was typed.
type Echo = (Instant, Vec<u8>);

/// Raw mode, and bracketed paste unless `plain`; everything is shown `delay` later.
pub fn prepare(plain: bool, delay: Duration) {
    if !delay.is_zero() {
        let (sender, receiver) = channel();
        let _ = LATE.set((delay, sender));
        std::thread::spawn(move || show_late(receiver));
    }
    let input = std::io::stdin();
    if let Ok(mut modes) = tcgetattr(&input) {
        let _ = BEFORE.set(modes.clone());
        modes.make_raw();
        tcsetattr(&input, OptionalActions::Now, &modes).unwrap();
    }
    print(if plain { "probe\n> " } else { "\x1b[?2004hprobe\n> " });
}

/// As a program leaves its terminal that ends in an orderly way.
pub fn restore() {
    write(b"\x1b[?2004l\r\n");
    if let Some(modes) = BEFORE.get() {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, modes);
    }
}

/// To the terminal, each newline a new line.
pub fn print(text: &str) {
    show(text.replace('\n', "\r\n").into_bytes());
}

/// Bytes to the terminal.
pub fn show(bytes: Vec<u8>) {
    match LATE.get() {
        Some((delay, late)) => drop(late.send((Instant::now() + *delay, bytes))),
        None => write(&bytes),
    }
}

fn show_late(waiting: Receiver<(Instant, Vec<u8>)>) {
    while let Ok((due, bytes)) = waiting.recv() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        write(&bytes);
    }
}

fn write(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    // The terminal may have gone.
    let _ = out.write_all(bytes);
    let _ = out.flush();
}

/// Reads until the terminal ends.
pub fn read(probe: &Arc<Probe>, composer: &mut Composer) {
    let mut buffer = [0; 16384];
    loop {
        let behaviour = probe.behaviour.lock().unwrap();
        drop(probe.reading.wait_while(behaviour, |now| !now.reads).unwrap());
        let Ok(count @ 1..) = std::io::stdin().read(&mut buffer) else { return };
        probe.ledger.bytes(&buffer[..count]);
        composer.take(probe, &buffer[..count]);
    }
}
