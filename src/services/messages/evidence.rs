//! After a message went with the answer to a hook: did its agent take it? The agent shows it in a
//! prompt of its own, or its transcript shows it; what is not shown in time is in doubt.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::agents::{Transcript, TranscriptForm, claude};
use crate::host::record::Changes;
use crate::model::ids::{Generation, SessionId};
use crate::model::message::{Channel, State, Uncertain, receipt_due};
use crate::services::{ServiceError, World};
use crate::store::messages::{self, Message, NewState};
use crate::store::sessions::{self, Session};
use crate::store::{Origin, hook_channels};

use super::dispatch::change;

/// The sessions whose evidence is being looked for.
#[derive(Default)]
pub struct Evidence {
    sought: Mutex<HashSet<SessionId>>,
}

impl Evidence {
    fn begin(&self, id: &SessionId) -> bool {
        self.sought.lock().expect("nobody panics while holding the set").insert(id.clone())
    }

    fn end(&self, id: &SessionId) {
        self.sought.lock().expect("nobody panics while holding the set").remove(id);
    }
}

/// Looks for the evidence of what went to the session's launch by hooks, in a task of its own that
/// ends when nothing is open any more.
pub fn seek_evidence(world: &World, session: &Session) {
    let Some(world) = world.shared() else { return };
    if !world.evidence.begin(&session.id) {
        return;
    }
    let session = session.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = seek(&world, &session).await {
                tracing::warn!(session = %session.id, %error, "failed to look for evidence");
            }
            world.evidence.end(&session.id);
            // Something may have been handed out after the last look.
            let open = first_open(&world, &session.id, session.generation).await;
            if !matches!(open, Ok(Some(_))) || !world.evidence.begin(&session.id) {
                return;
            }
        }
    });
}

/// At start: goes on with what was open.
pub async fn seek_all_evidence(world: &World) -> Result<(), ServiceError> {
    for session in world.store.read(sessions::alive).await? {
        if first_open(world, &session.id, session.generation).await?.is_some() {
            seek_evidence(world, &session);
        }
    }
    Ok(())
}

async fn seek(world: &Arc<World>, session: &Session) -> Result<(), ServiceError> {
    let (mut transcript, changes) = transcript(world, session).await?.unzip();
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        let Some(open) = first_open(world, &session.id, session.generation).await? else {
            return Ok(());
        };
        let until = receipt_due(open.written_at.unwrap_or(open.accepted_at));
        // Looked at before it is given up: the line may have come while ao was away.
        if let Some(file) = transcript.take() {
            transcript = read(world, session, file).await?;
        }
        if world.now() >= until {
            let doubt = State::Uncertain(Uncertain::NoReceipt);
            change(world, &open, NewState::plain(doubt)).await?;
            world.dispatch.wake(world, &session.id);
            continue;
        }
        let changed = async {
            match &changes {
                // A watch that breaks leaves the time limit.
                Some(changes) if changes.next().await.is_ok() => {}
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = changed => {}
            _ = newest.changed() => {}
            () = tokio::time::sleep(Duration::from_millis(until.since(world.now()))) => {}
        }
    }
}

/// The first message that went by a hook and was not shown to have been taken.
async fn first_open(
    world: &World,
    id: &SessionId,
    generation: Generation,
) -> Result<Option<Message>, ServiceError> {
    let id = id.to_string();
    let written = world.store.read(move |db| messages::unreceipted(db, &id, generation)).await?;
    Ok(written.into_iter().find(|message| message.channel == Some(Channel::Hook)))
}

/// Its agent's transcript, if it is one that can be read, and what tells that it has grown.
async fn transcript(
    world: &World,
    session: &Session,
) -> Result<Option<(Transcript, Changes)>, ServiceError> {
    let catalog = world.catalog();
    if catalog
        .get(&session.agent)
        .is_ok_and(|manifest| manifest.transcript != TranscriptForm::Claude)
    {
        return Ok(None);
    }
    let (id, generation) = (session.id.to_string(), session.generation);
    let said = world.store.read(move |db| hook_channels::find(db, &id, generation)).await?;
    let Some(path) = said.transcript else { return Ok(None) };
    let transcript = Transcript::of(&path);
    let changes = Changes::of(transcript.dir())
        .inspect_err(|error| tracing::warn!(%error, "failed to watch a transcript"));
    Ok(changes.ok().map(|changes| (transcript, changes)))
}

/// Takes in what the transcript shows since the last look, and gives it back.
async fn read(
    world: &World,
    session: &Session,
    mut transcript: Transcript,
) -> Result<Option<Transcript>, ServiceError> {
    let read = tokio::task::spawn_blocking(move || {
        let lines = transcript.lines();
        (transcript, lines)
    });
    let (transcript, lines) = read.await.map_err(|_| crate::services::lanes::CutOff)?;
    let lines = match lines {
        Ok(lines) => lines,
        Err(error) => {
            tracing::warn!(%error, "failed to read a transcript");
            return Ok(None);
        }
    };
    let shown: Vec<String> = lines.iter().flat_map(|line| claude::contexts(line)).collect();
    if !shown.is_empty() {
        let origin = Origin { request_id: None, now: world.now() };
        let session = session.clone();
        let receipts = world.store.write(origin, move |change| {
            for text in &shown {
                super::receipt(change, &session, text)?;
            }
            Ok(())
        });
        receipts.await?;
    }
    Ok(Some(transcript))
}
