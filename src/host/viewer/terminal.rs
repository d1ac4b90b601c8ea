//! A person's terminal: raw while it is held, as it was when it is let go.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::host::error::HostError;
use crate::host::screen::{Screen, Size};

/// The terminal, opened anew: its descriptor is non-blocking without making the shell's so.
#[derive(Debug)]
pub struct Terminal {
    tty: AsyncFd<OwnedFd>,
    /// The modes it was found in, once they were changed.
    found: Option<Termios>,
}

impl Terminal {
    /// The terminal on standard input. Needs a tokio runtime, as [`open`](Self::open) does.
    ///
    /// # Errors
    /// If standard input is no terminal.
    pub fn on_stdin() -> Result<Self, HostError> {
        let name = rustix::termios::ttyname(rustix::stdio::stdin(), Vec::new())
            .map_err(HostError::system("find the terminal on standard input"))?;
        let path = name.to_str().map_err(|_| HostError::System {
            action: "find the terminal on standard input",
            source: io::Error::from(io::ErrorKind::InvalidData),
        })?;
        Self::open(Path::new(path))
    }

    /// The terminal with this path.
    pub fn open(path: &Path) -> Result<Self, HostError> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let tty = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|e| HostError::file("open", path)(e.into()))?;
        tcgetattr(&tty).map_err(|e| HostError::file("use as a terminal", path)(e.into()))?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        // SAFETY: an OwnedFd is the same open descriptor until it is dropped, by the AsyncFd.
        let tty = unsafe { AsyncFd::register_with_interest(tty, interest) }
            .map_err(HostError::system("watch the terminal"))?;
        Ok(Self { tty, found: None })
    }

    /// Its size; 0×0 while it has none.
    pub fn size(&self) -> Result<Size, HostError> {
        let size = tcgetwinsize(self.tty.get_ref())
            .map_err(HostError::system("read the terminal's size"))?;
        Ok(Size { cols: size.ws_col, rows: size.ws_row })
    }

    /// Every key goes through as it is typed, from here until this is dropped.
    pub fn make_raw(&mut self) -> Result<(), HostError> {
        let found = tcgetattr(self.tty.get_ref())
            .map_err(HostError::system("read the terminal's modes"))?;
        let mut raw = found.clone();
        raw.make_raw();
        self.found = Some(found);
        tcsetattr(self.tty.get_ref(), OptionalActions::Now, &raw)
            .map_err(HostError::system("make the terminal raw"))
    }

    /// What was typed; 0 at the end of it. Safe to cancel.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = |tty: &OwnedFd| Ok(rustix::io::read(tty, &mut *buffer)?);
        self.tty.async_io(Interest::READABLE, read).await
    }

    /// Shows some of `bytes`; waits while the terminal takes nothing. Safe to cancel.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let write = |tty: &OwnedFd| Ok(rustix::io::write(tty, bytes)?);
        self.tty.async_io(Interest::WRITABLE, write).await
    }

    /// Ends what the session's program has set in the terminal, and the raw mode.
    fn restore(&mut self) {
        let Some(found) = self.found.take() else { return };
        let tty = self.tty.get_ref().as_fd();
        // What the terminal was last sent may be the half of a sequence: CAN ends that.
        let reset = [b"\x18", Screen::viewer_reset()].concat();
        let mut rest: &[u8] = &reset;
        // A terminal that takes nothing (stopped with Ctrl-S) must not keep the person in here.
        for _ in 0..8 {
            match rustix::io::write(tty, rest) {
                Ok(count) => rest = &rest[count..],
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
            if rest.is_empty() {
                break;
            }
        }
        let _ = tcsetattr(tty, OptionalActions::Now, &found);
    }
}

impl Drop for Terminal {
    /// Also when the viewer panics.
    fn drop(&mut self) {
        self.restore();
    }
}
