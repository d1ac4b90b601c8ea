//! Which step of a run is next, and what has become of the run.

use std::collections::BTreeMap;

use crate::model::ids::Timestamp;

use super::definition::{Flow, OnFailure, Step};

/// Where a step of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It waits for others, for a place, or for its next attempt.
    Pending,
    /// An attempt is under way.
    Running,
    /// It waits for a person.
    WaitingGate,
    /// It is done.
    Done,
    /// Its last attempt failed.
    Failed,
    /// Its condition did not hold.
    Skipped,
    /// A step before it failed and said that what depends on it is to be skipped.
    SkippedByFailure,
    /// A step before it failed.
    Blocked,
    /// A person did not want it.
    Cancelled,
}

impl StepState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Running,
        Self::WaitingGate,
        Self::Done,
        Self::Failed,
        Self::Skipped,
        Self::SkippedByFailure,
        Self::Blocked,
        Self::Cancelled,
    ];

    /// The state's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::WaitingGate => "waiting_gate",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::SkippedByFailure => "skipped_by_failure",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing becomes of it any more, unless a person tries it again.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::WaitingGate)
    }
}

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Where it stands.
    pub state: StepState,
    /// Attempts begun.
    pub attempts: u32,
    /// No attempt before this.
    pub not_before: Timestamp,
}

impl Run {
    /// A step that nothing was done for.
    #[must_use]
    pub fn new() -> Self {
        Self { state: StepState::Pending, attempts: 0, not_before: Timestamp(0) }
    }

    /// The step after an attempt: done, pending again after a pause, or failed.
    #[must_use]
    pub fn after_attempt(self, step: &Step, succeeded: bool, now: Timestamp) -> Self {
        if succeeded {
            return Self { state: StepState::Done, ..self };
        }
        if self.attempts >= step.max_attempts {
            return Self { state: StepState::Failed, ..self };
        }
        let doublings = self.attempts.saturating_sub(1).min(16);
        let pause_ms = step.backoff_s.saturating_mul(1000) << doublings;
        Self { state: StepState::Pending, not_before: now.plus(pause_ms), ..self }
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}

/// What can be done with a run now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// Steps that get another state without being done, each with it. Look again after that.
    pub settle: Vec<(String, StepState)>,
    /// Steps whose time has come, in the order of the file. Whether their condition holds is to be
    /// seen before they begin.
    pub start: Vec<String>,
    /// When to look again, where steps wait for their next attempt.
    pub wake_at: Option<Timestamp>,
}

/// What can be done now: never more at the same time than the flow's concurrency.
#[must_use]
pub fn next(flow: &Flow, runs: &BTreeMap<String, Run>, now: Timestamp) -> Next {
    let mut next = Next::default();
    let busy = runs.values().filter(|run| run.state == StepState::Running).count();
    let mut places = (flow.concurrency as usize).saturating_sub(busy);
    for step in &flow.steps {
        let run = runs.get(&step.id).copied().unwrap_or_default();
        if run.state != StepState::Pending {
            continue;
        }
        match before(flow, step, runs) {
            Before::Open => {}
            Before::Lost(state) => next.settle.push((step.id.clone(), state)),
            Before::Over if run.not_before > now => {
                let earliest = next.wake_at.map_or(run.not_before, |at| at.min(run.not_before));
                next.wake_at = Some(earliest);
            }
            Before::Over if places > 0 => {
                places -= 1;
                next.start.push(step.id.clone());
            }
            Before::Over => {}
        }
    }
    next
}

/// How it stands with what a step depends on.
enum Before {
    /// Not all of it is over.
    Open,
    /// All of it is over, and the step may begin.
    Over,
    /// The step cannot begin any more.
    Lost(StepState),
}

fn before(flow: &Flow, step: &Step, runs: &BTreeMap<String, Run>) -> Before {
    let (mut open, mut lost) = (false, None);
    for id in &step.depends_on {
        let state = runs.get(id).map_or(StepState::Pending, |run| run.state);
        let on_failure = flow.step(id).map_or(OnFailure::Fail, |step| step.on_failure);
        match (state, on_failure) {
            (StepState::Failed, OnFailure::Continue)
            | (StepState::Done | StepState::Skipped, _) => {}
            (StepState::Failed, OnFailure::SkipDependents) | (StepState::SkippedByFailure, _) => {
                lost = lost.or(Some(StepState::SkippedByFailure));
            }
            (StepState::Failed | StepState::Blocked, _) => lost = Some(StepState::Blocked),
            (StepState::Cancelled, _) => lost = Some(StepState::Cancelled),
            _ => open = true,
        }
    }
    match lost {
        Some(state) => Before::Lost(state),
        None if open => Before::Open,
        None => Before::Over,
    }
}

/// What has become of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something is under way, or can be begun.
    Running,
    /// Nothing goes on until a person lets a gate pass.
    WaitingGate,
    /// Everything that was wanted is done.
    Completed,
    /// A step failed whose failure matters, and nothing else can go on.
    Failed,
    /// A person did not want it.
    Cancelled,
}

/// What has become of the run, once [`next`] has nothing to settle.
#[must_use]
pub fn verdict(flow: &Flow, runs: &BTreeMap<String, Run>) -> Verdict {
    let state = |step: &Step| runs.get(&step.id).map_or(StepState::Pending, |run| run.state);
    let any = |wanted: StepState| flow.steps.iter().any(|step| state(step) == wanted);
    if any(StepState::Running) || any(StepState::Pending) {
        let waits = any(StepState::WaitingGate) && !any(StepState::Running);
        let can_go_on = flow.steps.iter().any(|step| {
            state(step) == StepState::Pending && matches!(before(flow, step, runs), Before::Over)
        });
        return if waits && !can_go_on { Verdict::WaitingGate } else { Verdict::Running };
    }
    if any(StepState::WaitingGate) {
        return Verdict::WaitingGate;
    }
    let matters =
        |step: &&Step| state(step) == StepState::Failed && step.on_failure == OnFailure::Fail;
    if flow.steps.iter().find(matters).is_some() {
        Verdict::Failed
    } else if any(StepState::Cancelled) {
        Verdict::Cancelled
    } else {
        Verdict::Completed
    }
}
