//! Who is calling: concluded from what the kernel shows of the caller's process tree and from what
//! its environment claims. The claims alone prove nothing.

use super::ids::{Generation, ProjectId, SessionId};
use super::session::Kind;

/// A caller whose identity has been established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The person at the machine: outside every session.
    Person,
    /// A process inside a session.
    Session(Member),
}

/// A session as a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: SessionId,
    /// Its project.
    pub project: ProjectId,
    /// Its kind.
    pub kind: Kind,
    /// The generation that the calling process belongs to.
    pub generation: Generation,
}

impl Caller {
    /// What stands after `from` in a message: the session's id, or `person`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person => "person",
            Self::Session(member) => member.id.as_str(),
        }
    }

    /// The session, if it is one.
    #[must_use]
    pub fn member(&self) -> Option<&Member> {
        match self {
            Self::Person => None,
            Self::Session(member) => Some(member),
        }
    }
}

/// What is known of a connection.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The session whose host is an ancestor of the caller.
    pub tree: Option<Member>,
    /// An ancestor is a session host of this data directory that no record knows.
    pub stray_host: bool,
    /// `AO_SESSION_ID` as the caller's environment has it.
    pub claimed: Option<String>,
    /// What the caller's token proves, if it sent one.
    pub token: Token,
}

/// What a token proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// None was sent.
    Absent,
    /// No session has it, or the session has been launched anew since.
    Invalid,
    /// It belongs to this session's current generation.
    Valid {
        /// The session.
        member: Member,
        /// The session was started in a sandbox or container of its own, so that its processes
        /// stand outside the host's tree.
        detached: bool,
    },
}

/// Why a caller is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The tree says one session, the environment another.
    #[error("the caller runs inside one session and claims to be another")]
    Mismatch,
    /// A token of a session, used outside it.
    #[error("the caller has a session's token but runs outside every session")]
    LeakedToken,
    /// An id without proof.
    #[error("the caller claims to be a session and runs outside every session")]
    Unproven,
    /// A process of a generation that has been replaced.
    #[error("the caller belongs to a generation that has been replaced")]
    Fenced,
    /// Inside a session host that no record knows.
    #[error("the caller runs inside a session that this supervisor does not know")]
    Stray,
}

/// The verdict on a caller. `current` is the generation now alive of the session in the tree.
pub fn verdict(evidence: &Evidence, current: Option<Generation>) -> Result<Caller, Refusal> {
    if let Some(member) = &evidence.tree {
        let other = |id: &str| id != member.id.as_str();
        if evidence.claimed.as_deref().is_some_and(other) {
            return Err(Refusal::Mismatch);
        }
        if let Token::Valid { member: owner, .. } = &evidence.token
            && other(owner.id.as_str())
        {
            return Err(Refusal::Mismatch);
        }
        if current != Some(member.generation) {
            return Err(Refusal::Fenced);
        }
        return Ok(Caller::Session(member.clone()));
    }
    if evidence.stray_host {
        return Err(Refusal::Stray);
    }
    match &evidence.token {
        Token::Valid { member, detached: true } => Ok(Caller::Session(member.clone())),
        Token::Valid { .. } => Err(Refusal::LeakedToken),
        Token::Invalid => Err(Refusal::Unproven),
        Token::Absent if evidence.claimed.is_some() => Err(Refusal::Unproven),
        Token::Absent => Ok(Caller::Person),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, generation: u32) -> Member {
        Member {
            id: SessionId::parse(id).unwrap(),
            project: ProjectId::parse("shop").unwrap(),
            kind: Kind::Worker,
            generation: Generation(generation),
        }
    }

    fn evidence(tree: Option<&str>, claimed: Option<&str>, token: Token) -> Evidence {
        Evidence {
            tree: tree.map(|id| member(id, 1)),
            stray_host: false,
            claimed: claimed.map(str::to_owned),
            token,
        }
    }

    fn token(id: &str, detached: bool) -> Token {
        Token::Valid { member: member(id, 1), detached }
    }

    /// Every row of the README's table of callers.
    #[test]
    fn the_table_of_callers() {
        let now = Some(Generation(1));
        let s1 = Ok(Caller::Session(member("s-1", 1)));
        for (tree, claimed, token, expected) in [
            (Some("s-1"), None, Token::Absent, s1.clone()),
            (Some("s-1"), Some("s-1"), token("s-1", false), s1.clone()),
            (Some("s-1"), Some("s-2"), Token::Absent, Err(Refusal::Mismatch)),
            (Some("s-1"), None, token("s-2", false), Err(Refusal::Mismatch)),
            (Some("s-1"), Some("garbage"), Token::Invalid, Err(Refusal::Mismatch)),
            (None, Some("s-1"), token("s-1", true), s1),
            (None, Some("s-1"), token("s-1", false), Err(Refusal::LeakedToken)),
            (None, None, token("s-1", false), Err(Refusal::LeakedToken)),
            (None, Some("s-1"), Token::Absent, Err(Refusal::Unproven)),
            (None, None, Token::Absent, Ok(Caller::Person)),
        ] {
            assert_eq!(verdict(&evidence(tree, claimed, token), now), expected);
        }
    }

    #[test]
    fn an_old_generation_is_fenced() {
        let old = evidence(Some("s-1"), Some("s-1"), Token::Invalid);
        assert_eq!(verdict(&old, Some(Generation(2))), Err(Refusal::Fenced));
        assert_eq!(verdict(&old, None), Err(Refusal::Fenced));
    }
}
