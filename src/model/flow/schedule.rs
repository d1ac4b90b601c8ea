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

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
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
            Meaning::Open => {}
            Meaning::Lost(state) => next.settle.push((step.id.clone(), state)),
            Meaning::Over if run.not_before > now => {
                let earliest = next.wake_at.map_or(run.not_before, |at| at.min(run.not_before));
                next.wake_at = Some(earliest);
            }
            Meaning::Over if places > 0 => {
                places -= 1;
                next.start.push(step.id.clone());
            }
            Meaning::Over => {}
        }
    }
    next
}

/// What a step means for one that depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It is not over.
    Open,
    /// It is over, and the other one may go on.
    Over,
    /// The other one cannot begin any more, and gets this state.
    Lost(StepState),
}

/// What a step in this state, that says this of its failure, means for those that depend on it.
#[must_use]
pub fn meaning(state: StepState, on_failure: OnFailure) -> Meaning {
    match (state, on_failure) {
        (StepState::Failed, OnFailure::Continue) | (StepState::Done | StepState::Skipped, _) => {
            Meaning::Over
        }
        (StepState::Failed, OnFailure::SkipDependents) | (StepState::SkippedByFailure, _) => {
            Meaning::Lost(StepState::SkippedByFailure)
        }
        (StepState::Failed | StepState::Blocked, _) => Meaning::Lost(StepState::Blocked),
        (StepState::Cancelled, _) => Meaning::Lost(StepState::Cancelled),
        (StepState::Pending | StepState::Running | StepState::WaitingGate, _) => Meaning::Open,
    }
}

/// How it stands with all that a step depends on.
fn before(flow: &Flow, step: &Step, runs: &BTreeMap<String, Run>) -> Meaning {
    let (mut open, mut lost) = (false, None);
    for id in &step.depends_on {
        let state = runs.get(id).map_or(StepState::Pending, |run| run.state);
        let on_failure = flow.step(id).map_or(OnFailure::Fail, |step| step.on_failure);
        match meaning(state, on_failure) {
            Meaning::Open => open = true,
            Meaning::Over => {}
            // A failure that only skips does not hide one that blocks.
            Meaning::Lost(StepState::SkippedByFailure) => {
                lost = lost.or(Some(StepState::SkippedByFailure));
            }
            Meaning::Lost(state) => lost = Some(state),
        }
    }
    match lost {
        Some(state) => Meaning::Lost(state),
        None if open => Meaning::Open,
        None => Meaning::Over,
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

/// How many steps of a run are where, as far as it matters for the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Under way.
    pub running: u64,
    /// All that they depend on is over; an attempt may be some time away.
    pub ready: u64,
    /// They wait for others.
    pub waiting: u64,
    /// They wait for a person.
    pub gates: u64,
    /// Failed for good, and the run with them.
    pub failed: u64,
    /// A person did not want them.
    pub cancelled: u64,
}

impl Standing {
    /// What has become of the run.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self { running: 1.., .. } | Self { ready: 1.., .. } => Verdict::Running,
            Self { gates: 1.., .. } => Verdict::WaitingGate,
            Self { waiting: 1.., .. } => Verdict::Running,
            Self { failed: 1.., .. } => Verdict::Failed,
            Self { cancelled: 1.., .. } => Verdict::Cancelled,
            _ => Verdict::Completed,
        }
    }
}

/// What has become of the run, once [`next`] has nothing to settle.
#[must_use]
pub fn verdict(flow: &Flow, runs: &BTreeMap<String, Run>) -> Verdict {
    let mut standing = Standing::default();
    for step in &flow.steps {
        let state = runs.get(&step.id).map_or(StepState::Pending, |run| run.state);
        match state {
            StepState::Running => standing.running += 1,
            StepState::Pending if before(flow, step, runs) == Meaning::Over => standing.ready += 1,
            StepState::Pending => standing.waiting += 1,
            StepState::WaitingGate => standing.gates += 1,
            StepState::Failed if step.on_failure == OnFailure::Fail => standing.failed += 1,
            StepState::Cancelled => standing.cancelled += 1,
            _ => {}
        }
    }
    standing.verdict()
}
