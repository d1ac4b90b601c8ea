//! Puts one session back into the records, from its card and from its host.

use crate::config::Paths;
use crate::host::{ControlKey, Hello, HostClient, Launch};
use crate::model::ids::SessionId;
use crate::model::work::{Removal, RemovalState};
use crate::process::boot_id;
use crate::services::{ServiceError, secret};
use crate::store::sessions::{self, Found, Processes};
use crate::store::{Change, StoreError, projects};
use crate::workspace;

use super::Card;

/// What is known of a session apart from the database.
pub(super) struct Evidence {
    pub(super) card: Card,
    /// Its host's word, where one answers.
    hello: Option<Hello>,
    /// SHA-256 of the token that its agent has.
    token_hash: Option<String>,
    boot_id: String,
    removal: Option<Removal>,
}

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// The records had it as it is.
    Known,
    /// It was put back.
    Back,
}

impl Evidence {
    /// Asks the host of the card's session and reads its files.
    pub(super) async fn gather(
        paths: &Paths,
        key: &ControlKey,
        card: Card,
    ) -> Result<Self, ServiceError> {
        let hello = host_of(paths, key, card.id()).await;
        let generation = hello.as_ref().map_or(card.generation, |hello| hello.generation);
        let file = paths.generation_dir(card.id(), generation).join("launch.json");
        let launch = Launch::read(&file).ok();
        let token = launch.and_then(|launch| launch.env.get("AO_SESSION_TOKEN").cloned());
        let row = card.session_row();
        let removal = if std::path::Path::new(&row.worktree).exists() {
            None
        } else {
            let folder = paths.preserved_dir().join(card.id().as_str());
            workspace::last_preserved(&folder)?.map(|last| Removal {
                state: RemovalState::Removed,
                at: card.session.created_at,
                slot: Some(last.slot),
                tip: last.tip,
            })
        };
        Ok(Self {
            hello,
            token_hash: token.map(|token| secret::sha256(&token)),
            boot_id: boot_id()?,
            removal,
            card,
        })
    }

    /// Whether its agent lives.
    pub(super) fn lives(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.exited.is_none())
    }

    /// Writes what the database does not have: the project, the session, its launch. A session that
    /// it has is corrected only where the host proves it wrong, or the card knows a later launch.
    pub(super) fn put(&self, change: &Change<'_>) -> Result<Put, StoreError> {
        let project = self.card.project_row();
        if projects::find(change.db(), project.id.as_str())?.is_none() {
            projects::add(change, &project, 1)?;
        }
        let row = sessions::find(change.db(), self.card.id().as_str())?;
        let is_new = row.is_none();
        if is_new {
            sessions::reserve(change, &self.card.session_row())?;
        }
        let generation = self.hello.as_ref().map_or(self.card.generation, |hello| hello.generation);
        let is_known = row.is_some_and(|row| {
            row.generation >= generation && (!self.lives() || !row.phase.is_over())
        });
        if is_known {
            return Ok(Put::Known);
        }
        let processes = self.hello.as_ref().filter(|_| self.lives()).map(|hello| Processes {
            host: hello.host,
            agent: hello.agent,
            boot_id: self.boot_id.clone(),
        });
        let found = Found {
            generation,
            processes,
            token_hash: self.token_hash.clone(),
            base: self.card.session.base.clone(),
            conversation: self.card.session.conversation.clone(),
            created_at: self.card.session.created_at,
            removal: self.removal.clone().filter(|_| is_new),
        };
        sessions::put_back(change, self.card.id(), &found)?;
        Ok(Put::Back)
    }
}

async fn host_of(paths: &Paths, key: &ControlKey, id: &SessionId) -> Option<Hello> {
    let client = HostClient::connect(&paths.host_socket(id), key).await.ok()?;
    let hello = client.hello().clone();
    (hello.session == *id).then_some(hello)
}
