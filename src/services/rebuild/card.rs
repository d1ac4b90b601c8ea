//! A session's card, `<data>/sessions/<id>/card.json`: what the records say of it and its project,
//! written at each launch, after the row and before the agent. Nothing reads it while the database
//! is sound, but for one question: does the database know everything that was launched?

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{Paths, write_private};
use crate::model::ids::{Generation, ProjectId, SessionId, Timestamp};
use crate::model::session::{Kind, OneShot};
use crate::services::ServiceError;
use crate::store::projects::Project;
use crate::store::sessions::{New, Session};

/// Version of this form.
const VERSION: u32 = 1;

/// What the records said at the session's last launch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Card {
    version: u32,
    /// Which launch.
    pub generation: Generation,
    pub(super) project: ProjectFacts,
    pub(super) session: SessionFacts,
}

/// The project, as far as it is not in the repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ProjectFacts {
    id: ProjectId,
    prefix: String,
    path: String,
    common_dir: String,
    default_branch: String,
    agent: Option<String>,
    created_at: Timestamp,
}

/// The session, as it was reserved and prepared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SessionFacts {
    id: SessionId,
    kind: Kind,
    label: Option<String>,
    issue: Option<String>,
    spawned_by: String,
    deliver: String,
    agent: String,
    choice: String,
    prompt: Option<String>,
    branch: String,
    worktree: String,
    nonce: String,
    #[serde(default)]
    one_shot: Option<OneShot>,
    pub(super) base: Option<String>,
    pub(super) conversation: Option<String>,
    pub(super) created_at: Timestamp,
}

impl Card {
    /// Of a session that is about to be launched.
    #[must_use]
    pub fn of(project: &Project, session: &Session) -> Self {
        let (project, session) = (project.clone(), session.clone());
        Self {
            version: VERSION,
            generation: session.generation,
            project: ProjectFacts {
                id: project.id,
                prefix: project.prefix,
                path: project.path,
                common_dir: project.common_dir,
                default_branch: project.default_branch,
                agent: project.agent,
                created_at: project.created_at,
            },
            session: SessionFacts {
                id: session.id,
                kind: session.kind,
                label: session.label,
                issue: session.issue,
                spawned_by: session.spawned_by,
                deliver: session.deliver,
                agent: session.agent,
                choice: session.choice,
                prompt: session.prompt,
                branch: session.branch,
                worktree: session.worktree,
                nonce: session.nonce,
                one_shot: session.one_shot,
                base: session.base,
                conversation: session.conversation,
                created_at: session.created_at,
            },
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.session.id
    }

    /// Writes it, durable when this returns.
    pub fn write(&self, paths: &Paths) -> Result<(), ServiceError> {
        let text = serde_json::to_vec_pretty(self).expect("a card has only plain fields");
        Ok(write_private(&paths.session_card(&self.session.id), &text)?)
    }

    /// Every card that is there and understood, in order of the sessions' creation, and the files
    /// that are not.
    pub(super) fn all(paths: &Paths) -> (Vec<Card>, Vec<PathBuf>) {
        let (mut cards, mut unread) = (Vec::new(), Vec::new());
        let folders = std::fs::read_dir(paths.sessions_dir()).into_iter().flatten();
        for folder in folders.filter_map(Result::ok) {
            let file = folder.path().join("card.json");
            let Ok(text) = std::fs::read(&file) else { continue };
            match serde_json::from_slice::<Card>(&text) {
                Ok(card) if card.version == VERSION => cards.push(card),
                _ => unread.push(file),
            }
        }
        cards.sort_by_key(|card| card.session.created_at);
        (cards, unread)
    }

    pub(super) fn project_row(&self) -> Project {
        let project = self.project.clone();
        Project {
            id: project.id,
            prefix: project.prefix,
            path: project.path,
            common_dir: project.common_dir,
            default_branch: project.default_branch,
            agent: project.agent,
            created_at: project.created_at,
            // What a person has allowed is asked again, not taken from a file.
            trusted: None,
            restore: false,
            open_network: false,
            permits: false,
        }
    }

    pub(super) fn session_row(&self) -> New {
        let session = self.session.clone();
        New {
            id: session.id,
            project: self.project.id.clone(),
            kind: session.kind,
            label: session.label,
            issue: session.issue,
            spawned_by: session.spawned_by,
            deliver: session.deliver,
            agent: session.agent,
            choice: session.choice,
            prompt: session.prompt,
            branch: session.branch,
            worktree: session.worktree,
            nonce: session.nonce,
            one_shot: session.one_shot,
        }
    }
}

/// Takes the card away: for a session whose row is about to go.
pub fn forget_card(paths: &Paths, id: &SessionId) -> std::io::Result<()> {
    match std::fs::remove_file(paths.session_card(id)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Sessions that were launched and that the records do not know, or not that launch of them: what
/// was written last has been lost.
#[must_use]
pub fn lacking(paths: &Paths, known: &[Session]) -> Vec<SessionId> {
    let (cards, _) = Card::all(paths);
    let knows = |card: &Card| {
        known.iter().any(|row| row.id == *card.id() && row.generation >= card.generation)
    };
    cards.iter().filter(|card| !knows(card)).map(|card| card.id().clone()).collect()
}
