//! Waits until a message is submitted or answered.

use std::time::Duration;

use crate::model::message::State;
use crate::services::{Request, ServiceError, World};
use crate::wire::message::{MessageAnswer, WaitQuery};

/// Returns when the message is submitted (`for=submitted`) or answered (`for=reply`), or when it
/// has come to a state from which that cannot follow.
pub async fn wait(
    world: &World,
    request: &Request,
    id: &str,
    query: WaitQuery,
) -> Result<MessageAnswer, ServiceError> {
    let reply = match query.until.as_str() {
        "submitted" | "" => false,
        "reply" => true,
        other => {
            return Err(ServiceError::Usage(format!("{other:?}: wait for submitted or reply")));
        }
    };
    let first = super::find::load(world, id).await?;
    super::find::allow(world, request, &first).await?;
    let reached = async {
        let mut newest = world.store.newest();
        loop {
            newest.mark_unchanged();
            let message = super::find::load(world, id).await?;
            let there = match message.state {
                State::Answered | State::Dead(_) | State::Expired | State::Cancelled => true,
                State::Submitted | State::Read => !reply,
                State::Queued(_) | State::Delivering | State::Written | State::Uncertain(_) => {
                    false
                }
            };
            if there {
                return Ok(MessageAnswer { message: super::view(&message, true) });
            }
            if newest.changed().await.is_err() {
                return Err(crate::store::StoreError::Stopped.into());
            }
        }
    };
    match query.timeout_s {
        None => reached.await,
        Some(seconds) => {
            let limit = Duration::try_from_secs_f64(seconds).map_err(|_| {
                ServiceError::Usage(format!("{seconds} is not a number of seconds"))
            })?;
            let timed = tokio::time::timeout(limit, reached).await;
            timed.unwrap_or(Err(ServiceError::Timeout(limit)))
        }
    }
}
