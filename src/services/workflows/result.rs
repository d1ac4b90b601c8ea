//! What came of a run: only once it is over, never a part of it.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::workflows::{self as rows, Op, Told};
use crate::wire::workflow::{FailureView, ResultView};

use super::view;

/// The result of the run `id`.
pub async fn result(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<ResultView, ServiceError> {
    let run = super::load(world, request, Verb::ReadOutput, id).await?;
    if !run.state.is_over() {
        let state = run.state.as_str();
        return Err(ServiceError::NotFinished { id: run.id, state });
    }
    let wanted = run.id.clone();
    let read = world
        .store
        .read(move |db| Ok((rows::ops(db, &wanted)?, rows::told(db, &wanted, view::LINES)?)));
    let (ops, told) = read.await?;
    let json = |text: &Option<String>| text.as_deref().and_then(|t| serde_json::from_str(t).ok());
    Ok(ResultView {
        run_id: run.id.clone(),
        state: run.state.as_str().to_owned(),
        result: json(&run.result),
        error: json(&run.error),
        failures: failures(&ops, &told),
        warnings: told
            .iter()
            .filter(|t| t.kind == "warn")
            .filter_map(|t| t.body["line"].as_str().map(str::to_owned))
            .collect(),
        phases: view::phases(&told),
        usage: view::usage(world, &run, &ops),
    })
}

/// Agents that came to nothing, and items that `parallel` and `pipeline` dropped.
fn failures(ops: &[Op], told: &[Told]) -> Vec<FailureView> {
    let nothing = |op: &&Op| {
        let outcome = op.outcome.as_ref();
        outcome.is_some_and(|o| o.kind() == crate::model::workflow::OutcomeKind::Nothing)
    };
    let agents = ops.iter().filter(nothing).filter_map(view::failure);
    let dropped = told.iter().filter(|t| t.kind == "drop").map(|t| {
        let text = |name: &str| t.body[name].as_str().unwrap_or_default().to_owned();
        FailureView {
            seq: None,
            label: text("where"),
            kind: text("name"),
            message: format!("{} failed: {}", text("where"), text("message")),
        }
    });
    agents.chain(dropped).collect()
}
