//! Connecting and the first exchange.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::host::error::HostError;
use crate::host::frame::{self, FROM_HOST_LIMIT, FrameReader, kind};
use crate::host::protocol::{ClientHello, Hello, PROTOCOL, Purpose, Refusal};
use crate::process::Peer;

/// For the connection and the host's hello.
const CONNECT: Duration = Duration::from_secs(5);

/// Bytes read at once.
const CHUNK: usize = 32 * 1024;

/// A connection that the host has let in.
pub struct Connected {
    /// What the host said of itself.
    pub hello: Hello,
    /// What comes.
    pub frames: FrameReader<OwnedReadHalf>,
    /// What goes.
    pub write: OwnedWriteHalf,
}

/// Connects for a purpose.
pub async fn connect(socket: &Path, purpose: Purpose) -> Result<Connected, HostError> {
    let late = |_| HostError::Deadline { call: "connect", after: CONNECT };
    timeout(CONNECT, exchange(socket, purpose)).await.map_err(late)?
}

async fn exchange(socket: &Path, purpose: Purpose) -> Result<Connected, HostError> {
    let unreachable = |source| HostError::Unreachable { path: socket.to_owned(), source };
    let stream = UnixStream::connect(socket).await.map_err(unreachable)?;
    if !Peer::of(&stream)?.is_same_user() {
        return Err(HostError::Protocol("another user listens on the socket".to_owned()));
    }
    let (read, mut write) = stream.into_split();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let hello = ClientHello { protocol: PROTOCOL, version, purpose };
    // A host that refuses may close before it has read this; its reason is there to be read.
    let sent = write.write_all(&frame::encode_json(kind::HELLO, &hello)).await;
    let mut frames = FrameReader::new(read, FROM_HOST_LIMIT, CHUNK);
    while let Some(frame) = frames.next_frame().await? {
        match frame.kind {
            kind::HELLO => return Ok(Connected { hello: frame::parse(&frame)?, frames, write }),
            kind::REFUSED => return Err(HostError::Refused(frame::parse::<Refusal>(&frame)?)),
            _ => {}
        }
    }
    sent.map_err(unreachable)?;
    Err(HostError::Lost)
}
