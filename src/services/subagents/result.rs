//! A subagent's result, whole.

use crate::services::{Request, ServiceError, World, artifacts};

/// Its bytes.
pub async fn result(world: &World, request: &Request, id: &str) -> Result<Vec<u8>, ServiceError> {
    let subagent = super::find::allowed(world, request, id).await?;
    match subagent.result {
        Some(sha256) => artifacts::read(world, sha256).await,
        None => {
            let (id, state) = (id.to_owned(), subagent.state.as_str());
            match subagent.state.is_over() {
                true => Err(ServiceError::NoResult { id, state, reason: subagent.reason }),
                false => Err(ServiceError::NotFinished { id, state }),
            }
        }
    }
}
