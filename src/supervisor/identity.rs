//! Who is calling: the evidence for the model's verdict, put together anew for each request.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::json;

use crate::host::serve::PROCESS_NAME;
use crate::model::caller::{Caller, Evidence, Member, Refusal, Token, verdict};
use crate::model::session::Phase;
use crate::process::{Peer, ProcessError, ProcessId};
use crate::services::{ServiceError, World, secret};
use crate::store::Origin;
use crate::store::sessions::{self, Session};
use crate::wire;

/// From an agent's start to its host's place in the records, at most.
const LAUNCH: Duration = Duration::from_secs(5);

/// Why a caller gets no answer.
#[derive(Debug)]
pub enum Unidentified {
    /// It is not believed.
    Refused(Refusal),
    /// The evidence could not be had.
    Failed(ServiceError),
}

impl From<ServiceError> for Unidentified {
    fn from(error: ServiceError) -> Self {
        Self::Failed(error)
    }
}

/// The caller of a request: its process tree, then what its environment claims in the headers.
pub async fn caller(
    world: &World,
    peer: &Peer,
    headers: &HeaderMap,
    request_id: &str,
) -> Result<Caller, Unidentified> {
    let row = row_above(peer).map_err(ServiceError::from)?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let claimed = text(wire::SESSION_HEADER).filter(|id| !id.is_empty());
    let token = text(wire::TOKEN_HEADER).filter(|token| !token.is_empty());
    let stray_host = !row.hosts.is_empty();
    let hash = token.as_deref().map(secret::sha256);
    let Known { above, owner } = known(world, row, hash).await?;
    let current = above
        .as_ref()
        .filter(|session| matches!(session.phase, Phase::Live | Phase::Starting))
        .map(|session| session.generation);
    let evidence = Evidence {
        stray_host: stray_host && above.is_none(),
        tree: above.as_ref().map(member),
        claimed: claimed.clone(),
        token: match (&token, &owner) {
            (None, _) => Token::Absent,
            (Some(_), None) => Token::Invalid,
            (Some(_), Some(owner)) => Token::Valid { member: member(owner), detached: false },
        },
    };
    match verdict(&evidence, current) {
        Ok(caller) => Ok(caller),
        Err(refusal) => {
            let session = above.map(|session| session.id.to_string());
            record(world, peer, refusal, session, claimed, request_id).await?;
            Err(Unidentified::Refused(refusal))
        }
    }
}

/// What the records say of a caller.
struct Known {
    /// The session whose host stands above it.
    above: Option<Session>,
    /// The session that its token was made for.
    owner: Option<Session>,
}

/// Looks the caller up. An agent can be faster with its first words than its launch is on record:
/// under a host that nobody knows, with the token of a session that is being started, it is looked
/// up again at each change until that start is over.
async fn known(world: &World, row: Row, hash: Option<String>) -> Result<Known, ServiceError> {
    let Row { all, hosts } = row;
    let (all, hash) = (Arc::new(all), Arc::new(hash));
    let mut newest = world.store.newest();
    let deadline = tokio::time::Instant::now() + LAUNCH;
    loop {
        newest.mark_unchanged();
        let (all, hash) = (all.clone(), hash.clone());
        let known = world.store.read(move |db| {
            let above = sessions::by_host(db, &all)?;
            let owner = hash.as_deref().map(|hash| sessions::by_token(db, hash));
            Ok(Known { above, owner: owner.transpose()?.flatten() })
        });
        let known = known.await?;
        let starts = known.owner.as_ref().is_some_and(|owner| owner.phase == Phase::Starting);
        if known.above.is_some() || hosts.is_empty() || !starts {
            return Ok(known);
        }
        match tokio::time::timeout_at(deadline, newest.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Ok(known),
        }
    }
}

/// The caller's ancestors, itself included, and those of them that are session hosts.
struct Row {
    all: Vec<ProcessId>,
    hosts: Vec<ProcessId>,
}

fn row_above(peer: &Peer) -> Result<Row, ProcessError> {
    // A caller that has ended is inside no session that could be proven: its headers decide, and
    // nobody reads the answer.
    let row = peer.lineage()?;
    let hosts = row.iter().filter(|(_, name)| name == PROCESS_NAME).map(|(id, _)| *id).collect();
    Ok(Row { all: row.iter().map(|(id, _)| *id).collect(), hosts })
}

fn member(session: &Session) -> Member {
    Member {
        id: session.id.clone(),
        project: session.project.clone(),
        kind: session.kind,
        generation: session.generation,
    }
}

async fn record(
    world: &World,
    peer: &Peer,
    refusal: Refusal,
    session: Option<String>,
    claimed: Option<String>,
    request_id: &str,
) -> Result<(), ServiceError> {
    let data = json!({
        "verb": "identify",
        "reason": refusal.to_string(),
        "uid": peer.uid,
        "pid": peer.process.map(|process| process.pid),
        "claimed": claimed,
    });
    let origin = Origin { request_id: Some(request_id.to_owned()), now: world.now() };
    let written = world
        .store
        .write(origin, move |change| change.record("denied", None, session.as_deref(), &data))
        .await;
    Ok(written?)
}

/// Another user connected: refused before a word is read.
pub async fn record_stranger(world: &World, uid: u32) {
    let data = json!({ "verb": "connect", "reason": "another user", "uid": uid });
    let origin = Origin { request_id: None, now: world.now() };
    let written =
        world.store.write(origin, move |change| change.record("denied", None, None, &data)).await;
    if let Err(error) = written {
        tracing::warn!(%error, uid, "another user connected, and it could not be recorded");
    }
}
