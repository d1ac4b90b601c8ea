//! Which scratchpad is meant, whether the caller may, and under which condition.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::StoreError;
use crate::store::scratchpad::{self, Condition, Place, Value};
use crate::wire::scratchpad::{ScratchQuery, ScratchView};
use crate::wire::time::rfc3339;

/// Longest key in characters.
const KEY: usize = 200;

/// The place of `key` in the scratchpad that the query means.
pub(super) async fn place(
    world: &World,
    request: &Request,
    key: &str,
    query: &ScratchQuery,
) -> Result<Place, ServiceError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    if key.is_empty() || key.len() > KEY || !key.chars().all(plain) {
        return Err(ServiceError::Usage(format!(
            "{key:?} is not a key: 1 to {KEY} of a-z, A-Z, 0-9 and - _ . : /"
        )));
    }
    let own = request.caller.member().map(|member| member.project.to_string());
    let id = query.project.clone().or(own).ok_or_else(|| {
        ServiceError::Usage("no project is named, and the caller belongs to none".to_owned())
    })?;
    let project = projects::load(world, &id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Board, target).await?;
    let flow = query.flow.clone().unwrap_or_default();
    Ok(Place { project: project.id.to_string(), flow, key: key.to_owned() })
}

/// Under which condition a value is written or removed.
pub(super) fn condition(query: &ScratchQuery) -> Result<Condition, ServiceError> {
    match (query.create, query.expect_version) {
        (false, None) => Ok(Condition::Always),
        (true, None) => Ok(Condition::Absent),
        (false, Some(version)) => Ok(Condition::Version(version)),
        (true, Some(_)) => Err(ServiceError::Usage(
            "either there is no value yet, or it has a version: not both".to_owned(),
        )),
    }
}

/// A value as it looks on the wire.
pub(super) fn view(value: Value) -> ScratchView {
    ScratchView {
        key: value.key,
        value: value.value,
        version: value.version,
        written_by: value.written_by,
        written_at: rfc3339(value.written_at),
    }
}

/// A stale version is told with what is there now.
pub(super) async fn with_current(world: &World, place: Place, error: StoreError) -> ServiceError {
    if !matches!(error, StoreError::Stale { .. }) {
        return error.into();
    }
    let key = place.key.clone();
    match world.store.read(move |db| scratchpad::find(db, &place)).await {
        Ok(found) => {
            let now = format!("look at it again: ao scratchpad get {key}");
            let current = serde_json::to_value(found.map(view)).unwrap_or_default();
            ServiceError::Stale { stale: error, now, current: Box::new(current) }
        }
        Err(_) => error.into(),
    }
}
