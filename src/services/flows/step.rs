//! One step in hand, from its condition to what it comes to. Writes nothing about the step: that is
//! its driver's.

use tokio::sync::mpsc;

use super::driver::Told;
use super::facts::Facts;
use super::inputs::{Inputs, artifact, preview};
use super::process::{self, Worked};
use crate::model::flow::{AgentStep, FoldMode, FoldStep, Kind, Step, StepScope, fold, is_true};
use crate::services::ServiceError;
use crate::store::flows::{Claim, End, Intent, WorkEnd};

/// What a step has come to.
pub(super) enum Outcome {
    /// It is done.
    Done(End),
    /// Its condition does not hold.
    Skipped,
    /// It waits for a person, who is asked this.
    Gate(Option<String>),
    /// The attempt failed, for this reason.
    Failed(String),
    /// Its processes were gone without a word.
    Lost(String),
    /// Nothing of it counts: as if it had not been begun.
    Back,
    /// The same, and nothing further begins before a person says so.
    Pause(String),
}

/// An outcome with the ends of processes that are to be written down along with it.
pub(super) struct Came {
    pub(super) outcome: Outcome,
    pub(super) works: Vec<(Intent, WorkEnd)>,
}

impl From<Outcome> for Came {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, works: Vec::new() }
    }
}

/// Does the step.
pub(super) async fn run(facts: &Facts, claim: Claim, teller: &mpsc::UnboundedSender<Told>) -> Came {
    match attempt(facts, claim, teller).await {
        Ok(came) => came,
        // What fails here is ao's or the disk's; it is tried again as often as the step says.
        Err(error) => Outcome::Failed(error.to_string()).into(),
    }
}

async fn attempt(
    facts: &Facts,
    claim: Claim,
    teller: &mpsc::UnboundedSender<Told>,
) -> Result<Came, ServiceError> {
    let step = facts.step(claim.idx);
    let inputs = Inputs::of(facts, step).await?;
    let scope = StepScope { args: &facts.args, results: &inputs.results, item: None };
    if step.when.as_ref().is_some_and(|when| !is_true(when, &scope)) {
        return Ok(Outcome::Skipped.into());
    }
    if step.foreach.is_some() {
        return super::foreach::run(facts, claim, &inputs, teller).await;
    }
    match &step.kind {
        Kind::Gate(gate) => {
            Ok(Outcome::Gate(gate.prompt.as_ref().map(|asks| scope.fill(asks))).into())
        }
        Kind::Fold(fold) if fold.mode != FoldMode::Agent => {
            Ok(Outcome::Done(folded(facts, fold, &inputs).await?).into())
        }
        Kind::Fold(_) | Kind::Agent(_) | Kind::Command(_) => {
            let worked = process::run(facts, claim, None, &inputs, teller).await?;
            Ok(came(worked).await)
        }
    }
}

/// What a single process makes of its step.
async fn came(worked: Worked) -> Came {
    match worked {
        Worked::Value { intent, end, text } => {
            let (result, preview) = (end.result.clone(), Some(preview(&text)));
            let note = end.kept.clone();
            let done = Outcome::Done(End { result, preview, note, ..End::default() });
            Came { outcome: done, works: vec![(intent, end)] }
        }
        Worked::Failed { intent, end } => {
            let outcome = Outcome::Failed(end.error.clone().unwrap_or_default());
            Came { outcome, works: vec![(intent, end)] }
        }
        Worked::Lost { intent, end } => {
            let outcome = Outcome::Lost(end.error.clone().unwrap_or_default());
            Came { outcome, works: vec![(intent, end)] }
        }
        Worked::Back { work } => Came { outcome: Outcome::Back, works: work.into_iter().collect() },
        Worked::Pause { reason, work } => {
            Came { outcome: Outcome::Pause(reason), works: work.into_iter().collect() }
        }
    }
}

/// The agent that a step is done by, if by one.
pub(super) fn agent_of(step: &Step) -> Option<&AgentStep> {
    match &step.kind {
        Kind::Agent(agent) => Some(agent),
        Kind::Fold(fold) => fold.agent.as_ref(),
        Kind::Command(_) | Kind::Gate(_) => None,
    }
}

/// Folds results; pure, so that it may be done again at any time.
async fn folded(facts: &Facts, wanted: &FoldStep, inputs: &Inputs) -> Result<End, ServiceError> {
    let taken: Vec<_> = wanted.inputs.iter().map(|id| inputs.fold_input(id)).collect();
    let mode = wanted.mode;
    let work = tokio::task::spawn_blocking(move || fold(mode, &taken));
    let folded = work.await.map_err(|_| crate::services::lanes::CutOff)?;
    let folded = folded.ok_or_else(|| ServiceError::Usage("an agent folds this".to_owned()))?;
    let note = (!folded.conflicts.is_empty()).then(|| {
        let fields = folded.conflicts.join(", ");
        format!("several inputs have these fields with different values, the last won: {fields}")
    });
    let preview = Some(preview(&folded.text));
    let result = Some(artifact(&facts.world, folded.text).await?);
    Ok(End { result, preview, note, ..End::default() })
}
