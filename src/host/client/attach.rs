//! A viewer's connection: the screen first, then what follows; keys back.

use std::path::Path;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::host::error::HostError;
use crate::host::exit::Exit;
use crate::host::frame::{self, FrameReader, kind};
use crate::host::protocol::{Attach, Hello, Purpose};
use crate::host::screen::Size;

use super::connect::connect;

/// Keys in one frame, at most.
const KEYS: usize = 64 * 1024;

/// What a viewer is sent. The bytes are for its terminal, as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromHost {
    /// The whole screen, whatever was shown before.
    Repaint(Vec<u8>),
    /// Output that follows.
    Output(Vec<u8>),
    /// The screen as a picture, for a terminal of another size.
    Clipped(Vec<u8>),
    /// The agent has ended. The last one.
    Exited(Exit),
}

/// An attached viewer.
pub struct AttachStream {
    hello: Hello,
    /// The size that the host was told.
    pub size: Size,
    /// What comes.
    pub reader: AttachReader,
    /// What goes.
    pub writer: AttachWriter,
}

/// What comes from the host.
pub struct AttachReader(FrameReader<OwnedReadHalf>);

/// What goes to the host.
pub struct AttachWriter(OwnedWriteHalf);

/// Attaches; fails within 5 s.
pub async fn attach(socket: &Path, attach: Attach) -> Result<AttachStream, HostError> {
    let size = attach.size;
    let connected = connect(socket, Purpose::Attach(attach)).await?;
    Ok(AttachStream {
        hello: connected.hello,
        size,
        reader: AttachReader(connected.frames),
        writer: AttachWriter(connected.write),
    })
}

impl AttachStream {
    /// What the host said of itself.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }
}

impl AttachReader {
    /// The next thing to show; `None` if the host has gone without a word. Safe to cancel.
    pub async fn next(&mut self) -> Result<Option<FromHost>, HostError> {
        while let Some(frame) = self.0.next_frame().await? {
            return Ok(Some(match frame.kind {
                kind::REPAINT => FromHost::Repaint(frame.payload),
                kind::OUTPUT => FromHost::Output(frame.payload),
                kind::CLIPPED => FromHost::Clipped(frame.payload),
                kind::EXITED => FromHost::Exited(frame::parse(&frame)?),
                _ => continue,
            }));
        }
        Ok(None)
    }
}

impl AttachWriter {
    /// Sends what the viewer's terminal sent.
    pub async fn keys(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        for part in bytes.chunks(KEYS) {
            self.send(frame::encode(kind::KEYS, part)).await?;
        }
        Ok(())
    }

    /// Says that the viewer's terminal has another size.
    pub async fn resize(&mut self, size: Size) -> Result<(), HostError> {
        self.send(frame::encode_json(kind::RESIZE, &size)).await
    }

    async fn send(&mut self, frame: Vec<u8>) -> Result<(), HostError> {
        self.0.write_all(&frame).await.map_err(|_| HostError::Lost)
    }
}
