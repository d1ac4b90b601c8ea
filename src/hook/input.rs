//! The hook's payload: bounded in size and in time, for an agent may never close the pipe.

use std::io::{self, Read};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// Most of a payload that is read, in bytes: room for what a tool printed, below the largest body
/// that the supervisor takes.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Reads standard input; what is no JSON object within the bounds is an empty one.
pub fn read(within: Duration) -> Value {
    let (sender, bytes) = mpsc::channel();
    let reader = std::thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        let mut input = io::stdin().lock();
        // What came before an error may still be whole.
        let _ = input.by_ref().take(LIMIT).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
        // An agent that is still writing shall not be stopped by a closed pipe.
        let _ = io::copy(&mut input, &mut io::sink());
    });
    let bytes = reader.ok().and_then(|_| bytes.recv_timeout(within).ok()).unwrap_or_default();
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        _ => Value::Object(serde_json::Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_else_is_an_empty_object() {
        for bad in [&b""[..], b"[1]", b"{", b"\xff", b"null"] {
            assert_eq!(parse(bad), serde_json::json!({}));
        }
        assert_eq!(parse(b"{\"text\":\"x\"}")["text"], "x");
    }
}
