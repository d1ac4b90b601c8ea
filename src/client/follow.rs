//! The event stream: server-sent events read one by one, taken up again after the last number when
//! the supervisor has gone and come back.

use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{Client, ClientError, Target};
use crate::wire::event::{EventList, EventQuery, EventView, Gap};

/// Longest event in bytes; something longer is no event of ours.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// What the stream tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Followed {
    /// A journal row.
    Event(Box<EventView>),
    /// Rows that are no longer kept.
    Gap(Gap),
}

/// Follows the journal. Numbers are never repeated; what is missing is told as a gap.
pub struct Follower {
    client: Client,
    query: EventQuery,
    body: Option<Incoming>,
    lines: Lines,
}

impl Follower {
    /// Begins to follow; `query.follow` is set here.
    ///
    /// # Errors
    /// When the first connection fails: later ones are tried until they succeed.
    pub async fn begin(client: Client, query: EventQuery) -> Result<Self, ClientError> {
        let mut query = EventQuery { follow: true, ..query };
        if query.since.is_none() {
            // From a number on, so that nothing is missed over a restart of the supervisor.
            let last = Target::new(&["events"]).with("limit", Some("1"));
            let last: EventList = client.get(&last).await?;
            query.since = Some(last.events.last().map_or(0, |event| event.seq));
        }
        let body = client.open(&target(&query)).await?.into_body();
        Ok(Self { client, query, body: Some(body), lines: Lines::default() })
    }

    /// The next of the stream; waits without limit, over restarts of the supervisor.
    ///
    /// # Errors
    /// When the supervisor refuses to go on, or is of another version.
    pub async fn next(&mut self) -> Result<Followed, ClientError> {
        loop {
            while let Some(block) = self.lines.take_block() {
                if let Some(followed) = parse(&block)? {
                    self.remember(&followed);
                    return Ok(followed);
                }
            }
            let Some(body) = &mut self.body else {
                self.lines = Lines::default();
                self.body = Some(self.client.reopen(&target(&self.query)).await?);
                continue;
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.lines.push(bytes)?;
                    }
                }
                Some(Err(_)) | None => self.body = None,
            }
        }
    }

    fn remember(&mut self, followed: &Followed) {
        self.query.since = Some(match followed {
            Followed::Event(event) => event.seq,
            Followed::Gap(gap) => gap.to,
        });
    }
}

fn target(query: &EventQuery) -> Target {
    Target::new(&["events"])
        .flag("follow", query.follow)
        .with("since", query.since.map(|seq| seq.to_string()))
        .with("project", query.project.as_deref())
        .with("session", query.session.as_deref())
        .with("kind", query.kind.as_deref())
        .with("limit", query.limit.map(|limit| limit.to_string()))
}

/// Bytes of the stream, cut at the empty lines between events.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        if self.bytes.len() + bytes.len() > MAX_EVENT {
            return Err(ClientError::Garbled("an event has no end".into()));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn take_block(&mut self) -> Option<String> {
        let end = self.bytes.windows(2).position(|pair| pair == b"\n\n")?;
        let block = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
        self.bytes.drain(..end + 2);
        Some(block)
    }
}

/// One event of the stream (WHATWG HTML, 9.2.6); comments, which keep it alive, are none.
fn parse(block: &str) -> Result<Option<Followed>, ClientError> {
    let (mut kind, mut data) = ("", String::new());
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => kind = value,
            "data" => {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value);
            }
            _ => {}
        }
    }
    if data.is_empty() {
        return Ok(None);
    }
    let garbled = |e: serde_json::Error| ClientError::Garbled(format!("an event: {e}"));
    if kind == "gap" {
        return serde_json::from_str(&data).map(|gap| Some(Followed::Gap(gap))).map_err(garbled);
    }
    serde_json::from_str(&data).map(|event| Some(Followed::Event(event))).map_err(garbled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_cut_wherever_the_stream_is() {
        let event = r#"{"seq":7,"at":"x","kind":"session.live","project":null,"session":"a-1","request_id":null,"data":{}}"#;
        let stream = format!(
            ": hello\n\nid: 7\nevent: session.live\ndata: {event}\n\nevent: gap\ndata: {{\"from\":8,\"to\":9}}\n\n"
        );
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        for byte in stream.as_bytes() {
            lines.push(&[*byte]).unwrap();
            while let Some(block) = lines.take_block() {
                seen.extend(parse(&block).unwrap());
            }
        }
        assert!(matches!(&seen[0], Followed::Event(event) if event.seq == 7));
        assert_eq!(seen[1], Followed::Gap(Gap { from: 8, to: 9 }));
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut lines = Lines::default();
        let chunk = vec![b'x'; 1024 * 1024];
        assert!((0..20).any(|_| lines.push(&chunk).is_err()));
    }
}
