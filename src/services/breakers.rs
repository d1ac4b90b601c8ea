//! One breaker for each agent and model: whoever wants to start one passes it first, and waits there
//! while it is open. The law is in `model::breaker`. Called by flows and workflows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::{ServiceError, World};
use crate::model::breaker::{Answer, Breaker, Judgement, Why};
use crate::store::{Origin, breakers as rows};
use crate::wire::time::rfc3339;

/// Whose breaker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The agent; `command` for one that was given as a command.
    pub agent: String,
    /// The model; empty for the agent's own.
    pub model: String,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.agent)?;
        if self.model.is_empty() { Ok(()) } else { write!(f, " with {}", self.model) }
    }
}

/// All of them, and who waits at one.
pub struct Breakers {
    all: Mutex<HashMap<Key, Breaker>>,
    held: Mutex<HashMap<String, String>>,
    changed: watch::Sender<()>,
}

impl Default for Breakers {
    fn default() -> Self {
        Self { all: Mutex::default(), held: Mutex::default(), changed: watch::channel(()).0 }
    }
}

/// The right to start one; what becomes of it is to be told by [`Pass::judge`].
pub struct Pass {
    world: Arc<World>,
    key: Key,
    is_probe: bool,
    judged: bool,
}

/// Nobody is logged in: a person has to see to it.
#[derive(Debug, Clone)]
pub struct NeedsLogin(pub String);

/// Somebody who waits, for as long as this is there.
struct Held<'a> {
    breakers: &'a Breakers,
    who: &'a str,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.breakers.held.lock().expect("nobody panics with those held").remove(self.who);
    }
}

/// What is asked of a breaker before an agent starts.
enum Asked {
    Start { is_probe: bool },
    Login,
    Wait { for_ms: Option<u64>, why: String },
}

impl Breakers {
    /// Takes those that were open when an earlier supervisor ended.
    pub async fn load(world: &World) -> Result<(), ServiceError> {
        let known = world.store.read(rows::all).await?;
        let mut all = world.breakers.all.lock().expect("nobody panics with the breakers");
        for (agent, model, breaker) in known {
            all.insert(Key { agent, model }, breaker);
        }
        Ok(())
    }

    /// Waits until `who` may start an agent of this key. `held` is called each time it has to wait,
    /// with the reason.
    ///
    /// # Errors
    /// [`NeedsLogin`] at once where waiting does not help.
    pub async fn pass(
        world: &Arc<World>,
        key: &Key,
        who: &str,
        mut held: impl FnMut(&str),
    ) -> Result<Pass, NeedsLogin> {
        let breakers = &world.breakers;
        let mut waiting: Option<Held<'_>> = None;
        let mut changed = breakers.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let (for_ms, why) = match breakers.ask(world, key) {
                Asked::Start { is_probe } => {
                    let (world, key) = (world.clone(), key.clone());
                    return Ok(Pass { world, key, is_probe, judged: false });
                }
                Asked::Login => return Err(NeedsLogin(format!("{key}: {}", Why::Login))),
                Asked::Wait { for_ms, why } => (for_ms, why),
            };
            breakers.note_held(who, &why);
            if waiting.is_none() {
                waiting = Some(Held { breakers, who });
                held(&why);
            }
            let pause = async {
                match for_ms {
                    Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // The sender lives as long as the world.
                _ = changed.changed() => {}
                () = pause => {}
            }
        }
    }

    /// Why `who` waits; nothing where it does not.
    #[must_use]
    pub fn held(&self, who: &str) -> Option<String> {
        self.held.lock().expect("nobody panics with those held").get(who).cloned()
    }

    /// Those that wait and whose name begins so: the rest of their names, and why, in order.
    #[must_use]
    pub fn held_below(&self, stem: &str) -> Vec<(String, String)> {
        let held = self.held.lock().expect("nobody panics with those held");
        let below = held.iter().filter_map(|(who, why)| Some((who.strip_prefix(stem)?, why)));
        let mut below: Vec<_> = below.map(|(rest, why)| (rest.to_owned(), why.clone())).collect();
        below.sort();
        below
    }

    /// A person says that what needed a login may be tried again.
    pub fn forgive_logins(&self) {
        for breaker in self.all.lock().expect("nobody panics with the breakers").values_mut() {
            if matches!(breaker, Breaker::Open { why: Why::Login, .. }) {
                breaker.forgive();
            }
        }
        self.changed.send_replace(());
    }

    fn ask(&self, world: &World, key: &Key) -> Asked {
        let now = world.now();
        let mut all = self.all.lock().expect("nobody panics with the breakers");
        let Some(breaker) = all.get_mut(key) else { return Asked::Start { is_probe: false } };
        match breaker.ask(now) {
            Answer::Go => Asked::Start { is_probe: false },
            Answer::Probe => Asked::Start { is_probe: true },
            Answer::Wait { why: Why::Login, .. } => Asked::Login,
            Answer::Wait { until: Some(until), why } => {
                let text = format!("{key}: {why}; tried again at {}", rfc3339(until));
                Asked::Wait { for_ms: Some(until.since(now).max(1)), why: text }
            }
            Answer::Wait { until: None, why } => {
                let text = format!("{key}: {why}; one agent tries whether it works again");
                Asked::Wait { for_ms: None, why: text }
            }
        }
    }

    fn note_held(&self, who: &str, why: &str) {
        let mut held = self.held.lock().expect("nobody panics with those held");
        held.insert(who.to_owned(), why.to_owned());
    }

    /// Judges, and returns the breaker if it opened or closed by that.
    fn judge(
        &self,
        key: &Key,
        judgement: Judgement,
        is_probe: bool,
        now: crate::model::ids::Timestamp,
    ) -> Option<Breaker> {
        let mut all = self.all.lock().expect("nobody panics with the breakers");
        let breaker = all.entry(key.clone()).or_default();
        let was_closed = matches!(breaker, Breaker::Closed { .. });
        let before = breaker.clone();
        breaker.judge(judgement, is_probe, now);
        let is_closed = matches!(breaker, Breaker::Closed { .. });
        let told = (*breaker != before && !(was_closed && is_closed)).then(|| breaker.clone());
        if *breaker == Breaker::default() {
            all.remove(key);
        }
        drop(all);
        if told.is_some() {
            self.changed.send_replace(());
        }
        told
    }
}

impl Pass {
    /// Tells what became of the agent. What opens or closes the breaker by that is kept, and an
    /// event.
    pub async fn judge(mut self, judgement: Judgement) -> Result<(), ServiceError> {
        self.judged = true;
        let now = self.world.now();
        let told = self.world.breakers.judge(&self.key, judgement, self.is_probe, now);
        let Some(breaker) = told else { return Ok(()) };
        let key = self.key.clone();
        let origin = Origin { request_id: None, now };
        let kept = self
            .world
            .store
            .write(origin, move |change| rows::keep(change, &key.agent, &key.model, &breaker));
        Ok(kept.await?)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.judged && self.is_probe {
            // Given up before it came to anything: the next one may try.
            let now = self.world.now();
            self.world.breakers.judge(&self.key, Judgement::Neither, true, now);
        }
    }
}
