//! A request as services see it: who asks, under which number, and whether they may.

use serde_json::json;

use crate::model::caller::Caller;
use crate::model::ids::Timestamp;
use crate::model::rights::{Target, Verb, allowed};
use crate::model::session::Ender;
use crate::store::Origin;
use crate::store::idempotency::Key;

use super::{ServiceError, World};

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its id, in the log, the error and the events it causes.
    pub id: String,
    /// Who asks.
    pub caller: Caller,
    /// The calling process, as far as the kernel named it.
    pub pid: Option<u32>,
    /// The calling user.
    pub uid: u32,
    /// The caller's idempotency key.
    pub key: Option<String>,
}

impl Request {
    /// What ao does of its own accord, in the name of the person who runs it.
    #[must_use]
    pub fn of_supervisor() -> Self {
        Self {
            id: super::secret::request_id(),
            caller: Caller::Person,
            pid: None,
            uid: rustix::process::getuid().as_raw(),
            key: None,
        }
    }

    /// Where the rows of this request come from.
    #[must_use]
    pub fn origin(&self, now: Timestamp) -> Origin {
        Origin { request_id: Some(self.id.clone()), now }
    }

    /// Who is to be named when this request ends a session.
    #[must_use]
    pub fn ender(&self) -> Ender {
        match &self.caller {
            Caller::Person => Ender::Person,
            Caller::Session(member) => Ender::Session(member.id.to_string()),
        }
    }

    /// The caller's key for a request of this verb and body.
    #[must_use]
    pub fn idempotency(&self, verb: &str, body: &str) -> Option<Key> {
        let key = self.key.clone()?;
        let request = super::secret::sha256(&format!("{verb}\n{body}"));
        Some(Key { caller: self.caller.name().to_owned(), key, request })
    }

    /// Refuses what the caller may not do; a refusal is an event.
    pub async fn allow(
        &self,
        world: &World,
        verb: Verb,
        target: Target<'_>,
    ) -> Result<(), ServiceError> {
        let Err(denied) = allowed(&self.caller, verb, target) else { return Ok(()) };
        let data = json!({
            "verb": verb.as_str(),
            "reason": denied.to_string(),
            "caller": self.caller.name(),
            "uid": self.uid,
            "pid": self.pid,
            "target": target.session.map(|(id, _)| id.to_string()),
        });
        let project = target.project.map(ToString::to_string);
        let session = self.caller.member().map(|member| member.id.to_string());
        world
            .store
            .write(self.origin(world.now()), move |change| {
                change.record("denied", project.as_deref(), session.as_deref(), &data)
            })
            .await?;
        Err(ServiceError::Denied(denied))
    }
}
