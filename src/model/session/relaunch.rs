//! Whether a session is launched anew: a project's orchestrator on demand, an ended worker only by
//! the one command that brings it back.

use crate::model::ids::Generation;

use super::{EndReason, Phase, Step};

/// What is done for whoever asks for an orchestrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensure {
    /// There has been none: its first generation, undone when it fails.
    First,
    /// The live one is left as it is.
    Reuse,
    /// None lives: the next generation.
    Launch,
    /// It is ended first, then the next generation.
    Replace,
}

/// What to do about the orchestrator that is known, if one is. `anew`: a live one is replaced.
#[must_use]
pub fn ensure(known: Option<&Phase>, anew: bool) -> Ensure {
    match known {
        None => Ensure::First,
        Some(Phase::Live) if !anew => Ensure::Reuse,
        Some(Phase::Ended { .. }) => Ensure::Launch,
        Some(_) => Ensure::Replace,
    }
}

/// What is done for whoever asks for an ended worker back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComeBack {
    /// It lives.
    Reuse,
    /// Its next generation.
    Launch,
    /// Not now: it is being made or ended.
    NotNow,
    /// Never: its worktree never was complete, there is nothing to come back to.
    Never,
}

/// Whether a worker may come back.
#[must_use]
pub fn come_back(phase: &Phase, generation: Generation) -> ComeBack {
    let early = |reason: &EndReason| {
        let steps = [Step::Worktree, Step::Checkout, Step::Verify];
        matches!(reason, EndReason::Failed { step, .. } if steps.contains(step))
    };
    match phase {
        Phase::Live => ComeBack::Reuse,
        Phase::Ended { reason } if generation.0 == 0 || early(reason) => ComeBack::Never,
        Phase::Ended { .. } => ComeBack::Launch,
        _ => ComeBack::NotNow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(reason: EndReason) -> Phase {
        Phase::Ended { reason }
    }

    #[test]
    fn a_live_orchestrator_is_replaced_only_on_demand() {
        assert_eq!(ensure(None, false), Ensure::First);
        assert_eq!(ensure(Some(&Phase::Live), false), Ensure::Reuse);
        assert_eq!(ensure(Some(&Phase::Live), true), Ensure::Replace);
        let over = ended(EndReason::HostLost);
        assert_eq!(ensure(Some(&over), false), Ensure::Launch);
        // An end that was not seen through is seen through first.
        let ending = Phase::Ending { reason: EndReason::HostLost };
        assert_eq!(ensure(Some(&ending), false), Ensure::Replace);
    }

    #[test]
    fn nothing_comes_back_to_half_a_worktree() {
        let failed = |step| ended(EndReason::Failed { step, error: "x".to_owned() });
        for step in [Step::Worktree, Step::Checkout, Step::Verify] {
            assert_eq!(come_back(&failed(step), Generation(1)), ComeBack::Never);
        }
        assert_eq!(come_back(&failed(Step::Host), Generation(1)), ComeBack::Launch);
        assert_eq!(come_back(&ended(EndReason::HostLost), Generation(0)), ComeBack::Never);
        assert_eq!(come_back(&Phase::Live, Generation(1)), ComeBack::Reuse);
        assert_eq!(come_back(&Phase::Starting, Generation(2)), ComeBack::NotNow);
    }
}
