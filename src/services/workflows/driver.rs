//! A run's driver: the one task that speaks to its host, starts its agents and writes its rows.
//! Reads like this: take what the script asks for; when it waits, give it one result; when there
//! is none, start agents; write everything down before anybody acts on it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rustix::process::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant};

use super::options::Options;
use super::process::HostProcess;
use super::registry::{Order, Slot};
use super::session::Finished;
use super::table::Table;
use crate::model::workflow::{Outcome, Replay, RunState};
use crate::script::{self, Fault, FromHost, Limits, Program};
use crate::services::breakers::Pass;
use crate::services::{ServiceError, World};
use crate::store::workflows::{self as rows, Run};
use crate::store::{Change, Origin, StoreError};

/// What a run's tasks tell its driver.
pub(super) enum Told {
    /// This operation's agent waits at its breaker, for this reason.
    Held(u64, String),
    /// There is a slot for this operation's agent.
    Slot(u64, Place),
    /// The agent's attempt runs in this session.
    Session(u64, String),
    /// The agent's attempt is over.
    Ended(u64, Box<Finished>),
    /// The timer has run out.
    Timer(u64),
}

/// What an agent has while it runs.
pub(super) struct Place {
    /// One of those of the supervisor.
    pub(super) _slot: Slot,
    /// The breaker that it has passed; nothing where it was not asked.
    pub(super) pass: Option<Pass>,
}

/// A call that the script has made since it last waited.
pub(super) struct Call {
    pub(super) id: u64,
    pub(super) kind: String,
    pub(super) scope: String,
    pub(super) payload: serde_json::Value,
    pub(super) site: Option<String>,
}

/// What earlier runs know: by key and place the outcome, its order there, and the run.
pub(super) type Known = HashMap<(String, u32), (Outcome, u64, String)>;

/// How the script ended.
pub(super) type Over = Result<Option<String>, Fault>;

/// See the module.
pub(super) struct Driver {
    pub(super) world: Arc<World>,
    pub(super) run: Run,
    pub(super) options: Options,
    pub(super) limits: Limits,
    pub(super) host: Option<HostProcess>,
    /// The host waits to be told something.
    pub(super) idle: bool,
    /// When it must have come back.
    pub(super) late_at: Option<Instant>,
    pub(super) calls: Vec<Call>,
    pub(super) events: Vec<(u64, String, serde_json::Value)>,
    pub(super) table: Table,
    pub(super) replay: Replay,
    pub(super) known: Known,
    /// The script has asked for an agent that nothing was known of.
    pub(super) missed: bool,
    /// Children that have been called, by name, for their scope.
    pub(super) children: HashMap<String, u32>,
    /// Agents that run or wait for a slot.
    pub(super) busy: HashMap<u64, Option<Place>>,
    pub(super) paused: bool,
    pub(super) spent: f64,
    /// Models without a price, as far as they were told of.
    pub(super) unpriced: HashSet<String>,
    /// The last delivery on record when the script was started, and the last one given to it since.
    pub(super) recorded: u64,
    pub(super) replayed: u64,
    /// The script asks for something new before everything recorded was given to it.
    pub(super) diverged: bool,
    pub(super) teller: mpsc::UnboundedSender<Told>,
    pub(super) told: mpsc::UnboundedReceiver<Told>,
    orders: mpsc::UnboundedReceiver<Order>,
}

/// What the driver does next.
enum Flow {
    Go,
    Over(Over),
    Stopped(oneshot::Sender<()>),
}

/// Starts the driver of a run that has none: recovers what the store has of it, and its script.
pub(super) async fn drive(world: &Arc<World>, run: Run) -> Result<(), ServiceError> {
    let Some(orders) = world.workflows.enter(&run.id) else { return Ok(()) };
    let id = run.id.clone();
    let begun = async {
        let mut driver = Driver::new(world, run, orders).await?;
        driver.adopt_agents().await?;
        driver.start_host().await?;
        Ok(driver)
    };
    match begun.await {
        Ok(mut driver) => {
            let world = world.clone();
            tokio::spawn(async move {
                let lived = driver.live().await;
                world.workflows.leave(&id);
                if let Err(error) = lived {
                    failed(&world, &id, &error).await;
                }
            });
            Ok(())
        }
        Err(error) => {
            world.workflows.leave(&id);
            failed(world, &id, &error).await;
            Err(error)
        }
    }
}

/// A driver gave up: the run waits for a person.
async fn failed(world: &World, id: &str, error: &ServiceError) {
    tracing::error!(run = %id, %error, "a workflow's driver has failed");
    let (id, text) = (id.to_owned(), error.to_string());
    let origin = Origin { request_id: None, now: world.now() };
    let noted = world.store.write(origin, move |change| {
        rows::note(change, &id, "warn", &serde_json::json!({ "line": text }))?;
        rows::set_state(change, &id, RunState::Interrupted)
    });
    if let Err(error) = noted.await {
        tracing::error!(%error, "failed to note that a workflow is interrupted");
    }
}

/// Ends a run without a driver, or one whose stop an earlier supervisor did not finish.
pub(super) async fn finish_stop(world: &Arc<World>, run: Run) -> Result<(), ServiceError> {
    let id = run.id.clone();
    let Some(orders) = world.workflows.enter(&id) else { return Ok(()) };
    let ended = async {
        let mut driver = Driver::new(world, run, orders).await?;
        driver.adopt_agents().await?;
        driver.cancel().await
    };
    let ended = ended.await;
    world.workflows.leave(&id);
    ended
}

impl Driver {
    async fn new(
        world: &Arc<World>,
        run: Run,
        orders: mpsc::UnboundedReceiver<Order>,
    ) -> Result<Self, ServiceError> {
        let options: Options = serde_json::from_str(&run.options).unwrap_or_default();
        let id = run.id.clone();
        let ops = world.store.read(move |db| rows::ops(db, &id)).await?;
        let known = super::recover::known(world, &run, &options).await?;
        let (teller, told) = mpsc::unbounded_channel();
        let table = Table::of(ops);
        Ok(Self {
            world: world.clone(),
            limits: options.limits.unwrap_or_default(),
            paused: run.paused,
            spent: 0.0,
            unpriced: HashSet::new(),
            recorded: 0,
            replayed: 0,
            diverged: false,
            run,
            options,
            host: None,
            idle: false,
            late_at: None,
            calls: Vec::new(),
            events: Vec::new(),
            table,
            replay: Replay::default(),
            known,
            missed: false,
            children: HashMap::new(),
            busy: HashMap::new(),
            teller,
            told,
            orders,
        })
    }

    /// To the end of the run.
    async fn live(&mut self) -> Result<(), ServiceError> {
        loop {
            let flow = self.turn().await?;
            match flow {
                Flow::Go => {}
                Flow::Over(outcome) => return self.complete(outcome).await,
                Flow::Stopped(done) => {
                    let stopped = self.cancel().await;
                    // Whoever asked may be gone.
                    let _ = done.send(());
                    return stopped;
                }
            }
        }
    }

    /// Starts the script from its first line; what is recorded answers it.
    pub(super) async fn start_host(&mut self) -> Result<(), ServiceError> {
        let source = script::read_meta(&self.run.file, &self.run.script);
        let source = source.map_err(|error| ServiceError::Script(error.to_string()))?;
        let file = super::discover::short_name(&self.run.file);
        let program = Program { file, body: source.body, args: self.run.args.clone() };
        let started =
            HostProcess::start(&self.world, &program, self.limits, self.options.budget, false);
        let host = started.await?.map_err(|error| ServiceError::Script(error.to_string()))?;
        self.table.forget_ids();
        self.replay = Replay::default();
        self.children.clear();
        self.missed = false;
        self.calls.clear();
        self.spent = 0.0;
        self.recorded =
            self.table.all.values().filter_map(|entry| entry.delivery).max().unwrap_or(0);
        self.replayed = 0;
        self.host = Some(host);
        self.host_works();
        let id = self.run.id.clone();
        self.write(move |change| rows::set_state(change, &id, RunState::Running)).await
    }

    /// The host has been told something and must come back in time.
    pub(super) fn host_works(&mut self) {
        self.idle = false;
        let slice = Duration::from_millis(self.limits.slice_ms) + Duration::from_secs(2);
        self.late_at = Some(Instant::now() + slice);
    }

    async fn turn(&mut self) -> Result<Flow, ServiceError> {
        let late_at = self.late_at;
        let late = async {
            match late_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let host = self.host.as_mut();
        let message = async {
            match host {
                Some(host) => host.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = message => self.hear(message).await,
            Some(told) = self.told.recv() => {
                self.take(told).await?;
                self.pump().await?;
                Ok(Flow::Go)
            }
            Some(order) = self.orders.recv() => self.obey(order).await,
            () = late => Ok(Flow::Over(Err(self.timeout()))),
        }
    }

    fn timeout(&self) -> Fault {
        let ms = self.limits.slice_ms;
        Fault::new("TimeoutError", format!("it did not come back within {ms} ms"))
    }

    /// A message of the host.
    async fn hear(
        &mut self,
        message: std::io::Result<Option<FromHost>>,
    ) -> Result<Flow, ServiceError> {
        match message {
            Ok(Some(FromHost::Call { id, kind, scope, payload, site })) => {
                self.calls.push(Call { id, kind, scope, payload, site });
            }
            Ok(Some(FromHost::Event { n, kind, payload })) => self.events.push((n, kind, payload)),
            Ok(Some(FromHost::Clear { id })) => self.clear(id).await?,
            Ok(Some(FromHost::Idle { .. })) => {
                (self.idle, self.late_at) = (true, None);
                self.issue_calls().await?;
                self.pump().await?;
            }
            Ok(Some(FromHost::Done { outcome })) => {
                self.issue_calls().await?;
                return Ok(Flow::Over(outcome));
            }
            Ok(Some(FromHost::Compiled | FromHost::Rejected { .. })) => {}
            Ok(None) | Err(_) => return self.host_lost().await,
        }
        Ok(Flow::Go)
    }

    /// Without a word: killed, or ended by a limit of the kernel. The agents work on.
    async fn host_lost(&mut self) -> Result<Flow, ServiceError> {
        let Some(host) = self.host.take() else { return Ok(Flow::Go) };
        self.late_at = None;
        match host.end_signal().await {
            // The kernel's own limits.
            Some(Signal::XCPU) => return Ok(Flow::Over(Err(self.timeout()))),
            Some(Signal::ABORT) => {
                let text = "it needs more memory than its process may have";
                return Ok(Flow::Over(Err(Fault::new("MemoryLimitError", text))));
            }
            _ => {}
        }
        let id = self.run.id.clone();
        self.write(move |change| {
            let line = serde_json::json!({ "line": "the script's process is gone; `ao workflow resume` goes on" });
            rows::note(change, &id, "warn", &line)?;
            rows::set_state(change, &id, RunState::Interrupted)
        })
        .await?;
        Ok(Flow::Go)
    }

    async fn obey(&mut self, order: Order) -> Result<Flow, ServiceError> {
        match order {
            Order::Pause => self.paused = true,
            Order::Resume { done } => {
                self.paused = false;
                if self.host.is_none() {
                    self.start_host().await?;
                }
                self.pump().await?;
                let _ = done.send(());
            }
            Order::Stop { agent: Some(seq), done } => {
                self.stop_agent(seq).await?;
                let _ = done.send(());
                self.pump().await?;
            }
            Order::Stop { agent: None, done } => return Ok(Flow::Stopped(done)),
        }
        Ok(Flow::Go)
    }

    /// A change of the run's rows, in one transaction.
    pub(super) async fn write<T, F>(&self, change: F) -> Result<T, ServiceError>
    where
        T: Send + 'static,
        F: FnOnce(&Change<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let origin = Origin { request_id: None, now: self.world.now() };
        Ok(self.world.store.write(origin, change).await?)
    }
}
