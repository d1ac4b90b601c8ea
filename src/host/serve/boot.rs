//! From the launch file to a running agent, and the one line that tells how it went.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tracing::{error, info};

use crate::host::error::HostError;
use crate::host::exit::ExitRecord;
use crate::host::launch::Launch;
use crate::host::ledger::Ledger;
use crate::host::pty::Pty;
use crate::host::record::Recorder;
use crate::process::{ProcessId, close_on_exec_above_stdio};

use super::host::{Events, Host, Parts};
use super::{PROCESS_NAME, listen};

/// What the host says on its standard output, once, as a line of JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The agent runs and the socket answers.
    Started {
        /// The host itself.
        host: ProcessId,
        /// The agent.
        agent: ProcessId,
    },
    /// Nothing runs, nothing was left.
    Failed {
        /// Which step.
        step: String,
        /// Why.
        error: String,
    },
}

/// Runs a session's host to its end: the whole life of the process `ao host --launch FILE`. Says
/// on standard output whether the session started, and closes it.
///
/// # Errors
/// What kept the session from starting, or broke the host.
pub fn run(launch_file: &Path) -> Result<(), HostError> {
    let prepared =
        prepare().and_then(|()| Launch::read(launch_file).map_err(|e| step("launch", &e)));
    let launch = prepared.inspect_err(report_failure)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(HostError::system("start the runtime"))
        .inspect_err(report_failure)?;
    runtime.block_on(async {
        let mut started = start(launch).inspect_err(report_failure)?;
        report(&Report::Started { host: started.host.me(), agent: started.host.agent() });
        info!(agent = started.host.agent().pid, "started");
        let result = started.host.run(started.events).await;
        started.socket.remove();
        result.inspect_err(|e| error!(error = %e, "ended by an error"))
    })
}

/// What concerns this process as such: nothing of who started it may reach it or the agent.
fn prepare() -> Result<(), HostError> {
    let name = std::ffi::CString::new(PROCESS_NAME).expect("the name has no NUL");
    rustix::thread::set_name(&name).map_err(HostError::system("name the process"))?;
    close_on_exec_above_stdio()?;
    // Fails for the leader of a process group, who has left its terminal's session already or was
    // started from a shell by hand.
    let _ = rustix::process::setsid();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(HostError::system("become the reaper of orphans"))?;
    std::env::set_current_dir("/").map_err(HostError::system("leave the directory"))
}

struct Started {
    host: Host,
    events: Events,
    socket: Socket,
}

/// Everything that can fail without anything to undo comes before the agent; the socket's file
/// goes by itself when a later step fails.
fn start(launch: Launch) -> Result<Started, HostError> {
    let dir = launch.dir.clone();
    let ended = ExitRecord::read(&dir).map_err(|e| step("launch", &e))?;
    if ended.is_some() {
        let error = format!("generation {} has ended already", launch.generation);
        return Err(HostError::Start { step: "launch".to_owned(), error });
    }
    let ledger = Ledger::open(&launch.ledger()).map_err(|e| step("ledger", &e))?;
    let recorder = Recorder::new(dir.clone(), launch.record_limit)
        .map_err(|e| step("record", &HostError::file("read", dir)(e)))?;
    let (listener, socket) = Socket::bind(&launch.socket).map_err(|e| step("socket", &e))?;
    let signals = Signals::catch().map_err(|e| step("signals", &e))?;
    let pty = Arc::new(Pty::open(launch.size.clamped()).map_err(|e| step("pty", &e))?);
    let me = ProcessId::current()?;
    let agent = pty.start(&launch).map_err(|e| step("agent", &e))?;
    // Its memory holds the session's token: no core file, no reading by other programs.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let (sender, inputs) = mpsc::channel(64);
    let key = launch.control_key.clone();
    tokio::spawn(listen::listen(listener, key, me, sender.clone()));
    let parts = Parts { launch, me, agent, pty: Arc::clone(&pty), ledger, recorder };
    let host = Host::new(parts, sender);
    let Signals { child, terminate, ignored } = signals;
    let events = Events { child, terminate, inputs, pty, _ignored: ignored };
    Ok(Started { host, events, socket })
}

/// Caught signals. They are caught rather than ignored, for exec resets only what is caught.
struct Signals {
    child: Signal,
    terminate: Signal,
    ignored: Vec<Signal>,
}

impl Signals {
    fn catch() -> Result<Self, HostError> {
        let catch = |kind| signal(kind).map_err(HostError::system("catch signals"));
        let ignored = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()];
        Ok(Self {
            child: catch(SignalKind::child())?,
            terminate: catch(SignalKind::terminate())?,
            ignored: ignored.into_iter().map(catch).collect::<Result<_, _>>()?,
        })
    }
}

/// The socket's file, removed at the end if it still is this one.
struct Socket {
    path: std::path::PathBuf,
    device: u64,
    inode: u64,
}

impl Socket {
    fn bind(path: &Path) -> Result<(UnixListener, Self), HostError> {
        let file = |action| HostError::file(action, path);
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => {
                let source = io::Error::from(io::ErrorKind::AddrInUse);
                return Err(file("listen on")(source));
            }
            // Its host has gone without removing it.
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(file("remove the stale"))?;
            }
            Err(_) => {}
        }
        let before = rustix::process::umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = listener.map_err(file("listen on"))?;
        let meta = std::fs::symlink_metadata(path).map_err(file("look at"))?;
        let socket = Self { path: path.to_owned(), device: meta.dev(), inode: meta.ino() };
        Ok((listener, socket))
    }

    fn remove(&mut self) {
        let same = |meta: &std::fs::Metadata| (meta.dev(), meta.ino()) == (self.device, self.inode);
        if std::fs::symlink_metadata(&self.path).is_ok_and(|meta| same(&meta)) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.remove();
    }
}

fn step(step: &str, error: &HostError) -> HostError {
    match error {
        HostError::Start { step, error } => {
            HostError::Start { step: step.clone(), error: error.clone() }
        }
        other => HostError::Start { step: step.to_owned(), error: with_sources(other) },
    }
}

/// The error and what caused it, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn report_failure(error: &HostError) {
    let (step, error) = match error {
        HostError::Start { step, error } => (step.clone(), error.clone()),
        other => ("host".to_owned(), with_sources(other)),
    };
    report(&Report::Failed { step, error });
}

/// Nobody may be there to read it any more; the host serves all the same.
fn report(report: &Report) {
    let mut line = serde_json::to_vec(report).expect("a report is JSON");
    line.push(b'\n');
    let mut out = io::stdout();
    let _ = out.write_all(&line).and_then(|()| out.flush());
    if let Ok(null) = rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
    {
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}
