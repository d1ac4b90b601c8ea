//! One connection to a zellij server: its frames (length in four bytes, little-endian, then
//! protobuf) over an asynchronous socket, each step with a deadline.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout_at};
use zellij_utils::client_server_contract::client_server_contract::{
    ClientToServerMsg as WireRequest, ServerToClientMsg as WireAnswer,
};
use zellij_utils::ipc::{ClientToServerMsg, ServerToClientMsg};
use zellij_utils::prost::Message;

use super::error::PanesError;
use crate::process::Peer;

/// Longest frame that is read. A whole screen has tens of kilobytes.
const LONGEST_FRAME: usize = 16 * 1024 * 1024;

/// By when something must have happened, and what to say if it has not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    limit: Duration,
    what: &'static str,
}

impl Deadline {
    /// `limit` from now. `what` completes "failed to …".
    pub fn after(limit: Duration, what: &'static str) -> Self {
        Self { at: Instant::now() + limit, limit, what }
    }

    /// The moment.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Whether it has passed.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.at
    }

    /// What to answer when it has passed: the server may live.
    pub fn missed(&self) -> PanesError {
        PanesError::Hung { what: self.what, limit: self.limit }
    }
}

/// An open connection. zellij gives it a client's number; that is forgotten when the socket closes,
/// so closing is all there is to leaving (its own farewell message ends other clients by mistake).
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    /// Received and not yet a whole frame.
    received: Vec<u8>,
}

impl Connection {
    /// Connects. Nobody listening is [`PanesError::Gone`]; a full queue of connections is not.
    pub async fn open(socket: &Path, deadline: Deadline) -> Result<Self, PanesError> {
        match timeout_at(deadline.at, UnixStream::connect(socket)).await {
            Ok(Ok(stream)) => Ok(Self { stream, received: Vec::new() }),
            Ok(Err(e)) => Err(from_io(e)),
            Err(_) => Err(deadline.missed()),
        }
    }

    /// Who listens at the other end.
    pub fn peer(&self) -> Result<Peer, PanesError> {
        Ok(Peer::of(&self.stream)?)
    }

    /// Sends one message.
    pub async fn send(
        &mut self,
        message: ClientToServerMsg,
        deadline: Deadline,
    ) -> Result<(), PanesError> {
        let body = WireRequest::from(message).encode_to_vec();
        let length = u32::try_from(body.len())
            .map_err(|_| PanesError::Garbled("the request is too long".to_owned()))?;
        let frame = [&length.to_le_bytes()[..], &body].concat();
        match timeout_at(deadline.at, self.stream.write_all(&frame)).await {
            Ok(sent) => sent.map_err(from_io),
            Err(_) => Err(deadline.missed()),
        }
    }

    /// The next message, by the deadline. One that this version does not know is passed over.
    pub async fn next(&mut self, deadline: Deadline) -> Result<ServerToClientMsg, PanesError> {
        match timeout_at(deadline.at, self.next_ever()).await {
            Ok(message) => message,
            Err(_) => Err(deadline.missed()),
        }
    }

    /// The next message whenever it comes; nothing is lost when the future is dropped before.
    pub async fn next_ever(&mut self) -> Result<ServerToClientMsg, PanesError> {
        loop {
            while let Some(body) = self.take_frame()? {
                let known = WireAnswer::decode(body.as_slice())
                    .ok()
                    .and_then(|wire| ServerToClientMsg::try_from(wire).ok());
                if let Some(message) = known {
                    return Ok(message);
                }
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) => return Err(PanesError::Gone),
                Ok(_) => {}
                Err(e) => return Err(from_io(e)),
            }
        }
    }

    /// The body of the first whole frame among what was received.
    fn take_frame(&mut self) -> Result<Option<Vec<u8>>, PanesError> {
        let Some(head) = self.received.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*head) as usize;
        if length > LONGEST_FRAME {
            return Err(PanesError::Garbled(format!("it announced a message of {length} bytes")));
        }
        if self.received.len() < 4 + length {
            return Ok(None);
        }
        let rest = self.received.split_off(4 + length);
        let mut frame = std::mem::replace(&mut self.received, rest);
        Ok(Some(frame.split_off(4)))
    }
}

/// Nobody there, or gone while we talked, is the one proof of death; the rest is unknown.
fn from_io(error: io::Error) -> PanesError {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound};
    match error.kind() {
        NotFound | ConnectionRefused | ConnectionReset | BrokenPipe => PanesError::Gone,
        _ => PanesError::Socket(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(received: &[u8]) -> Connection {
        let (near, _far) = std::os::unix::net::UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        Connection { stream: UnixStream::from_std(near).unwrap(), received: received.to_vec() }
    }

    #[tokio::test]
    async fn frames_are_taken_whole() {
        let mut one = connection(&[2, 0, 0, 0, b'h', b'i', 1, 0]);
        assert_eq!(one.take_frame().unwrap().as_deref(), Some(&b"hi"[..]));
        assert_eq!(one.take_frame().unwrap(), None);
        one.received.extend([0, 0, b'!']);
        assert_eq!(one.take_frame().unwrap().as_deref(), Some(&b"!"[..]));
        assert_eq!(one.take_frame().unwrap(), None);
    }

    #[tokio::test]
    async fn a_giant_length_is_refused() {
        let mut one = connection(&[255, 255, 255, 255]);
        assert!(matches!(one.take_frame(), Err(PanesError::Garbled(_))));
    }
}
