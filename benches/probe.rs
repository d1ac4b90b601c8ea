//! What runs in the terminals that are measured: tells a socket when it sees which bytes.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::termios::{InputModes, LocalModes, OptionalActions, tcgetattr, tcsetattr};
use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the clock that all processes share.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).expect("the machine has been started")
}

/// Reads keys as they come, asks for bracketed paste, and writes a line `<ns> <last byte>` for each
/// read to the socket. With a gate it asks only once a byte has come from there.
pub fn run(socket: &Path, gate: Option<&Path>) -> io::Result<()> {
    let mut raw = tcgetattr(io::stdin())?;
    raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
    raw.input_modes.remove(InputModes::ICRNL);
    tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
    let mut told = UnixStream::connect(socket)?;
    let mut out = io::stdout();
    if let Some(gate) = gate {
        UnixStream::connect(gate)?.read_exact(&mut [0])?;
    }
    out.write_all(b"\x1b[?2004hready\r\n")?;
    out.flush()?;
    let mut bytes = [0; 4096];
    loop {
        let length = io::stdin().lock().read(&mut bytes)?;
        let at = now();
        if length == 0 {
            return Ok(());
        }
        told.write_all(format!("{at} {}\n", bytes[length - 1]).as_bytes())?;
    }
}
