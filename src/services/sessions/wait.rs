//! Waits until a session has come somewhere.

use std::time::Duration;

use crate::model::ids::Timestamp;
use crate::model::rights::Verb;
use crate::model::session::{Phase, Status, derive};
use crate::services::{Request, ServiceError, World};
use crate::store::StoreError;
use crate::store::sessions::Session;
use crate::wire::session::{SessionAnswer, WaitQuery};

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum Until {
    Live,
    Idle,
    Exited,
    Done,
}

impl Until {
    fn parse(text: &str) -> Result<Self, ServiceError> {
        Ok(match text {
            "live" => Self::Live,
            "idle" | "" => Self::Idle,
            "exited" => Self::Exited,
            "done" => Self::Done,
            other => {
                let text = format!("{other:?}: wait for live, idle, exited or done");
                return Err(ServiceError::Usage(text));
            }
        })
    }

    /// Whether the session is there, or can no longer come there.
    fn is_over(self, session: &Session, now: Timestamp) -> bool {
        let status = derive(&session.status_facts(now)).status;
        let ended = session.phase.is_over();
        match self {
            Self::Live => ended || matches!(session.phase, Phase::Live),
            Self::Idle => ended || matches!(status, Status::Idle | Status::Done),
            Self::Exited => ended,
            Self::Done => ended || status == Status::Done,
        }
    }
}

/// Returns when the session is where `query.until` says, or over. Woken by the journal, no polling.
pub async fn wait(
    world: &World,
    request: &Request,
    id: &str,
    query: WaitQuery,
) -> Result<SessionAnswer, ServiceError> {
    let until = Until::parse(&query.until)?;
    let session = super::load(world, id).await?;
    let target = session.target();
    request.allow(world, Verb::ReadStatus, target).await?;
    let reached = async {
        let mut newest = world.store.newest();
        loop {
            newest.mark_unchanged();
            let session = super::load(world, id).await?;
            if until.is_over(&session, world.now()) {
                return Ok(SessionAnswer { session: super::view(world, session).await? });
            }
            if newest.changed().await.is_err() {
                return Err(StoreError::Stopped.into());
            }
        }
    };
    let Some(seconds) = query.timeout_s else { return reached.await };
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|_| ServiceError::Usage(format!("{seconds} is not a number of seconds")))?;
    tokio::time::timeout(limit, reached).await.unwrap_or(Err(ServiceError::Timeout(limit)))
}
