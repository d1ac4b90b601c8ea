//! tmux with a server of its own and a hundred windows, gone when dropped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct TmuxBed {
    socket: PathBuf,
}

impl TmuxBed {
    /// A hundred windows, the first of them the probe; nothing without tmux.
    pub fn new(root: &Path, terminal: &Path, socket: &Path) -> Option<Self> {
        let version = Command::new("tmux").arg("-V").output().ok()?;
        println!("beside {}", String::from_utf8_lossy(&version.stdout).trim());
        let bed = Self { socket: root.join("tmux") };
        let (terminal, socket) = (terminal.to_str().unwrap(), socket.to_str().unwrap());
        bed.run(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-s",
            "bench",
            terminal,
            "--probe",
            socket,
        ]);
        for _ in 1..super::ao_bed::ALL {
            bed.run(&["new-window", "-d", "-t", "bench", "cat"]);
        }
        Some(bed)
    }

    /// `tmux` with this server.
    pub fn tmux(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(args).env_remove("TMUX").stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) {
        assert!(self.tmux(args).status().unwrap().success(), "tmux {args:?}");
    }
}

impl Drop for TmuxBed {
    fn drop(&mut self) {
        // Whatever it says, nothing more can be done here.
        let _ = self.tmux(&["kill-server"]).status();
    }
}
