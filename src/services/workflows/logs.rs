//! What a run told.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::workflows as rows;
use crate::wire::time::rfc3339;
use crate::wire::workflow::{LineList, LineView};

/// Every line of the run `id`, oldest first.
pub async fn logs(world: &World, request: &Request, id: &str) -> Result<LineList, ServiceError> {
    let run = super::load(world, request, Verb::ReadOutput, id).await?;
    let told = world.store.read(move |db| rows::told(db, &run.id, super::view::LINES)).await?;
    let line = |told: rows::Told| {
        let text = |name: &str| told.body[name].as_str().map(str::to_owned);
        let line = match told.kind.as_str() {
            "phase" => text("title"),
            "child" => text("name"),
            "drop" => Some(format!(
                "{} failed: {}",
                text("where").unwrap_or_default(),
                text("message").unwrap_or_default()
            )),
            _ => text("line"),
        };
        LineView {
            at: rfc3339(told.at),
            text: line.unwrap_or_default(),
            scope: text("scope"),
            kind: told.kind,
        }
    };
    Ok(LineList { lines: told.into_iter().map(line).collect() })
}
