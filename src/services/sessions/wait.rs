//! Waits until a session has come somewhere.

use std::time::Duration;

use crate::model::ids::Timestamp;
use crate::model::message::{Held, Policy, State};
use crate::model::rights::Verb;
use crate::model::session::{Phase, Status, derive};
use crate::services::{Request, ServiceError, World};
use crate::store::StoreError;
use crate::store::messages::{self, Message};
use crate::store::sessions::Session;
use crate::wire::session::{SessionAnswer, WaitQuery};

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum Until {
    Live,
    Idle,
    Rest,
    Exited,
    Done,
}

impl Until {
    fn parse(text: &str) -> Result<Self, ServiceError> {
        Ok(match text {
            "live" => Self::Live,
            "idle" | "" => Self::Idle,
            "rest" => Self::Rest,
            "exited" => Self::Exited,
            "done" => Self::Done,
            other => {
                let text = format!("{other:?}: wait for live, idle, rest, exited or done");
                return Err(ServiceError::Usage(text));
            }
        })
    }

    fn is_rest(self) -> bool {
        matches!(self, Self::Rest)
    }

    /// Whether the session is there, or can no longer come there.
    fn is_over(self, session: &Session, now: Timestamp) -> bool {
        let status = derive(&session.status_facts(now)).status;
        let ended = session.phase.is_over();
        match self {
            Self::Live => ended || matches!(session.phase, Phase::Live),
            Self::Idle => ended || matches!(status, Status::Idle | Status::Done),
            Self::Rest => ended || rests(status),
            Self::Exited => ended,
            Self::Done => ended || status == Status::Done,
        }
    }
}

/// It does not go on by itself.
fn rests(status: Status) -> bool {
    matches!(
        status,
        Status::Idle | Status::Done | Status::NeedsPermission | Status::NeedsInput | Status::Stuck
    )
}

/// Whether a message is on its way to it, and nothing is seen to hold that up for long.
async fn is_about_to_work(world: &World, session: &Session) -> Result<bool, ServiceError> {
    let status = derive(&session.status_facts(world.now())).status;
    if session.phase.is_over() || !matches!(status, Status::Idle | Status::Done) {
        return Ok(false);
    }
    let id = session.id.to_string();
    let open = world.store.read(move |db| messages::unsettled(db, &id)).await?;
    let comes = |message: &Message| {
        let held = matches!(message.state, State::Queued(Some(Held::OnDemand | Held::PingPong)));
        message.policy != Policy::OnDemand && !held
    };
    Ok(open.iter().any(comes))
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
            if until.is_over(&session, world.now())
                && !(until.is_rest() && is_about_to_work(world, &session).await?)
            {
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
