//! Request bodies, and answers read whole within a bound.

use std::error::Error as _;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};

use super::ClientError;

/// What a request carries.
pub type Body = Full<Bytes>;

/// Largest answer that is read, in bytes: a result of 64 MiB and what stands around it; something
/// that never ends is not a supervisor.
const MAX_ANSWER: usize = 65 * 1024 * 1024;

/// Reads an answer to its end.
pub async fn read(incoming: Incoming) -> Result<Bytes, ClientError> {
    let collected = Limited::new(incoming, MAX_ANSWER)
        .collect()
        .await
        .map_err(|e| ClientError::Broken(e.to_string()))?;
    Ok(collected.to_bytes())
}

/// hyper's error with its causes in one line.
pub fn describe(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
