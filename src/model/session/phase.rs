//! A session's life: `reserved → preparing(step) → starting → live → ending → ended(reason)`,
//! and back to `preparing` for the next generation. The only place that says what may follow what.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a session stands. Stored; changed only through [`Phase::after`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// The id is taken, nothing else exists.
    Reserved,
    /// The world is being made ready for the agent.
    Preparing {
        /// What is being done.
        step: Step,
    },
    /// The host has been asked to start the agent.
    Starting,
    /// The agent's process runs.
    Live,
    /// The process tree is being ended.
    Ending {
        /// Why.
        reason: EndReason,
    },
    /// No process is left.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// The steps before a host is started, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `git worktree add`, without files.
    Worktree,
    /// The files.
    Checkout,
    /// Complete and clean against its base?
    Verify,
    /// Links, copies and the project's own commands.
    SetUp,
    /// The launch plan and the files it names.
    Plan,
    /// The session host.
    Host,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Worktree, Self::Checkout, Self::Verify, Self::SetUp, Self::Plan, Self::Host];

    /// The step's name in errors and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worktree => "worktree",
            Self::Checkout => "checkout",
            Self::Verify => "verify",
            Self::SetUp => "set-up",
            Self::Plan => "plan",
            Self::Host => "host",
        }
    }
}

/// Who ended a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ender {
    /// The person at the machine.
    Person,
    /// A session, by id.
    Session(String),
    /// ao itself.
    Supervisor,
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum EndReason {
    /// The agent's process ended by itself: its exit code, or 128 + the signal.
    Exited {
        /// The code.
        code: i32,
    },
    /// Somebody ended it.
    Killed {
        /// Who.
        by: Ender,
    },
    /// It never came to life.
    Failed {
        /// The step that failed.
        step: Step,
        /// The failing tool's own words.
        error: String,
    },
    /// A new generation took its place.
    Replaced {
        /// The new one's number.
        generation: u32,
    },
    /// The session host is gone and left no word of how the agent ended.
    HostLost,
    /// The machine was started anew.
    Rebooted,
    /// It ended again and again right after its start.
    CrashLoop,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited({code})"),
            Self::Killed { by: Ender::Person } => f.write_str("killed(person)"),
            Self::Killed { by: Ender::Session(id) } => write!(f, "killed({id})"),
            Self::Killed { by: Ender::Supervisor } => f.write_str("killed(supervisor)"),
            Self::Failed { step, error } => write!(f, "failed({}, {error})", step.as_str()),
            Self::Replaced { generation } => write!(f, "replaced({generation})"),
            Self::HostLost => f.write_str("host_lost"),
            Self::Rebooted => f.write_str("rebooted"),
            Self::CrashLoop => f.write_str("crash_loop"),
        }
    }
}

/// What happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhaseEvent {
    /// A step begins. From `ended` it begins the next generation.
    Begin(Step),
    /// What was made for its first launch has been taken back: it waits for its turn again.
    Requeue,
    /// The host is about to be started.
    Start,
    /// The host says that the agent runs.
    Alive,
    /// Its end has been decided.
    End(EndReason),
    /// No process of it is left; the reason of `ending` wins over the one given here.
    Gone(EndReason),
}

/// A change that the life of a session does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a session that is {from} does not take {event:?}")]
pub struct IllegalTransition {
    /// The phase's name.
    pub from: &'static str,
    /// What was said to have happened.
    pub event: PhaseEvent,
}

impl Phase {
    /// The phase's name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Preparing { .. } => "preparing",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Ending { .. } => "ending",
            Self::Ended { .. } => "ended",
        }
    }

    /// Whether a process of this session may exist.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// Why it is over, or about to be.
    #[must_use]
    pub fn end_reason(&self) -> Option<&EndReason> {
        match self {
            Self::Ending { reason } | Self::Ended { reason } => Some(reason),
            _ => None,
        }
    }

    /// The phase after `event`.
    pub fn after(&self, event: PhaseEvent) -> Result<Phase, IllegalTransition> {
        use PhaseEvent::{Alive, Begin, End, Gone, Requeue, Start};
        match (self, event) {
            (Self::Reserved | Self::Preparing { .. } | Self::Ended { .. }, Begin(step)) => {
                Ok(Self::Preparing { step })
            }
            (Self::Reserved | Self::Preparing { .. } | Self::Starting, Requeue) => {
                Ok(Self::Reserved)
            }
            (Self::Preparing { .. }, Start) => Ok(Self::Starting),
            (Self::Starting, Alive) => Ok(Self::Live),
            // The first reason stands: a kill that meets an ending changes nothing.
            (Self::Ending { .. } | Self::Ended { .. }, End(_)) => Ok(self.clone()),
            (Self::Ending { reason } | Self::Ended { reason }, Gone(_)) => {
                Ok(Self::Ended { reason: reason.clone() })
            }
            (_, End(reason)) => Ok(Self::Ending { reason }),
            (_, Gone(reason)) => Ok(Self::Ended { reason }),
            (_, event) => Err(IllegalTransition { from: self.as_str(), event }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> EndReason {
        EndReason::Killed { by: Ender::Person }
    }

    #[test]
    fn a_whole_life() {
        let mut phase = Phase::Reserved;
        for event in [
            PhaseEvent::Begin(Step::Worktree),
            PhaseEvent::Begin(Step::Checkout),
            PhaseEvent::Begin(Step::Host),
            PhaseEvent::Start,
            PhaseEvent::Alive,
            PhaseEvent::End(person()),
            PhaseEvent::Gone(EndReason::Exited { code: 143 }),
        ] {
            phase = phase.after(event).unwrap();
        }
        assert_eq!(phase, Phase::Ended { reason: person() });
        assert!(phase.after(PhaseEvent::Begin(Step::Plan)).is_ok(), "the next generation");
    }

    #[test]
    fn an_end_is_final_and_its_first_reason_stands() {
        let ended = Phase::Ended { reason: person() };
        assert_eq!(ended.after(PhaseEvent::Gone(EndReason::HostLost)).unwrap(), ended);
        assert_eq!(ended.after(PhaseEvent::End(EndReason::CrashLoop)).unwrap(), ended);
        let ending = Phase::Ending { reason: person() };
        assert_eq!(ending.after(PhaseEvent::End(EndReason::CrashLoop)).unwrap(), ending);
        assert!(ended.after(PhaseEvent::Alive).is_err());
        assert!(ended.after(PhaseEvent::Start).is_err());
        assert!(ended.after(PhaseEvent::Requeue).is_err());
    }

    #[test]
    fn nothing_comes_alive_without_a_start() {
        assert!(Phase::Reserved.after(PhaseEvent::Alive).is_err());
        assert!(Phase::Live.after(PhaseEvent::Begin(Step::Host)).is_err());
    }
}
