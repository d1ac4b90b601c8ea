//! A step that is done for each item of a list. An item that is done is never done again, whatever
//! becomes of the attempt.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::mpsc;

use super::driver::Told;
use super::facts::Facts;
use super::inputs::{Inputs, artifact, preview};
use super::process::{self, Item, Worked};
use super::step::{Came, Outcome};
use crate::model::flow::{Kind, StepResult, StepScope};
use crate::services::{ServiceError, artifacts};
use crate::store::Origin;
use crate::store::flows::{self as rows, Claim, End};

/// Does the step for all items that are not done.
pub(super) async fn run(
    facts: &Facts,
    claim: Claim,
    inputs: &Inputs,
    teller: &mpsc::UnboundedSender<Told>,
) -> Result<Came, ServiceError> {
    let step = facts.step(claim.idx);
    let scope = StepScope { args: &facts.args, results: &inputs.results, item: None };
    let Some(foreach) = &step.foreach else { return Ok(Outcome::Skipped.into()) };
    if !matches!(step.kind, Kind::Agent(_) | Kind::Command(_)) {
        let text = "foreach belongs to steps that are done by an agent or a program";
        return Ok(Outcome::Failed(text.to_owned()).into());
    }
    let items = match scope.items(&foreach.over, foreach.limit) {
        Ok(items) => items,
        Err(error) => return Ok(Outcome::Failed(error).into()),
    };
    let (run, idx) = (facts.id.clone(), claim.idx);
    let done = facts.world.store.read(move |db| rows::finished_items(db, &run, idx)).await?;
    let mut results: BTreeMap<u32, String> = done.into_iter().collect();
    let open = (0_u32..).zip(&items).filter(|(number, _)| !results.contains_key(number));
    let open: Vec<Item<'_>> = open.map(|(number, value)| Item { number, value }).collect();
    let mut open = open.into_iter();
    let mut running = FuturesUnordered::new();
    let mut bad: Option<Outcome> = None;
    let mut kept = Vec::new();
    loop {
        // After the first that comes to nothing no further one begins.
        while bad.is_none() && running.len() < facts.flow.concurrency as usize {
            let Some(item) = open.next() else { break };
            running.push(one(facts, claim, item, inputs, teller));
        }
        let Some((number, worked)) = running.next().await else { break };
        let outcome = match worked? {
            Worked::Value { intent, end, .. } => {
                if let Some(stored) = &end.result {
                    results.insert(number, stored.sha256.clone());
                }
                kept.extend(end.kept.clone());
                written(facts, intent, end).await?;
                continue;
            }
            Worked::Failed { intent, end } => {
                let error = end.error.clone().unwrap_or_default();
                written(facts, intent, end).await?;
                Outcome::Failed(format!("item {number}: {error}"))
            }
            Worked::Lost { intent, end } => {
                let error = end.error.clone().unwrap_or_default();
                written(facts, intent, end).await?;
                Outcome::Lost(format!("item {number}: {error}"))
            }
            Worked::Back { work } => {
                if let Some((intent, end)) = work {
                    written(facts, intent, end).await?;
                }
                Outcome::Back
            }
            Worked::Pause { reason, work } => {
                if let Some((intent, end)) = work {
                    written(facts, intent, end).await?;
                }
                Outcome::Pause(reason)
            }
        };
        bad.get_or_insert(outcome);
    }
    match bad {
        Some(outcome) => Ok(outcome.into()),
        None => Ok(Outcome::Done(together(facts, results, &kept).await?).into()),
    }
}

async fn one(
    facts: &Facts,
    claim: Claim,
    item: Item<'_>,
    inputs: &Inputs,
    teller: &mpsc::UnboundedSender<Told>,
) -> (u32, Result<Worked, ServiceError>) {
    (item.number, process::run(facts, claim, Some(item), inputs, teller).await)
}

/// The end of one item's process.
async fn written(
    facts: &Facts,
    intent: rows::Intent,
    end: rows::WorkEnd,
) -> Result<(), ServiceError> {
    let run = facts.id.clone();
    let origin = Origin { request_id: None, now: facts.world.now() };
    let write =
        facts.world.store.write(origin, move |change| rows::end(change, &run, &intent, &end));
    Ok(write.await?)
}

/// All results as one list, in the order of the items; what was `kept` is a note.
async fn together(
    facts: &Facts,
    results: BTreeMap<u32, String>,
    kept: &[String],
) -> Result<End, ServiceError> {
    let mut values = Vec::with_capacity(results.len());
    for sha256 in results.into_values() {
        let bytes = artifacts::read(&facts.world, sha256).await?;
        values.push(StepResult::of_text(String::from_utf8_lossy(&bytes)).value());
    }
    let text = Value::Array(values).to_string();
    let preview = Some(preview(&text));
    let result = Some(artifact(&facts.world, text).await?);
    let note = (!kept.is_empty()).then(|| kept.join("; "));
    Ok(End { result, preview, note, ..End::default() })
}
