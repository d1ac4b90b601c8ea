//! Which requests an agent's hook waits for now. Only those can be answered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The hooks that wait, by request.
#[derive(Default)]
pub struct Permits {
    waiting: Mutex<HashMap<String, u32>>,
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
        self.lock().contains_key(id)
    }

    pub(super) fn begin(&self, id: &str) -> Waiting<'_> {
        *self.lock().entry(id.to_owned()).or_default() += 1;
        Waiting { permits: self, id: id.to_owned() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.permits.lock();
        if let Some(count) = waiting.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.id);
            }
        }
    }
}
