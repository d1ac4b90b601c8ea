//! Who is at the other end of a Unix socket, as the kernel tells.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;

use rustix::process::{PidfdFlags, pidfd_open};

use super::{Evidence, ProcessError, ProcessId, lineage};

/// The process that connected (or, for a listener's end, that listens).
#[derive(Debug)]
pub struct Peer {
    /// The user it ran as when it connected.
    pub uid: u32,
    /// The process, `None` if it has ended since, or is of another pid namespace.
    pub process: Option<ProcessId>,
    /// Holds on to the process: while this is open its pid means nobody else.
    pidfd: Option<OwnedFd>,
    lineage: OnceLock<Vec<(ProcessId, String)>>,
}

impl Peer {
    /// Asks the kernel (SO_PEERCRED). The start time is read right after, with a pidfd held; a peer
    /// that ended before that and whose pid was used again within the moment is not told apart.
    pub fn of(socket: impl AsFd) -> Result<Self, ProcessError> {
        let credentials = rustix::net::sockopt::socket_peercred(socket)
            .map_err(|e| ProcessError::Peer(e.into()))?;
        let pidfd = pidfd_open(credentials.pid, PidfdFlags::empty()).ok();
        let process =
            u32::try_from(credentials.pid.as_raw_nonzero().get()).ok().and_then(ProcessId::observe);
        Ok(Self { uid: credentials.uid.as_raw(), process, pidfd, lineage: OnceLock::new() })
    }

    /// Whether the peer runs as the same user as this process.
    #[must_use]
    pub fn is_same_user(&self) -> bool {
        self.uid == rustix::process::getuid().as_raw()
    }

    /// The peer and the processes above it, each with its name, as they were when this was first
    /// asked: a process never comes under another one later than that, it can only lose those above
    /// it. Empty for a peer that has ended.
    pub fn lineage(&self) -> Result<&[(ProcessId, String)], ProcessError> {
        let Some(process) = self.process else { return Ok(&[]) };
        if let Some(known) = self.lineage.get() {
            return Ok(known);
        }
        let row = lineage(process)?;
        Ok(self.lineage.get_or_init(|| row))
    }

    /// Whether the process that connected is still there.
    #[must_use]
    pub fn is_alive(&self) -> Evidence {
        match (&self.process, &self.pidfd) {
            (Some(process), Some(_)) => process.is_alive(),
            (Some(process), None) if process.is_alive() == Evidence::Gone => Evidence::Gone,
            _ => Evidence::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_itself() {
        let (a, _b) = std::os::unix::net::UnixStream::pair().unwrap();
        let peer = Peer::of(&a).unwrap();
        assert!(peer.is_same_user());
        assert_eq!(peer.process, Some(ProcessId::current().unwrap()));
        assert_eq!(peer.is_alive(), Evidence::Alive);
    }
}
