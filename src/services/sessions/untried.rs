//! A version of an agent that nobody has tried with this ao: it is said, and mail for it is only
//! typed, the way that depends least on what the version is like.

use std::path::Path;

use serde_json::json;

use crate::agents::{Manifest, Standing, remembered, standing};
use crate::services::{Request, ServiceError, World};
use crate::store::sessions::{self, Session};

use super::choice::Chosen;
use super::prepare::blocking;

/// For a program that does not say its version.
const UNKNOWN: &str = "unknown";

/// Keeps with the session's launch which version has not been tried, if so; returns a sentence for
/// whoever launches it.
pub(super) async fn note(
    world: &World,
    request: &Request,
    session: &Session,
    chosen: &Chosen,
) -> Result<Option<String>, ServiceError> {
    let untried = find(world, chosen).await?;
    if untried == session.untried_version {
        return Ok(untried.map(|version| sentence(&chosen.agent, &version)));
    }
    let (version, agent) = (untried.clone(), chosen.agent.clone());
    let (id, project) = (session.id.clone(), session.project.clone());
    let origin = request.origin(world.now());
    let written = world.store.write(origin, move |change| {
        sessions::set_untried_version(change, &id, version.as_deref())?;
        let Some(version) = version else { return Ok(()) };
        let data = json!({ "agent": agent, "version": version });
        change.record("session.untried", Some(project.as_str()), Some(id.as_str()), &data)
    });
    written.await?;
    Ok(untried.map(|version| sentence(&chosen.agent, &version)))
}

async fn find(world: &World, chosen: &Chosen) -> Result<Option<String>, ServiceError> {
    let catalog = world.catalog();
    let manifest = catalog.get(&chosen.agent)?;
    if manifest.certified.is_empty() {
        return Ok(None);
    }
    let Some(said) = world.versions.of(&chosen.program).await else {
        return Ok(Some(UNKNOWN.to_owned()));
    };
    let (manifest, data) = (manifest.clone(), world.paths.data().to_owned());
    blocking(move || Ok::<_, ServiceError>((!is_tried(&manifest, &said, &data)).then_some(said)))
        .await
}

/// Whether ao's own tests run this version, or the checks of this machine have passed with it.
fn is_tried(manifest: &Manifest, said: &str, data: &Path) -> bool {
    let here = || remembered(data).remove(&manifest.name);
    standing(manifest, said) == Standing::Certified
        || here().is_some_and(|report| report.version == said && report.passed())
}

fn sentence(agent: &str, version: &str) -> String {
    format!(
        "this version of {agent} ({version}) has not been tried: mail for it is only typed; \
         `ao doctor --delivery {agent}` tries it"
    )
}
