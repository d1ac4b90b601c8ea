//! Which requests an agent's hook waits for now. Only those can be answered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a hook that was told to wait may take to come back for that.
const ON_ITS_WAY: Duration = Duration::from_secs(10);

/// The hooks that wait, by request.
#[derive(Default)]
pub struct Permits {
    waiting: Mutex<HashMap<String, Hook>>,
}

#[derive(Default)]
struct Hook {
    /// Calls that wait.
    calls: u32,
    /// It was told to wait, and is expected until then.
    expected: Option<Instant>,
}

impl Hook {
    fn is_there(&self) -> bool {
        self.calls > 0 || self.expected.is_some_and(|until| Instant::now() < until)
    }
}

/// A hook that waits, for as long as this lives.
pub(super) struct Waiting<'a> {
    permits: &'a Permits,
    id: String,
}

impl Permits {
    /// Whether a hook waits for the answer to this request.
    #[must_use]
    pub fn waits(&self, id: &str) -> bool {
        self.lock().get(id).is_some_and(Hook::is_there)
    }

    /// A hook was told to wait.
    pub(super) fn expect(&self, id: &str) {
        let mut waiting = self.lock();
        waiting.retain(|_, hook| hook.is_there());
        let expected = Some(Instant::now() + ON_ITS_WAY);
        waiting.insert(id.to_owned(), Hook { calls: 0, expected });
    }

    pub(super) fn begin(&self, id: &str) -> Waiting<'_> {
        let mut waiting = self.lock();
        let hook = waiting.entry(id.to_owned()).or_default();
        (hook.calls, hook.expected) = (hook.calls + 1, None);
        drop(waiting);
        Waiting { permits: self, id: id.to_owned() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Hook>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.permits.lock();
        if let Some(hook) = waiting.get_mut(&self.id) {
            hook.calls -= 1;
            if hook.calls == 0 {
                waiting.remove(&self.id);
            }
        }
    }
}
