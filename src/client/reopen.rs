//! A stream taken up again after the supervisor has gone and come back.

use std::time::Duration;

use hyper::body::Incoming;

use super::{Client, ClientError, Target};

/// Between attempts to reach a supervisor that has gone, there being no event for its coming back.
pub(super) const RETRY: Duration = Duration::from_millis(250);

impl Client {
    /// Opens the stream at `target`; tries without limit to reach a supervisor that is not there.
    ///
    /// # Errors
    /// What no later attempt would change: it refuses, or is of another version.
    pub(super) async fn reopen(&self, target: &Target) -> Result<Incoming, ClientError> {
        loop {
            match self.open(target).await {
                Ok(response) => return Ok(response.into_body()),
                Err(
                    error @ (ClientError::Refused(_)
                    | ClientError::Incompatible(_)
                    | ClientError::Garbled(_)),
                ) => return Err(error),
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }
}
