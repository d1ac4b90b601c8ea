//! The frames of the host's socket: one byte of type, four of length (little endian), the payload.
//! Terminal bytes are raw, everything else is JSON. A reader skips types that it does not know.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::error::HostError;

/// Largest payload that a host accepts: a message body of 1 MiB, escaped as JSON, fits.
pub const TO_HOST_LIMIT: usize = 4 * 1024 * 1024;

/// Largest payload that a host sends.
pub const FROM_HOST_LIMIT: usize = 16 * 1024 * 1024;

const HEADER: usize = 5;

/// The types of frames; a newer side may send others.
pub mod kind {
    /// Both ways, first: who I am, what I came for.
    pub const HELLO: u8 = b'h';
    /// From the host: a [`Refusal`](crate::host::protocol::Refusal), then the connection ends.
    pub const REFUSED: u8 = b'!';
    /// To the host: a call with its number.
    pub const REQUEST: u8 = b'Q';
    /// From the host: the answer to a call.
    pub const REPLY: u8 = b'J';
    /// From the host: an event, after `watch`.
    pub const EVENT: u8 = b'V';
    /// To the host: raw bytes of a viewer's keyboard.
    pub const KEYS: u8 = b'K';
    /// To the host: a viewer's new size.
    pub const RESIZE: u8 = b'R';
    /// From the host: everything that brings a viewer's terminal to the session's screen.
    pub const REPAINT: u8 = b'P';
    /// From the host: raw output that follows.
    pub const OUTPUT: u8 = b'O';
    /// From the host: the screen as a picture for a viewer of another size.
    pub const CLIPPED: u8 = b'M';
    /// From the host: the agent has ended.
    pub const EXITED: u8 = b'E';
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// One of [`kind`], or something newer.
    pub kind: u8,
    /// At most the reader's limit.
    pub payload: Vec<u8>,
}

/// A frame as bytes.
#[must_use]
pub fn encode(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("payloads stay far below 4 GiB");
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A frame with a JSON payload.
#[must_use]
pub fn encode_json(kind: u8, value: &impl Serialize) -> Vec<u8> {
    let payload = serde_json::to_vec(value).expect("the protocol's own types are JSON");
    encode(kind, &payload)
}

/// Takes frames out of a stream of bytes.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    buffer: Vec<u8>,
    taken: usize,
}

/// A frame that claims to be longer than is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes, {limit} are accepted")]
pub struct TooLong {
    /// What the header says.
    pub length: usize,
    /// What is accepted.
    pub limit: usize,
}

impl Decoder {
    /// Accepts payloads of up to `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, buffer: Vec::new(), taken: 0 }
    }

    /// Adds bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. A header over the limit is an error before any of its payload is kept;
    /// the stream is useless from there on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, TooLong> {
        let rest = &self.buffer[self.taken..];
        let Some((header, rest)) = rest.split_first_chunk::<HEADER>() else { return Ok(None) };
        let [kind, length @ ..] = *header;
        let length = u32::from_le_bytes(length) as usize;
        if length > self.limit {
            return Err(TooLong { length, limit: self.limit });
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let frame = Frame { kind, payload: payload.to_vec() };
        self.taken += HEADER + length;
        if self.taken == self.buffer.len() {
            // An idle connection holds no memory of a large frame.
            self.buffer = Vec::new();
            self.taken = 0;
        }
        Ok(Some(frame))
    }
}

/// Frames from an asynchronous reader.
#[derive(Debug)]
pub struct FrameReader<R> {
    reader: R,
    decoder: Decoder,
    /// Bytes asked for at once. Small where mostly keys come, for it is held all the time.
    chunk: Vec<u8>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// The reader; what was read and not handed out is lost.
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// Reads frames of up to `limit` bytes, `chunk` bytes at a time.
    pub fn new(reader: R, limit: usize, chunk: usize) -> Self {
        Self { reader, decoder: Decoder::new(limit), chunk: vec![0; chunk] }
    }

    /// The next frame, `None` at the end of the stream. Safe to cancel: nothing read is lost.
    pub async fn next_frame(&mut self) -> Result<Option<Frame>, HostError> {
        loop {
            let decoded = self.decoder.next_frame();
            if let Some(frame) = decoded.map_err(|e| HostError::Protocol(e.to_string()))? {
                return Ok(Some(frame));
            }
            match self.reader.read(&mut self.chunk).await {
                Ok(0) => return Ok(None),
                Ok(count) => self.decoder.push(&self.chunk[..count]),
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(source) => {
                    return Err(HostError::System { action: "read from the socket", source });
                }
            }
        }
    }
}

/// The JSON of a frame.
pub fn parse<T: DeserializeOwned>(frame: &Frame) -> Result<T, HostError> {
    serde_json::from_slice(&frame.payload)
        .map_err(|e| HostError::Protocol(format!("frame {:?}: {e}", char::from(frame.kind))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_giant_length_is_refused_before_it_is_kept() {
        let mut decoder = Decoder::new(10);
        decoder.push(&[b'K', 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(decoder.next_frame(), Err(TooLong { length: 0xffff_ffff, limit: 10 }));
    }

    #[test]
    fn unknown_kinds_come_through_as_they_are() {
        let mut decoder = Decoder::new(10);
        decoder.push(&encode(0xfe, b"x"));
        let frame = decoder.next_frame().unwrap().unwrap();
        assert_eq!((frame.kind, frame.payload.as_slice()), (0xfe, &b"x"[..]));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut decoder = Decoder::new(64);
            decoder.push(&bytes);
            while let Ok(Some(frame)) = decoder.next_frame() {
                prop_assert!(frame.payload.len() <= 64);
            }
        }

        #[test]
        fn frames_survive_any_split(
            frames in proptest::collection::vec(
                (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..8),
            step in 1_usize..50,
        ) {
            let mut bytes = Vec::new();
            for (kind, payload) in &frames {
                bytes.extend(encode(*kind, payload));
            }
            let mut decoder = Decoder::new(64);
            let mut seen = Vec::new();
            for part in bytes.chunks(step) {
                decoder.push(part);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    seen.push((frame.kind, frame.payload));
                }
            }
            prop_assert_eq!(seen, frames);
        }
    }
}
