//! Connections to session hosts: one per session, made when it is needed, dropped when the session
//! is launched anew or over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::host::{ControlKey, HostClient, HostError};
use crate::model::ids::{Generation, SessionId};
use crate::store::sessions::Session;

use super::{ServiceError, World};

type Connection = (Generation, Arc<HostClient>);

/// The connections, by session.
pub struct Hosts {
    key: ControlKey,
    open: Mutex<HashMap<SessionId, Connection>>,
}

impl Hosts {
    /// None yet; `key` opens the hosts' control side.
    #[must_use]
    pub fn new(key: ControlKey) -> Self {
        Self { key, open: Mutex::new(HashMap::new()) }
    }

    /// The host of the session's current generation. Fails when it does not answer, or when
    /// another generation does.
    pub async fn client(
        &self,
        world: &World,
        session: &Session,
    ) -> Result<Arc<HostClient>, ServiceError> {
        if let Some((generation, client)) = self.known(&session.id)
            && generation == session.generation
            && client.is_open()
        {
            return Ok(client);
        }
        let socket = world.paths.host_socket(&session.id);
        let client = Arc::new(HostClient::connect(&socket, &self.key).await?);
        let hello = client.hello();
        if hello.session != session.id || hello.generation != session.generation {
            return Err(HostError::OtherSession {
                found: format!("{} generation {}", hello.session, hello.generation),
            }
            .into());
        }
        let entry = (session.generation, client.clone());
        self.map().insert(session.id.clone(), entry);
        Ok(client)
    }

    /// Drops the connection, if there is one.
    pub fn forget(&self, id: &SessionId) {
        self.map().remove(id);
    }

    fn known(&self, id: &SessionId) -> Option<Connection> {
        self.map().get(id).cloned()
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Connection>> {
        self.open.lock().expect("nobody panics while holding the connections")
    }
}
