//! The supervisor's life, from its first line to its last.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::Environment;
use crate::services::lanes::CutOff;
use crate::services::{ServiceError, World, notify, ping_pong, reaper, reports, sessions, traces};
use crate::store::Origin;
use crate::store::journal;
use crate::wire::error::ApiError;

use super::boot::{Booted, boot, reconcile};
use super::server::{self, Listener};
use super::{SupervisorError, answer, keeper, ready, shutdown, spool_watch};

/// How long requests that are being answered may take after the order to stop.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the database may take to be put into one file.
const CLOSE: Duration = Duration::from_secs(1);
/// How often the journal is shortened.
const SHORTEN_EVERY: Duration = Duration::from_secs(600);

/// How to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In the foreground, for a service manager.
    Foreground,
    /// In a session (of the operating system) of its own, as the child of a keeper.
    Detached,
    /// As that child, with a line on standard output when it is up.
    Kept {
        /// The process of the supervisor that crashed, which this one is to follow.
        after: Option<u32>,
    },
}

/// Runs a supervisor until it is told to stop (SIGTERM, SIGINT, `POST /stop`). Sessions live on.
///
/// # Errors
/// Why it did not come up. A kept one has said so itself, on standard output.
pub fn run(mode: Mode) -> Result<(), ApiError> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if mode == Mode::Detached {
        // Fails only for the leader of a process group, which is as detached as can be.
        let _ = rustix::process::setsid();
        return keeper::keep().map_err(answer::startup);
    }
    crate::process::close_on_exec_above_stdio()
        .map_err(|error| answer::startup(SupervisorError::Process(error)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| answer::startup(SupervisorError::file("the runtime")(error)))?;
    let done = runtime.block_on(live(mode)).map_err(answer::startup);
    if let (Err(error), Mode::Kept { .. }) = (&done, mode) {
        ready::failed(error.clone());
    }
    // Threads that wait for the disk or for git must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(500));
    done
}

async fn live(mode: Mode) -> Result<(), SupervisorError> {
    // Whoever hangs up, a terminal or a pipe, hangs up on somebody else.
    let mut hangup = signal(SignalKind::hangup()).map_err(SupervisorError::file("SIGHUP"))?;
    let mut terminate =
        signal(SignalKind::terminate()).map_err(SupervisorError::file("SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(SupervisorError::file("SIGINT"))?;
    let after = match mode {
        Mode::Kept { after } => after,
        Mode::Foreground | Mode::Detached => None,
    };
    let Booted { world, lock } = boot(&Environment::of_process(), after).await?;
    let listener = Listener::bind(world.paths.socket()).await?;
    // Before the spool is read: what is kept from now on is noticed.
    let mut spooled = Some(spool_watch::watch(&world.paths.spool_dir())?);
    let (stop, mut stopping) = watch::channel(false);
    let stop = Arc::new(stop);
    // From the start: whoever asks how it is gets an answer, everything else waits.
    let serving = tokio::spawn(server::serve(listener, world.clone(), stop.clone()));
    let mut taking_over = tokio::spawn(reconcile(world.clone()));
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            taken_over = &mut taking_over, if tasks.is_empty() => {
                taken_over.map_err(|_| ServiceError::from(CutOff))??;
                keep_all(&world, spooled.take(), &mut tasks);
                tracing::info!(data = %world.paths.data().display(), "up");
                if matches!(mode, Mode::Kept { .. }) {
                    ready::up();
                }
            }
            _ = hangup.recv() => {}
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = shutdown::ordered(&mut stopping) => break,
        }
    }
    tracing::info!("stopping; sessions live on");
    stop.send_replace(true);
    taking_over.abort();
    tasks.abort_all();
    // What is still being answered after this is cut off; its work is journaled.
    let _ = tokio::time::timeout(DRAIN, serving).await;
    let origin = Origin { request_id: None, now: world.now() };
    let stopped = world.store.write(origin, |change| {
        change.record("supervisor.stopped", None, None, &serde_json::json!({}))
    });
    stopped.await?;
    // Without this everything is as safe, but in two files.
    let _ = tokio::time::timeout(CLOSE, world.store.close()).await;
    let _ = std::fs::remove_file(world.paths.socket());
    drop(lock);
    Ok(())
}

/// Everything that goes on for as long as the supervisor runs.
fn keep_all(
    world: &Arc<World>,
    spooled: Option<mpsc::UnboundedReceiver<String>>,
    tasks: &mut JoinSet<()>,
) {
    tasks.spawn(keep_journal(world.clone()));
    tasks.spawn(reports::keep(world.clone()));
    tasks.spawn(notify::keep(world.clone()));
    tasks.spawn(ping_pong::keep(world.clone()));
    tasks.spawn(sessions::keep_queue(world.clone()));
    tasks.spawn(reaper::keep(world.clone()));
    tasks.spawn(traces::follow(world.clone()));
    tasks.spawn(traces::keep_bounds(world.clone()));
    if let Some(spooled) = spooled {
        tasks.spawn(spool_watch::take_in(world.clone(), spooled));
    }
    sessions::restore_lost_at_start(world);
}

/// Keeps the journal within its bound.
async fn keep_journal(world: Arc<World>) {
    loop {
        let origin = Origin { request_id: None, now: world.now() };
        let shortened =
            world.store.write(origin, |change| journal::shorten(change, journal::KEEP)).await;
        if let Err(error) = shortened {
            tracing::warn!(%error, "failed to shorten the journal");
        }
        tokio::time::sleep(SHORTEN_EVERY).await;
    }
}
