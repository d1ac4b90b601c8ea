//! Accepts connections on the Unix socket. A connection that says nothing, says it too slowly or
//! comes on top of too many is closed; none can stop the others.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::services::World;

use super::{SupervisorError, connection, routes};

/// Connections at a time. Each follower of events and each waiting command has one.
const CONNECTIONS: usize = 256;
/// Pause after the system had no file descriptor for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// The bound socket.
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
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
        Ok(Self { socket, path: path.to_owned() })
    }
}

/// Serves until `stop` says true, then lets open connections finish what they are answering.
pub async fn serve(listener: Listener, world: Arc<World>, stop: Arc<watch::Sender<bool>>) {
    let router = routes::router(world.clone(), stop.clone());
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stopping = stop.subscribe();
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.socket.accept() => accepted,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, socket = %listener.path.display(), "failed to accept");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            // Closed at once: a caller sees that, and nobody waits for ever.
            tracing::warn!("{CONNECTIONS} connections are open, one more is refused");
            continue;
        };
        let (world, router, stopping) = (world.clone(), router.clone(), stop.subscribe());
        open.spawn(async move {
            connection::serve(stream, world, router, stopping).await;
            drop(place);
        });
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}
