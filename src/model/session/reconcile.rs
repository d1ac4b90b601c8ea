//! What to make of a session that the records call alive, from what the world shows of it: when a
//! supervisor starts, and when a host's connection ends. What proves nothing concludes nothing.

use crate::model::ids::Generation;

use super::{EndReason, Phase, Step};

/// What is there of a generation's host and agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traces {
    /// The agent's exit as its host told it or left it on disk: the code, or 128 + the signal.
    pub exit: Option<i32>,
    /// The host's process, as it was recorded when the agent ran.
    pub host: HostTrace,
}

/// The host's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostTrace {
    /// The session is called live and no host was ever recorded.
    NeverRecorded,
    /// It was recorded before the machine started anew.
    OtherBoot,
    /// It is proven to be gone.
    Gone,
    /// It is there, or that could not be found out.
    NotProvenGone,
}

/// Why a live session is over, by the best evidence there is; nothing when its end is not proven.
#[must_use]
pub fn end_of(traces: Traces) -> Option<EndReason> {
    if let Some(code) = traces.exit {
        return Some(EndReason::Exited { code });
    }
    match traces.host {
        HostTrace::NeverRecorded | HostTrace::Gone => Some(EndReason::HostLost),
        HostTrace::OtherBoot => Some(EndReason::Rebooted),
        HostTrace::NotProvenGone => None,
    }
}

/// Whether a session is over because host or machine went away under it, and nobody ended it: only
/// such come back by themselves, and only where that is wished.
#[must_use]
pub fn is_lost(phase: &Phase) -> bool {
    matches!(phase, Phase::Ended { reason: EndReason::HostLost | EndReason::Rebooted })
}

/// What a supervisor that starts does with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takeover {
    /// Nothing: it is over.
    Leave,
    /// Follow it as before.
    Follow,
    /// Its host does not answer: look for proof of its end, and follow it if there is none.
    Look,
    /// Its agent came up unseen: record that, and follow it.
    Adopt,
    /// End what is left of it, and say so.
    FinishEnd(EndReason),
    /// Its first launch was cut off: take back what it has made.
    Undo,
    /// Its agent failed to start: launch it again.
    Restart,
    /// A later launch was cut off: the session stays, with its worktree and its mail, as failed.
    Fail,
}

/// What to do with a session in `phase`; `answers`: the host of its generation does.
#[must_use]
pub fn takeover(phase: &Phase, generation: Generation, answers: bool) -> Takeover {
    match phase {
        Phase::Ended { .. } => Takeover::Leave,
        Phase::Live if answers => Takeover::Follow,
        Phase::Live => Takeover::Look,
        Phase::Ending { reason } => Takeover::FinishEnd(reason.clone()),
        Phase::Starting if answers => Takeover::Adopt,
        Phase::Preparing { step: Step::Restart } => Takeover::Restart,
        Phase::Reserved | Phase::Preparing { .. } | Phase::Starting if generation.0 > 1 => {
            Takeover::Fail
        }
        Phase::Reserved | Phase::Preparing { .. } | Phase::Starting => Takeover::Undo,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::session::Ender;

    #[test]
    fn an_end_needs_proof() {
        let traces = |exit, host| end_of(Traces { exit, host });
        assert_eq!(traces(None, HostTrace::NotProvenGone), None);
        assert_eq!(traces(None, HostTrace::Gone), Some(EndReason::HostLost));
        assert_eq!(traces(None, HostTrace::NeverRecorded), Some(EndReason::HostLost));
        assert_eq!(traces(None, HostTrace::OtherBoot), Some(EndReason::Rebooted));
        for host in [HostTrace::Gone, HostTrace::OtherBoot, HostTrace::NotProvenGone] {
            let exited = Some(EndReason::Exited { code: 7 });
            assert_eq!(traces(Some(7), host), exited, "the agent's own exit says most");
        }
    }

    #[test]
    fn what_was_cut_off_is_taken_back_once_and_never_adopted_early() {
        let phases = [Phase::Reserved, Phase::Preparing { step: Step::Host }, Phase::Starting];
        for phase in &phases {
            assert_eq!(takeover(phase, Generation(0), false), Takeover::Undo);
            assert_eq!(takeover(phase, Generation(1), false), Takeover::Undo);
            assert_eq!(takeover(phase, Generation(2), false), Takeover::Fail);
        }
        assert_eq!(takeover(&phases[1], Generation(1), true), Takeover::Undo);
        let again = Phase::Preparing { step: Step::Restart };
        assert_eq!(takeover(&again, Generation(1), false), Takeover::Restart);
        assert_eq!(takeover(&phases[2], Generation(1), true), Takeover::Adopt);
    }

    #[test]
    fn an_end_that_was_decided_is_finished_and_a_host_that_is_silent_is_looked_for() {
        let reason = EndReason::Killed { by: Ender::Person };
        let ending = Phase::Ending { reason: reason.clone() };
        assert_eq!(takeover(&ending, Generation(3), true), Takeover::FinishEnd(reason.clone()));
        assert_eq!(takeover(&Phase::Live, Generation(1), false), Takeover::Look);
        assert_eq!(takeover(&Phase::Ended { reason }, Generation(1), true), Takeover::Leave);
    }
}
