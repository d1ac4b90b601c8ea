//! Accepts connections on the Unix socket. A connection that says nothing or says it too slowly is
//! closed, at once where its place is wanted; none can stop the others.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::services::World;

use super::places::Places;
use super::socket_watch::{self, Place};
use super::turn_away::turn_away;
use super::{SupervisorError, boot, connection, routes, shutdown};

/// Connections at a time, at most. Each follower of events and each waiting command has one.
const CONNECTIONS: u64 = 256;
/// Of the files that the process may open, connections take at most one of so many.
const SHARE: u64 = 2;
/// Connections at a time that are told that there is no place.
const TURNED_AWAY: usize = 16;
/// Pause after the socket could not be bound anew.
const REBIND: Duration = Duration::from_secs(1);
/// Pause after the system had no file descriptor for a connection.
const EXHAUSTED: Duration = Duration::from_millis(50);
/// The same, when a silent connection gives its descriptor up.
const GIVES_WAY: Duration = Duration::from_millis(2);

/// The bound socket, and who tells when its file may have gone.
pub struct Listener {
    socket: UnixListener,
    place: Place,
    path: PathBuf,
    departures: mpsc::Receiver<()>,
}

impl Listener {
    /// Binds at `path`, mode 0600, over a socket that a dead supervisor left. One that somebody
    /// answers on is not touched.
    pub async fn bind(path: &Path) -> Result<Self, SupervisorError> {
        let failed = || SupervisorError::file(path);
        match UnixStream::connect(path).await {
            Ok(_) => return Err(SupervisorError::SocketTaken(path.to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => std::fs::remove_file(path).map_err(failed())?,
        }
        // The process's umask is 077, so there is no moment in which others could connect.
        let socket = UnixListener::bind(path).map_err(failed())?;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, private).map_err(failed())?;
        let departures = socket_watch::watch(path.parent().unwrap_or(Path::new("/")))?;
        let place = Place::of(path);
        Ok(Self { socket, place, path: path.to_owned(), departures })
    }

    /// Binds anew at the same place.
    async fn again(&self, world: &World) -> Result<Self, SupervisorError> {
        world.paths.create()?;
        boot::link_ao(&world.bin_dir(), &world.ao)?;
        Self::bind(&self.path).await
    }
}

/// Returns when the socket's file is no longer the one that was bound.
async fn lost(place: &Place, departures: &mut mpsc::Receiver<()>) {
    // No more news means that the directory has gone, and the file with it.
    while place.is_there() && departures.recv().await.is_some() {}
}

/// Serves until `stop` says true, then lets open connections finish what they are answering.
pub async fn serve(mut listener: Listener, world: Arc<World>, stop: Arc<watch::Sender<bool>>) {
    let router = routes::router(world.clone(), stop.clone());
    let places = Places::new(most_connections());
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    let mut spare = Spare::new();
    let mut stopping = stop.subscribe();
    let mut open = JoinSet::new();
    loop {
        let Listener { socket, place, departures, .. } = &mut listener;
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = lost(place, departures) => {
                tracing::warn!(socket = %listener.path.display(), "the socket has gone, binding anew");
                match listener.again(&world).await {
                    Ok(bound) => listener = bound,
                    Err(error) => {
                        tracing::error!(%error, "failed to bind the socket anew");
                        tokio::time::sleep(REBIND).await;
                    }
                }
                continue;
            }
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            () = shutdown::ordered(&mut stopping) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                if places.make_room() {
                    // Its task closes the connection as soon as it runs.
                    tokio::time::sleep(GIVES_WAY).await;
                } else {
                    tracing::warn!(%error, socket = %listener.path.display(), "failed to accept");
                    spare.turn_away_one(&listener.socket).await;
                    tokio::time::sleep(EXHAUSTED).await;
                }
                continue;
            }
        };
        let Some(place) = places.take() else {
            tracing::warn!("every connection is being answered, one more is turned away");
            if let Ok(turn) = turned_away.clone().try_acquire_owned() {
                open.spawn(async move {
                    turn_away(stream, "every connection it may have is in use").await;
                    drop(turn);
                });
            }
            continue;
        };
        let (world, router, stopping) = (world.clone(), router.clone(), stop.subscribe());
        open.spawn(connection::serve(stream, world, router, (stopping, place)));
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

fn most_connections() -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let most = CONNECTIONS.min(files.unwrap_or(u64::MAX) / SHARE);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// A file descriptor in reserve: given up for a moment, it is enough to tell a caller that there is
/// none.
struct Spare(Option<File>);

impl Spare {
    fn new() -> Self {
        Self(File::open("/dev/null").ok())
    }

    async fn turn_away_one(&mut self, socket: &UnixListener) {
        if self.0.take().is_some()
            && let Ok(Ok((stream, _))) = tokio::time::timeout(EXHAUSTED, socket.accept()).await
        {
            turn_away(stream, "it may open no more files").await;
        }
        *self = Self::new();
    }
}
