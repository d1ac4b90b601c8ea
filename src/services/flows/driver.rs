//! A run's driver: the one task that takes its steps in hand and writes down what they come to.
//! Reads like this: take what can be begun; when one ends, write it down, which may let others
//! begin; when nothing is under way, the run is where its steps say.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Duration;

use super::facts::Facts;
use super::registry::Order;
use super::step::{self, Came, Outcome};
use crate::model::flow::{Run as Attempts, RunState, StepState};
use crate::model::ids::Timestamp;
use crate::services::{ServiceError, World};
use crate::store::flows::{self as rows, Claim, End, Run};
use crate::store::{Change, Origin, StoreError};

/// Steps that may wait at breakers beside those that are under way.
const HELD: u32 = 64;

/// What a run's tasks tell its driver.
pub(super) enum Told {
    /// A step has come to something.
    Came(Claim, Box<Came>),
    /// A step waits and has given its place back.
    Held,
}

/// See the module.
pub(super) struct Driver {
    pub(super) facts: Arc<Facts>,
    /// Steps in hand, by number.
    busy: HashMap<u32, AbortHandle>,
    /// Nothing further begins: paused.
    paused: bool,
    teller: mpsc::UnboundedSender<Told>,
    told: mpsc::UnboundedReceiver<Told>,
    orders: mpsc::UnboundedReceiver<Order>,
}

/// Gives the run a driver, unless it has one. What an earlier supervisor had in hand is gone on with.
pub(super) async fn drive(world: &Arc<World>, run: &Run) -> Result<(), ServiceError> {
    let Some(orders) = world.flows.enter(&run.id) else { return Ok(()) };
    let (world, id) = (world.clone(), run.id.clone());
    match Driver::new(&world, run, orders).await {
        Ok(mut driver) => {
            tokio::spawn(async move {
                if let Err(error) = driver.live().await {
                    gave_up(&world, &id, &error).await;
                }
            });
            Ok(())
        }
        Err(error) => {
            gave_up(&world, &id, &error).await;
            Err(error)
        }
    }
}

/// The driver cannot go on: the run waits for a person, and nothing is lost.
async fn gave_up(world: &World, id: &str, error: &ServiceError) {
    tracing::error!(run = %id, %error, "a flow's driver has failed");
    world.flows.drop_driver(id);
    let (id, reason) = (id.to_owned(), format!("ao could not go on: {error}"));
    let origin = Origin { request_id: None, now: world.now() };
    let paused = world.store.write(origin, move |change| rows::pause(change, &id, &reason)).await;
    if let Err(error) = paused {
        tracing::error!(%error, "failed to note that a flow is paused");
    }
}

/// This supervisor, as the owner of leases.
fn owner(world: &World) -> String {
    format!("{}-{}", std::process::id(), world.started_at.0)
}

impl Driver {
    async fn new(
        world: &Arc<World>,
        run: &Run,
        orders: mpsc::UnboundedReceiver<Order>,
    ) -> Result<Self, ServiceError> {
        let facts = Facts::of(world, run).await?;
        let (teller, told) = mpsc::unbounded_channel();
        let paused = run.state == RunState::Paused;
        let mut driver = Self { facts, busy: HashMap::new(), paused, teller, told, orders };
        if run.state == RunState::Cancelling {
            return Ok(driver);
        }
        let (id, owner) = (run.id.clone(), owner(world));
        let taken = driver.write(move |change| rows::adopt(change, &id, &owner)).await?;
        for claim in taken {
            driver.begin(claim);
        }
        Ok(driver)
    }

    async fn live(&mut self) -> Result<(), ServiceError> {
        if super::row(&self.facts.world, &self.facts.id).await?.state == RunState::Cancelling {
            return self.cancel().await;
        }
        loop {
            let next_at = self.fill().await?;
            if self.busy.is_empty() && next_at.is_none() && self.told.is_empty() {
                self.settle().await?;
                match self.facts.world.flows.leave(&self.facts.id, &mut self.orders) {
                    None => return Ok(()),
                    Some(order) => {
                        if self.obey(order).await? {
                            return Ok(());
                        }
                        continue;
                    }
                }
            }
            let now = self.facts.world.now();
            let pause = next_at.map(|at| Duration::from_millis(at.since(now)));
            let ends = self.facts.budget().ends_at(self.facts.created_at);
            let end = ends.filter(|_| !self.paused).map(|at| Duration::from_millis(at.since(now)));
            tokio::select! {
                Some(told) = self.told.recv() => self.take(told).await?,
                Some(order) = self.orders.recv() => {
                    if self.obey(order).await? {
                        return Ok(());
                    }
                }
                () = after(pause) => {}
                // The time of the whole run: the next look pauses it.
                () = after(end) => {}
            }
        }
    }

    /// Takes in hand what can be begun, as far as there are places. Returns when the next one can,
    /// where that is only a matter of time.
    async fn fill(&mut self) -> Result<Option<Timestamp>, ServiceError> {
        if self.paused {
            return Ok(None);
        }
        let (now, run) = (self.facts.world.now(), self.facts.id.clone());
        if let Some(reason) = self.facts.budget().over_time(self.facts.created_at, now) {
            self.pause(reason).await?;
            return Ok(None);
        }
        let busy = u32::try_from(self.busy.len()).unwrap_or(u32::MAX);
        let held = self.facts.held().min(HELD);
        let places = self.facts.flow.concurrency.saturating_sub(busy.saturating_sub(held));
        let wanted = run.clone();
        let read = self.facts.world.store.read(move |db| rows::ready(db, &wanted, now, places));
        let ready = read.await?;
        if ready.now.is_empty() {
            return Ok(ready.next_at);
        }
        let owner = owner(&self.facts.world);
        let claims = self
            .write(move |change| {
                let taken = ready.now.iter().map(|step| rows::claim(change, &run, *step, &owner));
                taken.filter_map(Result::transpose).collect::<Result<Vec<Claim>, StoreError>>()
            })
            .await?;
        for claim in claims {
            self.begin(claim);
        }
        Ok(ready.next_at)
    }

    /// A task for the step.
    fn begin(&mut self, claim: Claim) {
        let (facts, teller) = (self.facts.clone(), self.teller.clone());
        let task = tokio::spawn(async move {
            let came = step::run(&facts, claim, &teller).await;
            // The driver may be gone; what was done is on record.
            let _ = teller.send(Told::Came(claim, Box::new(came)));
        });
        self.busy.insert(claim.idx, task.abort_handle());
    }

    async fn take(&mut self, told: Told) -> Result<(), ServiceError> {
        let Told::Came(claim, came) = told else { return Ok(()) };
        self.busy.remove(&claim.idx);
        let works = came.works;
        let (state, end) = match came.outcome {
            Outcome::Back => return self.put_back(claim, works).await,
            Outcome::Pause(reason) => {
                self.put_back(claim, works).await?;
                return self.pause(reason).await;
            }
            other => self.judged(claim, other),
        };
        let run = self.facts.id.clone();
        self.write(move |change| {
            for (intent, ended) in &works {
                rows::end(change, &run, intent, ended)?;
            }
            rows::finish(change, &run, claim, state, &end).map(drop)
        })
        .await
    }

    /// What an outcome that counts makes of the step.
    fn judged(&self, claim: Claim, outcome: Outcome) -> (StepState, End) {
        match outcome {
            Outcome::Done(end) => (StepState::Done, end),
            Outcome::Skipped => (StepState::Skipped, End::default()),
            Outcome::Gate(asks) => (StepState::WaitingGate, End { note: asks, ..End::default() }),
            // Once: what is lost twice may well be lost for a reason of its own.
            Outcome::Lost(error) if claim.lost == 0 => {
                (StepState::Pending, End { error: Some(error), lost: true, ..End::default() })
            }
            Outcome::Failed(error) | Outcome::Lost(error) => {
                let attempts = Attempts { attempts: claim.tries, ..Attempts::new() };
                let step = self.facts.step(claim.idx);
                let next = attempts.after_attempt(step, false, self.facts.world.now());
                let not_before = next.not_before;
                (next.state, End { error: Some(error), not_before, ..End::default() })
            }
            Outcome::Back | Outcome::Pause(_) => (StepState::Pending, End::default()),
        }
    }

    /// As if the step had not been taken in hand; but for what processes have used.
    async fn put_back(
        &self,
        claim: Claim,
        works: Vec<(rows::Intent, rows::WorkEnd)>,
    ) -> Result<(), ServiceError> {
        let run = self.facts.id.clone();
        self.write(move |change| {
            for (intent, ended) in &works {
                rows::end(change, &run, intent, ended)?;
            }
            rows::put_back(change, &run, claim)
        })
        .await
    }

    /// Nothing further begins until a person says so; what is under way goes on.
    async fn pause(&mut self, reason: String) -> Result<(), ServiceError> {
        if std::mem::replace(&mut self.paused, true) {
            return Ok(());
        }
        let run = self.facts.id.clone();
        self.write(move |change| rows::pause(change, &run, &reason)).await
    }

    /// Nothing is under way: the run is where its steps say.
    async fn settle(&mut self) -> Result<(), ServiceError> {
        let (run, paused) = (self.facts.id.clone(), self.paused);
        self.write(move |change| {
            let state = RunState::of(rows::standing(change.db(), &run)?.verdict());
            match state {
                // It has to be told to go on.
                RunState::Running if paused => Ok(()),
                // No step can begin, and none is over: nothing but a fault of ao leads here.
                RunState::Running => rows::pause(change, &run, "no step can go on"),
                state => rows::set_state(change, &run, state),
            }
        })
        .await
    }

    /// Returns whether the run is over by that.
    async fn obey(&mut self, order: Order) -> Result<bool, ServiceError> {
        match order {
            Order::Look => {
                let run = super::row(&self.facts.world, &self.facts.id).await?;
                self.paused = run.state == RunState::Paused;
                if let Ok(options) = serde_json::from_str::<super::options::Options>(&run.options) {
                    self.facts.set_budget(options.budget);
                }
                Ok(false)
            }
            Order::Cancel(done) => {
                self.cancel().await?;
                // Whoever asked may be gone.
                let _ = done.send(());
                Ok(true)
            }
        }
    }

    /// Ends everything of the run. Done again after a crash it ends what is left.
    async fn cancel(&mut self) -> Result<(), ServiceError> {
        let run = self.facts.id.clone();
        self.write(move |change| rows::set_state(change, &run, RunState::Cancelling)).await?;
        for (_, task) in self.busy.drain() {
            task.abort();
        }
        super::cancel::end_processes(&self.facts).await?;
        let run = self.facts.id.clone();
        self.write(move |change| {
            rows::cancel_open(change, &run)?;
            rows::set_state(change, &run, RunState::Cancelled)
        })
        .await?;
        self.facts.world.flows.drop_driver(&self.facts.id);
        Ok(())
    }

    /// A change of the run's rows, in one transaction.
    async fn write<T, F>(&self, change: F) -> Result<T, ServiceError>
    where
        T: Send + 'static,
        F: FnOnce(&Change<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let origin = Origin { request_id: None, now: self.facts.world.now() };
        Ok(self.facts.world.store.write(origin, change).await?)
    }
}

async fn after(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
