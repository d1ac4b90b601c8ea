//! One connection to the supervisor's socket, ready for a request.

use std::io;
use std::path::Path;

use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::ClientError;
use super::body::Body;
use crate::process::{Peer, ProcessId};

/// A connection; it is served by a task of its own that ends with it.
#[derive(Debug)]
pub struct Connection {
    /// Takes the request.
    pub sender: SendRequest<Body>,
    /// Who listens, as the kernel tells.
    pub listener: Option<ProcessId>,
}

/// Connects. Fails at once when nobody listens: a Unix socket has no delay.
pub async fn connect(socket: &Path) -> Result<Connection, ClientError> {
    let stream = UnixStream::connect(socket).await.map_err(|source| classify(socket, source))?;
    let peer = Peer::of(&stream).ok();
    if peer.as_ref().is_some_and(|peer| !peer.is_same_user()) {
        let source = io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the listening process belongs to another user",
        );
        return Err(ClientError::Connect { socket: socket.to_owned(), source });
    }
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|e| ClientError::Broken(super::body::describe(&e)))?;
    tokio::spawn(async move {
        // What goes wrong with the connection is seen by the request on it.
        let _ = connection.await;
    });
    Ok(Connection { sender, listener: peer.and_then(|peer| peer.process) })
}

/// Only "no such file" and "refused" mean that nobody is there; a full backlog (EAGAIN) or a
/// forbidden directory does not.
fn classify(socket: &Path, source: io::Error) -> ClientError {
    let socket = socket.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            ClientError::NotRunning { socket, source }
        }
        _ => ClientError::Connect { socket, source },
    }
}
