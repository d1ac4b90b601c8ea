//! The pseudoterminal: opening it, starting the agent in it, reading and writing it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, Winsize};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::process::ProcessId;

use super::error::HostError;
use super::inject::CANONICAL_LINE;
use super::launch::Launch;
use super::screen::Size;

/// Both ends of a pseudoterminal. The host holds the agent's end too: so the terminal is not hung
/// up while nobody has it open, and it can be asked what lies in it unread. The agent's exit is
/// therefore never seen here, only by SIGCHLD.
#[derive(Debug)]
pub struct Pty {
    master: AsyncFd<OwnedFd>,
    slave: OwnedFd,
}

impl Pty {
    /// Opens one of the given size. It becomes nobody's controlling terminal yet.
    pub fn open(size: Size) -> Result<Self, HostError> {
        let system = |action| HostError::system::<Errno>(action);
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = rustix::pty::openpt(flags).map_err(system("open a pseudoterminal"))?;
        rustix::pty::unlockpt(&master).map_err(system("unlock the pseudoterminal"))?;
        let slave = rustix::pty::ioctl_tiocgptpeer(&master, flags)
            .map_err(system("open the pseudoterminal's other end"))?;
        let status = rustix::fs::fcntl_getfl(&master).map_err(system("read the pty's flags"))?;
        rustix::fs::fcntl_setfl(&master, status | OFlags::NONBLOCK)
            .map_err(system("make the pty non-blocking"))?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        // SAFETY: an OwnedFd is the same open descriptor until it is dropped, by the AsyncFd.
        let master = unsafe { AsyncFd::register_with_interest(master, interest) }
            .map_err(HostError::system("watch the pty"))?;
        let pty = Self { master, slave };
        pty.resize(size)?;
        Ok(pty)
    }

    /// Tells the terminal its size; the foreground programs get SIGWINCH if it is another.
    pub fn resize(&self, size: Size) -> Result<(), HostError> {
        let winsize = Winsize { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&self.slave, winsize)
            .map_err(HostError::system("set the terminal's size"))
    }

    /// Output of the programs. Safe to cancel.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = |master: &OwnedFd| Ok(rustix::io::read(master, &mut *buffer)?);
        self.master.async_io(Interest::READABLE, read).await
    }

    /// Output that is there now; `None` if there is none: all that was written before the call has
    /// been read then, for the kernel looks into its own buffers before it says so.
    pub fn read_now(&self, buffer: &mut [u8]) -> Option<usize> {
        rustix::io::read(self.master.get_ref(), buffer).ok().filter(|count| *count > 0)
    }

    /// Types as much of `bytes` as the terminal takes; waits while it takes nothing. Safe to
    /// cancel.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let write = |master: &OwnedFd| Ok(rustix::io::write(master, bytes)?);
        self.master.async_io(Interest::WRITABLE, write).await
    }

    /// Types as much of `bytes` as the terminal takes at once; `None` if it takes nothing.
    pub fn write_now(&self, bytes: &[u8]) -> Option<usize> {
        rustix::io::write(self.master.get_ref(), bytes).ok().filter(|count| *count > 0)
    }

    /// Bytes that were typed and that no program has read. In canonical mode only whole lines
    /// count.
    pub fn unread(&self) -> usize {
        rustix::io::ioctl_fionread(&self.slave).map_or(0, |n| usize::try_from(n).unwrap_or(0))
    }

    /// The longest line that is taken whole, while the terminal collects lines itself.
    pub fn line_limit(&self) -> Option<usize> {
        let modes = rustix::termios::tcgetattr(&self.slave).ok()?;
        modes.local_modes.contains(LocalModes::ICANON).then_some(CANONICAL_LINE)
    }

    /// The foreground process group; `None` while there is none.
    pub fn foreground(&self) -> Option<i32> {
        let group = rustix::termios::tcgetpgrp(self.master.get_ref()).ok()?;
        Some(group.as_raw_nonzero().get())
    }

    /// Starts the agent as leader of a session of its own, with this as its controlling terminal.
    /// It is killed when the calling thread ends, so call it from the thread that lives as long as
    /// the host.
    pub fn start(&self, launch: &Launch) -> Result<ProcessId, HostError> {
        let directory = open_directory(launch)?;
        let stdio = || {
            let end = self.slave.try_clone();
            end.map(Stdio::from).map_err(HostError::system("copy the pty's descriptor"))
        };
        let mut command = Command::new(&launch.argv[0]);
        command.args(&launch.argv[1..]).env_clear().envs(&launch.env);
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")] {
            if !launch.env.contains_key(name) {
                command.env(name, value);
            }
        }
        command.env("PWD", &launch.cwd);
        command.stdin(stdio()?).stdout(stdio()?).stderr(stdio()?);
        let host = rustix::process::getpid();
        // SAFETY: between fork and exec only system calls are made, no allocation and no lock.
        unsafe {
            command.pre_exec(move || become_agent(&directory, host));
        }
        let child = command.spawn().map_err(|source| HostError::Start {
            step: "agent".to_owned(),
            error: format!("start {}: {source}", launch.argv[0]),
        })?;
        // Nobody reaps it but the host's loop, so it is still there, if only as a zombie.
        Ok(ProcessId::of_child(child.id())?)
    }
}

/// Opened before the fork, so that the agent starts in the directory that was looked at.
fn open_directory(launch: &Launch) -> Result<OwnedFd, HostError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(&launch.cwd, flags, Mode::empty()).map_err(|e| HostError::Start {
        step: "cwd".to_owned(),
        error: format!("enter {}: {}", launch.cwd.display(), io::Error::from(e)),
    })
}

/// In the child, before exec.
fn become_agent(directory: &OwnedFd, host: Pid) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
    rustix::process::fchdir(directory)?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The host may have died before the line above.
    if rustix::process::getppid() != Some(host) {
        return Err(Errno::SRCH.into());
    }
    Ok(())
}
