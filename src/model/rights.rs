//! Who may do what: the matrix of the README, as one function. Everything not named is refused.

use super::caller::{Caller, Member};
use super::ids::{ProjectId, SessionId};
use super::session::{Kind, ReportState};

/// What is asked, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Text for a session.
    Send,
    /// A new worker.
    Spawn,
    /// End, start again, relaunch, clean.
    Manage,
    /// Another's output, screen and messages.
    ReadOutput,
    /// Lists and states.
    ReadStatus,
    /// Retry or drop a message.
    ManageMessage,
    /// An agent's word on itself.
    Report(ReportState),
    /// An agent's hook.
    Hook,
    /// Keys into a terminal.
    Attach,
    /// Look at the board and the scratchpad, add to them, begin what is ready.
    Board,
    /// Change a task: who works on it, or who made it while nobody does.
    ChangeTask,
    /// Answer a permission request of another session.
    AnswerPermit {
        /// The project lets its orchestrator.
        let_by_project: bool,
    },
    /// Projects, configuration, trust, the supervisor's end.
    Administer,
}

impl Verb {
    /// The verb's name in events and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Spawn => "spawn",
            Self::Manage => "manage",
            Self::ReadOutput => "read_output",
            Self::ReadStatus => "read_status",
            Self::ManageMessage => "manage_message",
            Self::Report(_) => "report",
            Self::Hook => "hook",
            Self::Attach => "attach",
            Self::Board => "board",
            Self::ChangeTask => "change_task",
            Self::AnswerPermit { .. } => "answer_permit",
            Self::Administer => "administer",
        }
    }
}

/// Whom it is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The project.
    pub project: Option<&'a ProjectId>,
    /// The session and its kind.
    pub session: Option<(&'a SessionId, Kind)>,
    /// The session that sent the message in question, or whose task it is.
    pub author: Option<&'a str>,
}

impl Target<'_> {
    /// Nothing in particular: the machine.
    #[must_use]
    pub fn machine() -> Self {
        Self { project: None, session: None, author: None }
    }
}

/// Why it may not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Only the person at the machine.
    #[error("only the person at the machine may do this")]
    PersonOnly,
    /// Another project's.
    #[error("it belongs to another project")]
    OtherProject,
    /// A worker's rights end here.
    #[error("a worker may not do this")]
    NotForWorkers,
    /// Itself, or its own worktree.
    #[error("a session may not do this to itself")]
    Itself,
    /// Only for itself.
    #[error("a session may only speak for itself")]
    NotItself,
    /// Only what it sent.
    #[error("only who sent the message may do this")]
    NotAuthor,
    /// Only who works on the task.
    #[error("only who works on the task, or made it while nobody does, may do this")]
    NotOwner,
    /// A person has not said so.
    #[error("the project does not let its orchestrator answer permission requests")]
    NotLet,
    /// An orchestrator owns no pull request.
    #[error("an orchestrator owns no pull request")]
    NoPullRequest,
}

/// Whether `caller` may do `verb` to `target`.
pub fn allowed(caller: &Caller, verb: Verb, target: Target<'_>) -> Result<(), Denied> {
    let Some(member) = caller.member() else {
        return match verb {
            // Hooks and reports are an agent's own words; a person has no session to speak for.
            Verb::Hook | Verb::Report(_) => Err(Denied::NotItself),
            _ => Ok(()),
        };
    };
    match verb {
        Verb::Attach | Verb::Administer => Err(Denied::PersonOnly),
        Verb::Hook | Verb::Report(_) => speak(member, verb, target),
        Verb::ManageMessage => match target.author {
            Some(author) if author == member.id.as_str() => Ok(()),
            _ => Err(Denied::NotAuthor),
        },
        Verb::ReadStatus | Verb::Send | Verb::Board => same_project(member, target),
        Verb::ChangeTask => {
            same_project(member, target)?;
            match (target.author, member.kind) {
                (_, Kind::Orchestrator) => Ok(()),
                (Some(owner), _) if owner == member.id.as_str() => Ok(()),
                _ => Err(Denied::NotOwner),
            }
        }
        Verb::ReadOutput => {
            same_project(member, target)?;
            if is_itself(member, target) { Ok(()) } else { orchestrator_only(member) }
        }
        Verb::Spawn => {
            same_project(member, target)?;
            orchestrator_only(member)
        }
        Verb::Manage => manage(member, target),
        Verb::AnswerPermit { let_by_project } => {
            manage(member, target)?;
            if let_by_project { Ok(()) } else { Err(Denied::NotLet) }
        }
    }
}

fn manage(member: &Member, target: Target<'_>) -> Result<(), Denied> {
    same_project(member, target)?;
    orchestrator_only(member)?;
    match target.session {
        Some((_, Kind::Worker)) => Ok(()),
        _ => Err(Denied::Itself),
    }
}

fn speak(member: &Member, verb: Verb, target: Target<'_>) -> Result<(), Denied> {
    if !is_itself(member, target) {
        return Err(Denied::NotItself);
    }
    match (verb, member.kind) {
        (Verb::Report(ReportState::PrCreated), Kind::Orchestrator) => Err(Denied::NoPullRequest),
        _ => Ok(()),
    }
}

fn same_project(member: &Member, target: Target<'_>) -> Result<(), Denied> {
    match target.project {
        Some(project) if *project == member.project => Ok(()),
        _ => Err(Denied::OtherProject),
    }
}

fn orchestrator_only(member: &Member) -> Result<(), Denied> {
    match member.kind {
        Kind::Orchestrator => Ok(()),
        Kind::Worker => Err(Denied::NotForWorkers),
    }
}

fn is_itself(member: &Member, target: Target<'_>) -> bool {
    target.session.is_some_and(|(id, _)| *id == member.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Generation;

    fn id(text: &str) -> SessionId {
        SessionId::parse(text).unwrap()
    }

    fn caller(text: &str, kind: Kind) -> Caller {
        Caller::Session(Member {
            id: id(text),
            project: ProjectId::parse("shop").unwrap(),
            kind,
            generation: Generation(1),
        })
    }

    /// The matrix, row by row: person, orchestrator, worker, on a sibling worker of the project.
    #[test]
    fn the_matrix_within_a_project() {
        let project = ProjectId::parse("shop").unwrap();
        let (orchestrator, worker) =
            (caller("s-orchestrator", Kind::Orchestrator), caller("s-1", Kind::Worker));
        let sibling = id("s-2");
        let target = Target {
            project: Some(&project),
            session: Some((&sibling, Kind::Worker)),
            author: Some("s-2"),
        };
        for (verb, person_may, orchestrator_may, worker_may) in [
            (Verb::Send, true, true, true),
            (Verb::Spawn, true, true, false),
            (Verb::Manage, true, true, false),
            (Verb::ReadOutput, true, true, false),
            (Verb::ReadStatus, true, true, true),
            (Verb::ManageMessage, true, false, false),
            (Verb::Report(ReportState::Done), false, false, false),
            (Verb::Hook, false, false, false),
            (Verb::Attach, true, false, false),
            (Verb::Board, true, true, true),
            (Verb::ChangeTask, true, true, false),
            (Verb::Administer, true, false, false),
        ] {
            let may = |caller: &Caller| allowed(caller, verb, target).is_ok();
            let found = (may(&Caller::Person), may(&orchestrator), may(&worker));
            assert_eq!(found, (person_may, orchestrator_may, worker_may), "{verb:?}");
        }
    }

    #[test]
    fn no_session_reaches_another_project_or_ends_itself() {
        let other = ProjectId::parse("other").unwrap();
        let own = ProjectId::parse("shop").unwrap();
        let orchestrator = caller("s-orchestrator", Kind::Orchestrator);
        let itself = id("s-orchestrator");
        let foreign = Target { project: Some(&other), session: None, author: None };
        for verb in [
            Verb::Send,
            Verb::Spawn,
            Verb::Manage,
            Verb::ReadOutput,
            Verb::ReadStatus,
            Verb::Board,
            Verb::ChangeTask,
        ] {
            assert_eq!(
                allowed(&orchestrator, verb, foreign),
                Err(Denied::OtherProject),
                "{verb:?}"
            );
        }
        let target = Target {
            project: Some(&own),
            session: Some((&itself, Kind::Orchestrator)),
            author: None,
        };
        assert_eq!(allowed(&orchestrator, Verb::Manage, target), Err(Denied::Itself));
        assert!(allowed(&orchestrator, Verb::Report(ReportState::Done), target).is_ok());
        assert!(allowed(&orchestrator, Verb::Report(ReportState::PrCreated), target).is_err());
    }
}
