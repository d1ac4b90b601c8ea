//! A subagent's result, whole.

use crate::services::{Request, ServiceError, World, artifacts};

/// Its bytes.
pub async fn result(world: &World, request: &Request, id: &str) -> Result<Vec<u8>, ServiceError> {
    let subagent = super::find::allowed(world, request, id).await?;
    match subagent.result {
        Some(sha256) => artifacts::read(world, sha256).await,
        None => {
            let (id, state) = (id.to_owned(), subagent.state.as_str());
            Err(ServiceError::NotFinished { id, state })
        }
    }
}
