//! Looks at stopped pairs while there are any: a commit is no event that reaches ao, and a session
//! may end. Started with the supervisor.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::ids::{SessionId, Timestamp};
use crate::services::{ServiceError, World};
use crate::store::messages::{self, Message};
use crate::store::{Origin, sessions};

use super::release::let_go;
use super::stop::last_progress;

/// Between two looks at the commits of pairs that are stopped.
const EVERY: Duration = Duration::from_secs(5);

/// Wakes the task when a pair is stopped.
#[derive(Default)]
pub struct Review {
    stopped: Notify,
}

impl Review {
    /// A message has been held.
    pub fn stopped(&self) {
        self.stopped.notify_one();
    }
}

/// Keeps looking, for as long as the supervisor lives; asleep while nobody is stopped.
pub async fn keep(world: Arc<World>) {
    loop {
        match look(&world).await {
            Ok(true) => tokio::time::sleep(EVERY).await,
            Ok(false) => world.ping_pong.stopped.notified().await,
            Err(error) => {
                tracing::warn!(%error, "failed to look at stopped agents, trying again");
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

/// Releases what may go on; whether a pair is still stopped.
async fn look(world: &World) -> Result<bool, ServiceError> {
    let mut held = world.store.read(messages::stopped).await?;
    let now = world.now();
    // Those that deliver do not see what is held.
    for late in held.extract_if(.., |m| m.deadline.is_some_and(|deadline| now >= deadline)) {
        crate::services::messages::expire(world, &late).await?;
    }
    let mut pairs = BTreeSet::new();
    for message in &held {
        pairs.insert(pair(&message.sender, &message.recipient));
    }
    for (first, second) in pairs {
        let since = held
            .iter()
            .filter(|m| pair(&m.sender, &m.recipient) == (first.clone(), second.clone()))
            .map(|m| m.accepted_at)
            .min()
            .unwrap_or_default();
        if let Some(why) = may_go_on(world, &first, &second, since).await? {
            let origin = Origin { request_id: None, now: world.now() };
            let both = (first, second);
            let which = move |m: &Message| pair(&m.sender, &m.recipient) == both;
            let released = world.store.write(origin, move |change| let_go(change, why, which));
            for recipient in released.await? {
                world.dispatch.wake(world, &recipient);
            }
        }
    }
    Ok(!world.store.read(messages::stopped).await?.is_empty())
}

fn pair(sender: &str, recipient: &SessionId) -> (String, String) {
    let (sender, recipient) = (sender.to_owned(), recipient.to_string());
    if sender <= recipient { (sender, recipient) } else { (recipient, sender) }
}

/// Why the two may go on, if they may, stopped as they are since `since`.
async fn may_go_on(
    world: &World,
    first: &str,
    second: &str,
    since: Timestamp,
) -> Result<Option<&'static str>, ServiceError> {
    let (a, b) = (first.to_owned(), second.to_owned());
    let (over, person) = world
        .store
        .read(move |db| {
            let mut over = false;
            for id in [&a, &b] {
                over |= sessions::find(db, id)?.is_none_or(|session| session.phase.is_over());
            }
            Ok((over, messages::conversation(db, &a, &b, since)?.person))
        })
        .await?;
    if over {
        return Ok(Some("over"));
    }
    if person > since {
        return Ok(Some("person"));
    }
    let (first, second) = (SessionId::parse(first)?, SessionId::parse(second)?);
    let committed = last_progress(world, &first, &second).await?;
    Ok((committed > since).then_some("commit"))
}
