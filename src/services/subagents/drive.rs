//! Sees one subagent to its end: a task of its own, begun again by the next supervisor. Its id is
//! the key of its session, so that the session is made once, whatever happens in between.

use std::sync::Arc;

use serde_json::Value;

use super::spawn::{read_order, remove_order};
use crate::agents::oneshot::{Ended, Verdict};
use crate::model::caller::{Caller, Member};
use crate::model::subagent::State;
use crate::services::{Request, ServiceError, World, headless, lanes, secret, sessions};
use crate::store::Origin;
use crate::store::artifacts::Stored;
use crate::store::subagents::{self as rows, End, Subagent};

/// Begins it, or goes on with it, in the background.
pub(super) fn drive(world: &Arc<World>, id: &str) {
    let (world, id) = (world.clone(), id.to_owned());
    tokio::spawn(async move {
        let ended = match to_its_end(&world, &id).await {
            Ok(end) => settle(&world, &id, end).await,
            // The supervisor goes down: the next one goes on.
            Err(error) if error.is_stopping() => return,
            Err(error) => {
                let end = failed(format!("it could not be carried out: {error}"));
                settle(&world, &id, end).await
            }
        };
        if let Err(error) = ended {
            tracing::error!(subagent = %id, %error, "failed to settle a subagent");
        }
    });
}

/// What it comes to.
async fn to_its_end(world: &Arc<World>, id: &str) -> Result<End, ServiceError> {
    let row = load(world, id).await?;
    let session = match row.session.clone() {
        Some(session) => session,
        None => begin(world, &row).await?,
    };
    let ended = tokio::select! {
        ended = headless::wait(world, &session) => ended?,
        over = unwanted(world, id) => {
            over?;
            headless::cancel(world, &session).await?;
            headless::wait(world, &session).await?
        }
    };
    let state = load(world, id).await?.state;
    end(world, ended, state == State::Cancelling).await
}

/// Has its session made, once.
async fn begin(world: &Arc<World>, row: &Subagent) -> Result<String, ServiceError> {
    let id = &row.new.id;
    let order = read_order(world, id)
        .ok_or_else(|| ServiceError::Usage("what it was to do is no longer on disk".to_owned()))?;
    let request = Request {
        id: secret::request_id(),
        caller: parent(world, row).await?,
        key: Some(id.clone()),
        ..Request::of_supervisor()
    };
    let answer = headless::start_allowed(world, &request, order).await?;
    let (id, session) = (id.clone(), answer.session.id.clone());
    let origin = Origin { request_id: Some(request.id), now: world.now() };
    world.store.write(origin, move |change| rows::running(change, &id, &session)).await?;
    Ok(answer.session.id)
}

/// In whose name it is made.
async fn parent(world: &World, row: &Subagent) -> Result<Caller, ServiceError> {
    if row.new.parent == Caller::Person.name() {
        return Ok(Caller::Person);
    }
    let session = sessions::load(world, &row.new.parent).await?;
    Ok(Caller::Session(Member {
        id: session.id,
        project: session.project,
        kind: session.kind,
        generation: session.generation,
    }))
}

/// Returns when somebody has it ended, or when its parent is over and it was not to stay.
async fn unwanted(world: &World, id: &str) -> Result<(), ServiceError> {
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        let row = load(world, id).await?;
        if row.state == State::Cancelling {
            return Ok(());
        }
        if !row.new.stays && is_over(world, &row.new.parent).await? {
            let wanted = id.to_owned();
            let origin = Origin { request_id: None, now: world.now() };
            world.store.write(origin, move |change| rows::cancel(change, &wanted)).await?;
            return Ok(());
        }
        if newest.changed().await.is_err() {
            return Err(crate::store::StoreError::Stopped.into());
        }
    }
}

async fn is_over(world: &World, parent: &str) -> Result<bool, ServiceError> {
    if parent == Caller::Person.name() {
        return Ok(false);
    }
    match sessions::load(world, parent).await {
        Ok(session) => Ok(session.phase.is_over()),
        Err(ServiceError::NotFound { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Its result, stored before anything names it.
async fn end(world: &World, ended: Ended, is_unwanted: bool) -> Result<End, ServiceError> {
    let tool_calls = ended.tool_calls;
    let done = match ended.verdict {
        Verdict::Value { json } => {
            let value: Value = serde_json::from_str(&json).unwrap_or(Value::String(json));
            let (text, is_json) = match value {
                Value::String(text) => (text, false),
                other => (other.to_string(), true),
            };
            let result = store(world, text.into_bytes()).await?;
            End { result: Some(result), is_json, ..with(State::Completed, None) }
        }
        Verdict::Nothing { .. } if is_unwanted => cancelled(),
        Verdict::Nothing { why, .. } if why == "stopped" => cancelled(),
        Verdict::Nothing { why, message } => failed(format!("{why}: {message}")),
        Verdict::Unfit { message } => failed(format!("schema: {message}")),
    };
    Ok(End { tool_calls, ..done })
}

async fn store(world: &World, bytes: Vec<u8>) -> Result<Stored, ServiceError> {
    let files = world.artifacts.clone();
    let stored = tokio::task::spawn_blocking(move || files.put(&bytes));
    Ok(stored.await.map_err(|_| lanes::CutOff)??)
}

fn with(state: State, reason: Option<String>) -> End {
    let message = secret::message_id();
    End { state, reason, result: None, is_json: false, tool_calls: 0, message }
}

fn cancelled() -> End {
    with(State::Cancelled, None)
}

fn failed(reason: String) -> End {
    with(State::Failed, Some(reason))
}

/// Its end and the message that tells of it, together.
async fn settle(world: &Arc<World>, id: &str, end: End) -> Result<(), ServiceError> {
    let wanted = id.to_owned();
    let origin = Origin { request_id: None, now: world.now() };
    let told = world.store.write(origin, move |change| rows::ended(change, &wanted, &end)).await?;
    remove_order(world, id);
    if let Some(parent) = told {
        world.dispatch.wake(world, &parent);
    }
    Ok(())
}

async fn load(world: &World, id: &str) -> Result<Subagent, ServiceError> {
    super::find::load(world, id).await
}
