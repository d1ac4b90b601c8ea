//! Whether a session's worktree may be removed. Everything that is not known is a reason to keep.

use std::fmt;

use crate::model::session::{Kind, Phase};

use super::item::{Fate, Item};

/// The session, as far as the decision goes.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Where it stands.
    pub phase: &'a Phase,
    /// Its worktree has been removed before.
    pub removed: bool,
}

/// Why a worktree is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The session is not over.
    NotOver(&'static str),
    /// Orchestrators keep their worktrees.
    Orchestrator,
    /// It is not what was made for this session.
    NotOurs(String),
    /// Somebody locked it for a reason of their own.
    Locked(String),
    /// A process stands in it, or has a file of it open.
    Process {
        /// Its pid.
        pid: u32,
        /// The system's name for it.
        name: String,
    },
    /// Another worktree is in it, or belongs to a repository in it.
    OtherWorktree(String),
    /// Something could not be found out.
    Unknown(String),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOver(phase) => write!(f, "the session is {phase}"),
            Self::Orchestrator => f.write_str("it is an orchestrator's, which keeps its worktree"),
            Self::NotOurs(why) => write!(f, "it is not the one made for this session: {why}"),
            Self::Locked(reason) => write!(f, "it is locked with git: {reason:?}"),
            Self::Process { pid, name } => write!(f, "process {pid} ({name}) is using it"),
            Self::OtherWorktree(path) => write!(f, "another worktree is at or hangs on {path}"),
            Self::Unknown(what) => write!(f, "not everything is known: {what}"),
        }
    }
}

/// What was found at the worktree's place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// A folder or a registration with git is there.
    pub exists: bool,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
    /// The work in it.
    pub items: Vec<Item>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: there is no worktree any more.
    Gone,
    /// It stays, for these reasons.
    Keep(Vec<Obstacle>),
    /// It may go once its work is preserved, if it has any.
    Remove {
        /// There is something to preserve.
        preserve: bool,
    },
}

/// What can be said without looking at the worktree; `None`: look.
#[must_use]
pub fn decide_unseen(standing: Standing<'_>) -> Option<Verdict> {
    if standing.kind == Kind::Orchestrator {
        return Some(Verdict::Keep(vec![Obstacle::Orchestrator]));
    }
    if !standing.phase.is_over() {
        return Some(Verdict::Keep(vec![Obstacle::NotOver(standing.phase.as_str())]));
    }
    standing.removed.then_some(Verdict::Gone)
}

/// What is to be done with what was found. `discard` gives up what git ignores; the rest is
/// written under refs all the same.
#[must_use]
pub fn decide(standing: Standing<'_>, found: &Found, discard: bool) -> Verdict {
    if let Some(verdict) = decide_unseen(standing) {
        return verdict;
    }
    if !found.obstacles.is_empty() {
        return Verdict::Keep(found.obstacles.clone());
    }
    if !found.exists {
        return Verdict::Gone;
    }
    let worth = |item: &Item| matches!(item.what.fate(false), Fate::Refs | Fate::Aside);
    Verdict::Remove { preserve: discard || found.items.iter().any(worth) }
}

#[cfg(test)]
mod tests {
    use super::super::What;
    use super::*;
    use crate::model::session::EndReason;

    fn ended() -> Phase {
        Phase::Ended { reason: EndReason::Exited { code: 0 } }
    }

    fn found(whats: &[What]) -> Found {
        let item = |what: &What| Item { what: *what, name: "x".into(), count: 1, bytes: 1 };
        Found { exists: true, obstacles: vec![], items: whats.iter().map(item).collect() }
    }

    fn worker(phase: &Phase) -> Standing<'_> {
        Standing { kind: Kind::Worker, phase, removed: false }
    }

    #[test]
    fn the_living_and_orchestrators_keep_theirs() {
        let over = ended();
        let clean = found(&[]);
        for phase in [Phase::Reserved, Phase::Starting, Phase::Live] {
            let verdict = decide(worker(&phase), &clean, true);
            assert!(matches!(verdict, Verdict::Keep(_)), "{phase:?}");
        }
        let orchestrator = Standing { kind: Kind::Orchestrator, ..worker(&over) };
        assert_eq!(decide(orchestrator, &clean, true), Verdict::Keep(vec![Obstacle::Orchestrator]));
    }

    #[test]
    fn an_obstacle_wins_over_everything() {
        let over = ended();
        for obstacle in [
            Obstacle::Unknown("x".into()),
            Obstacle::NotOurs("x".into()),
            Obstacle::Process { pid: 1, name: "x".into() },
        ] {
            for exists in [true, false] {
                let found = Found { exists, obstacles: vec![obstacle.clone()], items: vec![] };
                let verdict = decide(worker(&over), &found, true);
                assert_eq!(verdict, Verdict::Keep(vec![obstacle.clone()]));
            }
        }
    }

    #[test]
    fn work_is_preserved_and_what_is_none_is_not() {
        let over = ended();
        let verdict = |whats: &[What], discard| decide(worker(&over), &found(whats), discard);
        let (preserve, plain) =
            (Verdict::Remove { preserve: true }, Verdict::Remove { preserve: false });
        assert_eq!(verdict(&[], false), plain);
        assert_eq!(verdict(&[What::Cache, What::Special, What::Commits], false), plain);
        for what in [What::Changed, What::Hidden, What::Ignored, What::Nested, What::Loose] {
            assert_eq!(verdict(&[what], false), preserve, "{what:?}");
            assert_eq!(verdict(&[what], true), preserve, "{what:?}, discarding");
        }
        assert_eq!(verdict(&[], true), preserve, "discarding writes the refs first, always");
        let nothing = Found::default();
        assert_eq!(decide(worker(&over), &nothing, false), Verdict::Gone);
        let removed = Standing { removed: true, ..worker(&over) };
        assert_eq!(decide(removed, &found(&[What::Changed]), false), Verdict::Gone);
    }
}
