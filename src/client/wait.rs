//! A wait: a question whose answer may take as long as it likes. It is asked again when the
//! supervisor has gone and come back, for what is waited for outlives it.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::call::BACK;
use super::reopen::RETRY;
use super::{Client, ClientError, Deadline, Target};

/// A supervisor that has not come back after this was stopped, or cannot start.
const GONE: Duration = Duration::from_secs(60);
/// The supervisor ends a wait itself; this much later it is taken for silent.
const SLACK: Duration = Duration::from_secs(5);

impl Client {
    /// Waits for the answer of `target`, which takes the time in seconds as `timeout_s`; without a
    /// `timeout` for ever.
    ///
    /// # Errors
    /// What the supervisor refuses with, the end of the time among it; that it has gone and not come
    /// back within a minute; [`ClientError::Silent`] if it does not end the wait in time.
    pub async fn wait<T: DeserializeOwned>(
        &self,
        target: &Target,
        timeout: Option<Duration>,
    ) -> Result<T, ClientError> {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // A supervisor that was there a moment ago may have been killed before it was asked.
        let mut back_by = Instant::now() + BACK;
        loop {
            let asked = Instant::now();
            let left = end.map(|end| end.saturating_duration_since(asked));
            let target =
                target.clone().with("timeout_s", left.map(|left| left.as_secs_f64().to_string()));
            let deadline = left
                .map_or(Deadline::Unlimited, |left| Deadline::Within(left.saturating_add(SLACK)));
            match self.get_once(&target, deadline).await {
                Err(ClientError::Broken(_)) => back_by = Instant::now() + GONE,
                Err(ClientError::NotRunning { .. })
                    if left.is_none_or(|left| !left.is_zero()) && asked < back_by => {}
                other => return other,
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}
