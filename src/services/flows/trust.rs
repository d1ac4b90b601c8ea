//! Whether a flow may run programs: a person's own flow may, and one of the repository to whose very
//! text a person has agreed. Who says where a file is from is not asked; its text is compared.

use std::path::Path;

use crate::config::{read_regular, toml_files};
use crate::model::flow::{Flow, programs};
use crate::services::{ServiceError, World, secret};
use crate::store::flows as rows;
use crate::store::projects::Project;

/// Refuses a flow with programs that nobody has agreed to.
pub(super) async fn may_run(
    world: &World,
    project: &Project,
    flow: &Flow,
    text: &str,
) -> Result<(), ServiceError> {
    if programs(flow).is_empty() {
        return Ok(());
    }
    let (own, wanted) = (world.paths.config().join("flows"), text.to_owned());
    let is_own = tokio::task::spawn_blocking(move || is_in(&own, &wanted));
    if is_own.await.map_err(|_| crate::services::lanes::CutOff)? {
        return Ok(());
    }
    let (id, hash) = (project.id.to_string(), secret::sha256(text));
    if world.store.read(move |db| rows::is_trusted(db, &id, &hash)).await? {
        return Ok(());
    }
    Err(ServiceError::UntrustedFlow { flow: flow.name.clone(), project: project.id.to_string() })
}

/// Whether one of the folder's flows has this very text.
fn is_in(folder: &Path, text: &str) -> bool {
    let files = toml_files(folder).unwrap_or_default();
    let is_it = |path: &Path| read_regular(path, text.len() as u64);
    files.iter().any(|path| is_it(path).is_ok_and(|found| found == text.as_bytes()))
}
