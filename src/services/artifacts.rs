//! Bodies of any size, kept by their content. Stored first, then named by what they belong to:
//! what nobody has named within an hour goes again.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, lanes};
use crate::store::artifacts::Stored;
use crate::wire::task::{ArtifactAnswer, ArtifactView};

/// Stores the body; it is whole on disk when this returns.
pub async fn put(
    world: &World,
    request: &Request,
    bytes: Vec<u8>,
) -> Result<ArtifactAnswer, ServiceError> {
    let project = request.caller.member().map(|member| member.project.clone());
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::Board, target).await?;
    let files = world.artifacts.clone();
    let stored = tokio::task::spawn_blocking(move || files.put(&bytes));
    let stored = stored.await.map_err(|_| lanes::CutOff)??;
    let artifact = ArtifactView { sha256: stored.sha256, bytes: stored.bytes };
    Ok(ArtifactAnswer { artifact })
}

/// The whole body.
pub(super) async fn read(world: &World, sha256: String) -> Result<Vec<u8>, ServiceError> {
    let files = world.artifacts.clone();
    let read = tokio::task::spawn_blocking(move || files.read(&sha256));
    Ok(read.await.map_err(|_| lanes::CutOff)??)
}

/// The artifact of that name, which has to be there, whole.
pub(super) async fn stored(world: &World, sha256: String) -> Result<Stored, ServiceError> {
    let bytes = read(world, sha256.clone()).await?.len() as u64;
    Ok(Stored { sha256, bytes })
}
