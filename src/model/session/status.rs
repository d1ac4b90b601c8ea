//! What to call a session's state: derived from its facts when read, never stored.

use crate::model::admission::Full;
use crate::model::ids::Timestamp;

use super::{
    Activity, ActivityFact, ActivitySource, EndReason, Phase, ReportFact, ReportState, Signals,
};

/// The word people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for room.
    Queued,
    /// Being made, or the agent has not shown itself yet.
    Starting,
    /// The agent works.
    Working,
    /// The agent waits for a prompt.
    Idle,
    /// A dialog waits for a person.
    NeedsPermission,
    /// The agent asks something.
    NeedsInput,
    /// The agent says that it cannot go on.
    Stuck,
    /// The agent says that its task is finished.
    Done,
    /// The process tree is being ended.
    Ending,
    /// The agent's process ended by itself.
    Exited,
    /// Somebody ended it.
    Killed,
    /// It never came to life.
    Failed,
    /// Host or machine went away under it.
    Lost,
    /// It ended right after its start, again and again.
    CrashLoop,
    /// Nothing tells.
    Unknown,
}

impl Status {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Idle => "idle",
            Self::NeedsPermission => "needs_permission",
            Self::NeedsInput => "needs_input",
            Self::Stuck => "stuck",
            Self::Done => "done",
            Self::Ending => "ending",
            Self::Exited => "exited",
            Self::Killed => "killed",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::CrashLoop => "crash_loop",
            Self::Unknown => "unknown",
        }
    }
}

/// The facts a status is derived from.
#[derive(Debug, Clone, Copy)]
pub struct StatusFacts<'a> {
    /// Where the session stands.
    pub phase: &'a Phase,
    /// When it came to stand there.
    pub phase_at: Timestamp,
    /// Why it waits for room.
    pub waits: Option<&'a Full>,
    /// What the agent was last seen doing.
    pub activity: Option<&'a ActivityFact>,
    /// What each source says of that.
    pub signals: &'a Signals,
    /// What it last said about itself.
    pub report: Option<&'a ReportFact>,
    /// The moment for which it is asked.
    pub now: Timestamp,
}

/// A status with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusView {
    /// The word.
    pub status: Status,
    /// `record`, `host`, `output`, `title`, `screen`, `hook` or `report`.
    pub source: &'static str,
    /// Since when.
    pub at: Timestamp,
    /// One sentence: why.
    pub reason: String,
    /// What another source says that does not go with it.
    pub doubt: Option<String>,
}

/// The status that the facts support.
#[must_use]
pub fn derive(facts: &StatusFacts<'_>) -> StatusView {
    let at = facts.phase_at;
    let view =
        |status, source, reason: String| StatusView { status, source, at, reason, doubt: None };
    match facts.phase {
        Phase::Reserved => match facts.waits {
            Some(full) => view(Status::Queued, "record", format!("it waits for room: {full}")),
            None => view(Status::Starting, "record", "its id is reserved".into()),
        },
        Phase::Preparing { step } => {
            view(Status::Starting, "record", format!("preparing: {}", step.as_str()))
        }
        Phase::Starting => view(Status::Starting, "record", "its host is being started".into()),
        Phase::Live => live(facts),
        Phase::Ending { reason } => view(Status::Ending, "record", format!("ending: {reason}")),
        Phase::Ended { reason } => ended(reason, facts, at),
    }
}

/// A live session: the report stands until the agent is seen at work again after it.
fn live(facts: &StatusFacts<'_>) -> StatusView {
    if let Some(report) = standing_report(facts) {
        let status = match report.state {
            ReportState::Done => Some(Status::Done),
            ReportState::NeedsInput => Some(Status::NeedsInput),
            ReportState::Stuck => Some(Status::Stuck),
            ReportState::Checkpoint | ReportState::PrCreated => None,
        };
        if let Some(status) = status {
            let reason = format!("it reported {}", report.state.as_str());
            return StatusView { status, source: "report", at: report.at, reason, doubt: None };
        }
    }
    let Some(fact) = facts.activity else {
        let (at, reason) = (facts.phase_at, "its process lives, nothing tells what it does".into());
        return StatusView { status: Status::Unknown, source: "host", at, reason, doubt: None };
    };
    if let Some(since) = facts.signals.silent_since(fact, facts.now) {
        let (said, minutes) = (fact.source.as_str(), facts.now.since(since) / 60_000);
        let reason =
            format!("its {said} said working, and for {minutes} min it has printed nothing");
        let status = Status::Unknown;
        return StatusView { status, source: "output", at: since, reason, doubt: None };
    }
    let status = match fact.activity {
        Activity::Starting => Status::Starting,
        Activity::Idle if fact.background > 0 => Status::Working,
        Activity::Working => Status::Working,
        Activity::Idle => Status::Idle,
        Activity::NeedsPermission => Status::NeedsPermission,
        Activity::NeedsInput => Status::NeedsInput,
        Activity::Unknown => Status::Unknown,
    };
    let doubt = facts.signals.against(fact, facts.now).map(|other| {
        let seconds = facts.now.since(other.at) / 1000;
        format!(
            "its {} has said {} for {seconds} s",
            other.source.as_str(),
            other.activity.as_str()
        )
    });
    StatusView { status, source: fact.source.as_str(), at: fact.at, reason: reason(fact), doubt }
}

fn reason(fact: &ActivityFact) -> String {
    match fact.source {
        ActivitySource::Hook if fact.background > 0 => {
            format!("its turn has ended, {} of its subagents work on", fact.background)
        }
        ActivitySource::Hook => format!("the agent's own hook says {}", fact.activity.as_str()),
        ActivitySource::Screen => {
            "its screen shows an empty composer, no dialog and no work".to_owned()
        }
        ActivitySource::Title => format!("its title says {}", fact.activity.as_str()),
        ActivitySource::Output => "judged from its output going quiet or coming back".to_owned(),
        ActivitySource::Record => "launched, no sign of it yet".to_owned(),
    }
}

/// The report, unless the agent took up work after it: a prompt that it was given, say. Output
/// alone is no such sign, for an agent prints its last words after it has reported.
fn standing_report<'a>(facts: &StatusFacts<'a>) -> Option<&'a ReportFact> {
    let report = facts.report?;
    let resumed = facts.activity.is_some_and(|fact| {
        fact.activity == Activity::Working
            && fact.source == ActivitySource::Hook
            && fact.at > report.at
    });
    (!resumed).then_some(report)
}

fn ended(reason: &EndReason, facts: &StatusFacts<'_>, at: Timestamp) -> StatusView {
    let (status, source) = match reason {
        EndReason::Exited { .. } => (Status::Exited, "host"),
        EndReason::Killed { .. } | EndReason::Replaced { .. } => (Status::Killed, "record"),
        EndReason::Failed { .. } => (Status::Failed, "record"),
        EndReason::HostLost | EndReason::Rebooted => (Status::Lost, "host"),
        EndReason::CrashLoop => (Status::CrashLoop, "record"),
    };
    let done = facts.report.is_some_and(|r| r.state == ReportState::Done);
    match (status, done) {
        (Status::Exited, true) => StatusView {
            status: Status::Done,
            source: "report",
            at,
            reason: format!("it reported done, then {reason}"),
            doubt: None,
        },
        _ => StatusView { status, source, at, reason: reason.to_string(), doubt: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(activity: Activity, source: ActivitySource, at: i64) -> ActivityFact {
        ActivityFact::new(activity, source, Timestamp(at))
    }

    #[test]
    fn a_report_stands_until_a_hook_sees_work() {
        let report = ReportFact { state: ReportState::Done, note: None, at: Timestamp(10) };
        let output = fact(Activity::Working, ActivitySource::Output, 20);
        let hook = fact(Activity::Working, ActivitySource::Hook, 20);
        let signals = Signals::default();
        let facts = |activity| StatusFacts {
            phase: &Phase::Live,
            phase_at: Timestamp(0),
            waits: None,
            activity: Some(activity),
            signals: &signals,
            report: Some(&report),
            now: Timestamp(30),
        };
        assert_eq!(derive(&facts(&output)).status, Status::Done);
        assert_eq!(derive(&facts(&hook)).status, Status::Working);
    }

    #[test]
    fn nothing_known_is_said_to_be_unknown() {
        let facts = StatusFacts {
            phase: &Phase::Live,
            phase_at: Timestamp(5),
            waits: None,
            activity: None,
            signals: &Signals::default(),
            report: None,
            now: Timestamp(30),
        };
        assert_eq!(derive(&facts).status, Status::Unknown);
    }

    #[test]
    fn silence_disagreement_and_subagents_are_told() {
        let hook = |activity| fact(activity, ActivitySource::Hook, 0);
        let output = |activity| fact(activity, ActivitySource::Output, 1000);
        let told = |activity: &ActivityFact, other: &ActivityFact, now: i64| {
            let signals = Signals::default().with(activity).with(other);
            derive(&StatusFacts {
                phase: &Phase::Live,
                phase_at: Timestamp(0),
                waits: None,
                activity: Some(activity),
                signals: &signals,
                report: None,
                now: Timestamp(now),
            })
        };
        let silent = told(&hook(Activity::Working), &output(Activity::Idle), 3_600_000);
        assert_eq!((silent.status, silent.source), (Status::Unknown, "output"));
        assert!(silent.reason.contains("59 min"), "{}", silent.reason);
        let doubted = told(&hook(Activity::Idle), &output(Activity::Working), 61_000);
        assert_eq!(doubted.status, Status::Idle);
        assert_eq!(doubted.doubt.as_deref(), Some("its output has said working for 60 s"));
        let ended = ActivityFact { background: 2, ..hook(Activity::Idle) };
        let goes_on = told(&ended, &output(Activity::Idle), 2000);
        assert_eq!(goes_on.status, Status::Working);
        assert!(goes_on.reason.contains("2 of its subagents"), "{}", goes_on.reason);
    }
}
