//! An agent's stream of messages: one line of JSON each, taken up again when the supervisor has gone
//! and come back.

use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{Client, ClientError, Target};

/// Longest line in bytes: the largest message, escaped.
const MAX_LINE: usize = 16 * 1024 * 1024;

/// Listens for a session's messages.
pub struct Listener {
    client: Client,
    target: Target,
    body: Option<Incoming>,
    bytes: Vec<u8>,
}

impl Listener {
    /// For the launch `generation` of `session`; nothing is asked yet.
    #[must_use]
    pub fn new(client: Client, session: &str, generation: &str) -> Self {
        let target =
            Target::new(&["sessions", session, "listen"]).with("generation", Some(generation));
        Self { client, target, body: None, bytes: Vec::new() }
    }

    /// The next line; waits without limit, over restarts of the supervisor.
    ///
    /// # Errors
    /// When the supervisor refuses: the launch is over, say, or somebody else listens now.
    pub async fn next(&mut self) -> Result<String, ClientError> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(line);
            }
            let Some(body) = &mut self.body else {
                // Half a line is a message of which nobody knows whether it came.
                self.bytes.clear();
                self.body = Some(self.client.reopen(&self.target).await?);
                continue;
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    self.bytes.extend_from_slice(frame.data_ref().map_or(&[], |bytes| bytes));
                    if self.bytes.len() > MAX_LINE {
                        return Err(ClientError::Garbled("a message has no end".into()));
                    }
                }
                Some(Err(_)) | None => self.body = None,
            }
        }
    }

    /// The next whole line; empty ones only keep the stream alive.
    fn take_line(&mut self) -> Option<String> {
        loop {
            let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}
