//! A task's whole result.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, artifacts};

use super::find;

/// The result, byte for byte; an error where there is none.
pub async fn result(world: &World, request: &Request, id: &str) -> Result<Vec<u8>, ServiceError> {
    let seen = find::load(world, id).await?;
    find::allow(world, request, &seen.task, Verb::Board).await?;
    let none = || ServiceError::NotFound { what: "result of", id: id.to_owned() };
    artifacts::read(world, seen.task.result.ok_or_else(none)?).await
}
