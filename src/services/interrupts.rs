//! Lets a kill reach a session whose lane is busy with something long: a project's own commands, a
//! pause before another try. The work that can be interrupted asks for a bell; a kill rings it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::model::ids::SessionId;

/// The bells of what can be interrupted now, by session.
#[derive(Clone, Default)]
pub struct Interrupts {
    bells: Arc<Mutex<HashMap<SessionId, Arc<Notify>>>>,
}

/// What listens for an interruption; gone when dropped.
pub struct Bell {
    id: SessionId,
    rung: Arc<Notify>,
    interrupts: Interrupts,
}

impl Interrupts {
    /// A bell for work on the session. Work within that work hears the same one.
    #[must_use]
    pub fn bell(&self, id: &SessionId) -> Bell {
        let rung = self.map().entry(id.clone()).or_default().clone();
        Bell { id: id.clone(), rung, interrupts: self.clone() }
    }

    /// Interrupts what can be; returns whether there was something.
    pub fn ring(&self, id: &SessionId) -> bool {
        let bells = self.map();
        // The permit is kept when the work has not begun to listen.
        bells.get(id).inspect(|bell| bell.notify_one()).is_some()
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Arc<Notify>>> {
        self.bells.lock().expect("nobody panics while holding the bells")
    }
}

impl Bell {
    /// Does the work, unless it is interrupted before it is done; then it is dropped where it is.
    pub async fn unless_rung<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.rung() => None,
        }
    }

    /// Returns when it is rung, also when it was before.
    pub async fn rung(&self) {
        self.rung.notified().await;
        // Whoever listens next is told, too.
        self.rung.notify_one();
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let mut bells = self.interrupts.map();
        // The map's, and this one.
        if Arc::strong_count(&self.rung) == 2 {
            bells.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_early_ring_is_heard_and_a_late_one_is_not() {
        let interrupts = Interrupts::default();
        let id = SessionId::parse("a-1").unwrap();
        assert!(!interrupts.ring(&id));
        let bell = interrupts.bell(&id);
        assert!(interrupts.ring(&id));
        bell.rung().await;
        bell.rung().await;
        let within = interrupts.bell(&id);
        within.rung().await;
        assert!(within.unless_rung(std::future::pending::<()>()).await.is_none());
        drop(interrupts.bell(&id));
        assert!(interrupts.ring(&id), "what was done within took nothing along");
        drop(bell);
        assert!(interrupts.ring(&id));
        drop(within);
        assert!(!interrupts.ring(&id));
    }
}
