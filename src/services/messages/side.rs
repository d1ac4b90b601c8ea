//! The sessions whose agents listen: their own programs take messages from ao by a stream, while
//! they work too. Opened by the route, used by the side channel.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::mpsc;

use crate::model::ids::{Generation, SessionId};
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, sessions};
use crate::store::sessions::Session;
use crate::wire::message::SideMessage;

/// Who listens, by session: the last one that came.
#[derive(Default)]
pub struct Listeners {
    open: Mutex<HashMap<SessionId, Listener>>,
    /// Launches whose agents have not shown that they took what they were told.
    deaf: Mutex<HashMap<SessionId, Generation>>,
}

#[derive(Clone)]
struct Listener {
    generation: Generation,
    sender: mpsc::Sender<SideMessage>,
}

/// An agent's end of the stream; gone when dropped.
pub struct Listening {
    world: Arc<World>,
    id: SessionId,
    sender: mpsc::Sender<SideMessage>,
    messages: mpsc::Receiver<SideMessage>,
}

impl Listeners {
    /// Where the agent of the session's launch listens, if it does.
    pub(super) fn of(&self, session: &Session) -> Option<mpsc::Sender<SideMessage>> {
        let open = self.map();
        let listener = open.get(&session.id)?;
        let listens = listener.generation == session.generation && !listener.sender.is_closed();
        listens.then(|| listener.sender.clone())
    }

    /// From now on the launch's mail goes by the terminal: one message in doubt is enough.
    pub(super) fn deafen(&self, session: &Session) {
        self.map().remove(&session.id);
        let mut deaf = self.deaf.lock().expect("nobody panics while holding the map");
        deaf.insert(session.id.clone(), session.generation);
    }

    fn is_deaf(&self, session: &Session) -> bool {
        let deaf = self.deaf.lock().expect("nobody panics while holding the map");
        deaf.get(&session.id) == Some(&session.generation)
    }

    fn map(&self) -> MutexGuard<'_, HashMap<SessionId, Listener>> {
        self.open.lock().expect("nobody panics while holding the map")
    }
}

/// Lets the agent of the session's generation listen. A later one takes the place of an earlier.
pub async fn listen(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    generation: u32,
) -> Result<Listening, ServiceError> {
    let session = sessions::load(world, id).await?;
    request.allow(world, Verb::Hook, session.target()).await?;
    if session.generation.0 != generation {
        let text = format!("generation {generation} listens, {id} is at {}", session.generation);
        return Err(ServiceError::Usage(text));
    }
    if world.listeners.is_deaf(&session) {
        let text = format!("{id} was told a message here and has not shown that it took it");
        return Err(ServiceError::Usage(text));
    }
    // One at a time: the next is handed over when the one before was taken as a prompt.
    let (sender, messages) = mpsc::channel(1);
    let listener = Listener { generation: session.generation, sender: sender.clone() };
    world.listeners.map().insert(session.id.clone(), listener);
    world.dispatch.wake(world, &session.id);
    Ok(Listening { world: world.clone(), id: session.id, sender, messages })
}

impl Listening {
    /// The next message; nothing when somebody else listens now.
    pub async fn next(&mut self) -> Option<SideMessage> {
        self.messages.recv().await
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut open = self.world.listeners.map();
        if open.get(&self.id).is_some_and(|now| now.sender.same_channel(&self.sender)) {
            open.remove(&self.id);
        }
        drop(open);
        // Its mail goes by the terminal from now on.
        self.world.dispatch.wake(&self.world, &self.id);
    }
}
