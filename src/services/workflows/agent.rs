//! A run's agents: a slot, the intent on record, the process, and what its end comes to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::driver::{Driver, Place, Told};
use super::options::AGENT_TIMEOUT_MS;
use super::session::{self, Finished};
use crate::agents::oneshot::{self, Order, Verdict};
use crate::model::breaker::{Judgement, judge_failure};
use crate::model::workflow::{AgentCall, LargeResult, OpState, Outcome};
use crate::services::breakers::{Breakers, Key};
use crate::services::lanes::CutOff;
use crate::services::{ServiceError, projects, sessions, usage};
use crate::store::artifacts::Stored;
use crate::store::workflows::{self as rows, Ended, Used};

/// Largest result that a script is given, as JSON, in bytes: what a line of its protocol holds.
const INLINE: usize = 8 * 1024 * 1024;

/// How often one that has stalled is begun again.
const STALLS: u32 = 2;

/// The project's repository, where agents work.
pub(super) async fn root(driver: &Driver) -> Result<PathBuf, ServiceError> {
    Ok(projects::load(&driver.world, &driver.run.project).await?.path.into())
}

/// What the agent is told: the prompt, and where its attachments are.
pub(super) fn prompt(call: &AgentCall, root: &std::path::Path) -> String {
    let mut prompt = call.prompt.clone();
    for file in call.attachments.iter().filter_map(|file| file.path.as_ref()) {
        prompt.push_str(&format!("\n\nAttached file: {}", root.join(file).display()));
    }
    prompt
}

/// Under this an agent that waits at its breaker is known there.
pub(super) fn held_name(run: &str, seq: u64) -> String {
    format!("{run} agent {seq}")
}

impl Driver {
    /// Says by name which agent the call is for, before its key is made; an error for one that
    /// nobody knows, or that cannot be given a single task.
    pub(super) fn settle_agent(&self, call: &mut AgentCall) -> Option<Outcome> {
        if self.options.command.is_some() && call.agent.as_deref() == Some("command") {
            call.agent = None;
        }
        if call.agent.is_none() && self.options.command.is_none() {
            call.agent.clone_from(&self.options.agent);
        }
        let name = match &call.agent {
            Some(name) => name,
            None if self.options.command.is_some() => return None,
            None => return Some(Outcome::error("Error", "no agent is set for this run")),
        };
        let catalog = self.world.catalog();
        if catalog.get(name).is_ok_and(|agent| agent.headless.is_some()) {
            return None;
        }
        let able = catalog.agents().filter(|agent| agent.headless.is_some());
        let able = able.map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(", ");
        let text = match catalog.get(name) {
            Ok(_) => format!("agent: {name} has no headless mode; these have: {able}"),
            Err(_) => format!("agent: unknown agent {name:?}; known: {able}"),
        };
        Some(Outcome::error("Error", text))
    }

    /// Waits for its breaker and a slot, in a task of its own.
    pub(super) fn ask_for_slot(&mut self, seq: u64) {
        self.busy.insert(seq, None);
        let (teller, world, key) = (self.teller.clone(), self.world.clone(), self.breaker(seq));
        let run = self.run.id.clone();
        let task = tokio::spawn(async move {
            let who = held_name(&run, seq);
            let passed = Breakers::pass(&world, &key, &who, |reason| {
                let _ = teller.send(Told::Held(seq, reason.to_owned()));
            });
            // Waiting is no cure for a missing login: the agent says so itself.
            let pass = passed.await.ok();
            if let Ok(slot) = world.workflows.slot(&run).await {
                // The driver may be gone; the slot goes back then.
                let _ = teller.send(Told::Slot(seq, Place { _slot: slot, pass }));
            }
        });
        self.table.entry(seq).task = Some(task.abort_handle());
    }

    /// Whose breaker the operation's agent passes.
    fn breaker(&self, seq: u64) -> Key {
        let call = self.table.all.get(&seq).and_then(|entry| entry.call.as_ref());
        let agent = call.and_then(|call| call.agent.clone());
        Key {
            agent: agent.unwrap_or_else(|| "command".to_owned()),
            model: call.and_then(|call| call.model.clone()).unwrap_or_default(),
        }
    }

    /// It waits at its breaker: a line of the run says so.
    pub(super) async fn held(&self, seq: u64, reason: &str) -> Result<(), ServiceError> {
        let entry = self.table.all.get(&seq).and_then(|entry| entry.call.as_ref());
        let label = entry.and_then(|call| call.label.clone());
        let label = label.unwrap_or_else(|| format!("agent {seq}"));
        self.tell_lines(vec![format!("{label} waits: {reason}")]).await
    }

    /// The slot is there: the budget is looked at again, for others have spent meanwhile.
    pub(super) async fn slot_granted(
        &mut self,
        seq: u64,
        place: Place,
    ) -> Result<(), ServiceError> {
        if !self.table.entry(seq).state.is_open() {
            self.busy.remove(&seq);
            return Ok(());
        }
        if self.paused {
            self.busy.remove(&seq);
            self.replay.again(seq);
            return Ok(());
        }
        if let Some(outcome) = self.limit_now() {
            self.busy.remove(&seq);
            return self.finish(seq, Ended::free(outcome)).await;
        }
        self.busy.insert(seq, Some(place));
        let used = std::mem::take(&mut self.table.entry(seq).limited.0);
        self.start_agent(seq, used).await
    }

    /// As [`Self::limit`], by what is on record and not yet delivered, too.
    fn limit_now(&self) -> Option<Outcome> {
        let recorded = self.table.all.values().map(|entry| entry.spent_after);
        let text = self.options.used_up(recorded.fold(self.spent, f64::max))?;
        Some(Outcome::error("BudgetExceededError", text))
    }

    /// The intent, then the process. `used` is what the attempt before it took.
    async fn start_agent(&mut self, seq: u64, used: Used) -> Result<(), ServiceError> {
        let run = self.run.id.clone();
        let attempt = self.write(move |change| rows::start(change, &run, seq, used)).await?;
        let entry = self.table.entry(seq);
        (entry.state, entry.attempt) = (OpState::Running, attempt);
        self.follow(seq).await
    }

    /// Runs the present attempt, or picks it up, in a task of its own.
    async fn follow(&mut self, seq: u64) -> Result<(), ServiceError> {
        let task = if self.has_session(seq) {
            let attempt = self.attempt(seq, &root(self).await?);
            tokio::spawn(attempt.follow(self.world.clone()))
        } else {
            let (order, dir) = (self.order(seq).await?, self.dir(seq));
            let (ao, teller) = (self.world.ao.clone(), self.teller.clone());
            tokio::spawn(async move {
                let ended = oneshot::run(&ao, &dir, &order).await;
                let ended = ended
                    .unwrap_or_else(|error| oneshot::Ended::nothing("crash", error.to_string()));
                // The driver may be gone; the outcome lies in its file.
                let _ = teller.send(Told::Ended(seq, Box::new(Finished::plain(ended))));
            })
        };
        self.table.entry(seq).task = Some(task.abort_handle());
        Ok(())
    }

    fn has_session(&self, seq: u64) -> bool {
        let call = self.table.all.get(&seq).and_then(|entry| entry.call.as_ref());
        call.is_some_and(|call| self.in_session(call))
    }

    /// The session's id is there.
    pub(super) async fn session_known(
        &mut self,
        seq: u64,
        session: String,
    ) -> Result<(), ServiceError> {
        let run = self.run.id.clone();
        self.write(move |change| rows::set_session(change, &run, seq, &session)).await
    }

    /// Where the present attempt has its files.
    fn dir(&self, seq: u64) -> PathBuf {
        let attempt = self.table.all.get(&seq).map_or(1, |entry| entry.attempt);
        let runs = self.world.paths.data().join("workflows");
        runs.join(&self.run.id).join(seq.to_string()).join(attempt.to_string())
    }

    async fn order(&self, seq: u64) -> Result<Order, ServiceError> {
        let call =
            self.table.all.get(&seq).and_then(|entry| entry.call.clone()).unwrap_or_default();
        let cwd = root(self).await?;
        let prompt = prompt(&call, &cwd);
        let from =
            if self.options.env.is_empty() { &self.world.environment } else { &self.options.env };
        let mut env: BTreeMap<String, String> = sessions::without_session(from.clone());
        for (name, value) in self.marks(seq) {
            env.insert(name.to_owned(), value);
        }
        for (name, value) in session::asked(&call) {
            env.insert(name.to_owned(), value);
        }
        Ok(Order {
            version: 1,
            argv: self.options.command.clone().unwrap_or_default(),
            cwd,
            env,
            prompt,
            role: call.role_text().map(str::to_owned),
            schema: call.schema,
            max_tool_calls: call.max_tool_calls,
            timeout_ms: call.timeout_ms.unwrap_or(AGENT_TIMEOUT_MS),
            ..Order::default()
        })
    }

    /// By these an agent's processes are found, whatever became of its files.
    fn marks(&self, seq: u64) -> [(&'static str, String); 3] {
        [
            ("AO_DATA_DIR", self.world.paths.data().display().to_string()),
            ("AO_WORKFLOW_RUN", self.run.id.clone()),
            ("AO_WORKFLOW_OP", seq.to_string()),
        ]
    }

    /// An attempt is over: the next one where it crashed and may be tried again, else the outcome.
    pub(super) async fn agent_ended(
        &mut self,
        seq: u64,
        finished: Finished,
    ) -> Result<(), ServiceError> {
        let Finished { ended, error, branch, lines } = finished;
        self.tell_lines(lines).await?;
        let came_to =
            |word: &str| matches!(&ended.verdict, Verdict::Nothing { why, .. } if why == word);
        let (crashed, stalled) = (came_to("crash"), came_to("stalled"));
        if crashed || stalled {
            // What it left running must not work on beside the next attempt.
            self.end_processes(seq).await;
        }
        let judgement = self.judge(seq, &ended).await?;
        let cost = self.cost(seq, &ended).await?;
        let (output_tokens, tool_calls) = (ended.output_tokens, ended.tool_calls);
        let used = Used { output_tokens, tool_calls, cost };
        let entry = self.table.entry(seq);
        let retries = entry.call.as_ref().map_or(0, |call| call.retries) + entry.limited.1;
        let again = match stalled && entry.stalled < STALLS {
            true => {
                entry.stalled += 1;
                true
            }
            false => crashed && entry.attempt <= retries + entry.stalled,
        };
        if again && entry.state.is_open() {
            return self.start_agent(seq, used).await;
        }
        if matches!(judgement, Judgement::UsedUp(_)) && entry.state.is_open() && !self.paused {
            entry.limited = (used, entry.limited.1 + 1);
            self.ask_for_slot(seq);
            return Ok(());
        }
        self.busy.remove(&seq);
        let outcome = match (error, ended.verdict) {
            (Some(error), _) => error,
            (None, Verdict::Value { json }) => self.value(json, branch).await?,
            (None, Verdict::Nothing { why, message }) => Outcome::nothing(why, message),
            (None, Verdict::Unfit { message }) => Outcome::error("SchemaError", message),
        };
        self.finish(seq, Ended { outcome, output_tokens, tool_calls, cost }).await
    }

    /// A result that a script can be given, or the name of what it cannot be given.
    async fn value(&self, json: String, branch: Option<String>) -> Result<Outcome, ServiceError> {
        if json.len() <= INLINE {
            return Ok(Outcome::Value { json: Some(json), branch, large: None });
        }
        let text = serde_json::from_str::<String>(&json).unwrap_or(json);
        let files = self.world.artifacts.clone();
        let put = tokio::task::spawn_blocking(move || files.put(text.as_bytes()));
        let Stored { sha256, bytes } = put.await.map_err(|_| CutOff)??;
        Ok(Outcome::large(LargeResult { sha256, bytes }, branch))
    }

    /// What an attempt has cost. One whose model has no price costs nothing, which is told once of
    /// each model where the budget is in money.
    async fn cost(&mut self, seq: u64, ended: &oneshot::Ended) -> Result<f64, ServiceError> {
        let asked = self.table.entry(seq).call.as_ref().and_then(|call| call.model.clone());
        // Prices that cannot be read are none: the run goes on.
        let cost = usage::cost(&self.world, ended, asked.as_deref()).await.ok().flatten();
        if let Some(cost) = cost {
            return Ok(cost);
        }
        let model = ended.model.clone().or(asked).unwrap_or_default();
        if self.options.in_money && self.unpriced.insert(model.clone()) {
            let line = format!(
                "the model {model:?} has no price: what it does does not count against the budget"
            );
            self.tell_lines(vec![line]).await?;
        }
        Ok(0.0)
    }

    /// Tells the breaker that it has passed what became of the agent.
    async fn judge(&mut self, seq: u64, ended: &oneshot::Ended) -> Result<Judgement, ServiceError> {
        let judgement = match &ended.verdict {
            Verdict::Value { .. } | Verdict::Unfit { .. } => Judgement::Answered,
            Verdict::Nothing { why, message } => judge_failure(why, message, self.world.now()),
        };
        let place = self.busy.get_mut(&seq).and_then(Option::as_mut);
        if let Some(pass) = place.and_then(|place| place.pass.take()) {
            pass.judge(judgement).await?;
        }
        Ok(judgement)
    }

    /// What a person should know of an agent, as lines of the run.
    async fn tell_lines(&self, lines: Vec<String>) -> Result<(), ServiceError> {
        if lines.is_empty() {
            return Ok(());
        }
        let run = self.run.id.clone();
        self.write(move |change| {
            lines.iter().try_for_each(|line| {
                rows::note(change, &run, "warn", &serde_json::json!({ "line": line }))
            })
        })
        .await
    }

    /// Ends what the operation's agent is made of.
    pub(super) async fn end_processes(&self, seq: u64) {
        let ended = if self.has_session(seq) {
            self.end_session(seq).await.map_err(|error| error.to_string())
        } else {
            let marks = self.marks(seq);
            let pairs: Vec<(&str, &str)> =
                marks.iter().map(|(name, value)| (*name, value.as_str())).collect();
            oneshot::end(&self.dir(seq), &pairs).await.map_err(|error| error.to_string())
        };
        if let Err(error) = ended {
            tracing::error!(run = %self.run.id, seq, %error, "failed to end an agent");
        }
    }

    async fn end_session(&self, seq: u64) -> Result<(), ServiceError> {
        // One that was never started needs no end.
        if self.table.all.get(&seq).is_none_or(|entry| entry.attempt == 0) {
            return Ok(());
        }
        self.attempt(seq, &root(self).await?).cancel(&self.world).await
    }

    /// A person ends one agent: the script meets `null`.
    pub(super) async fn stop_agent(&mut self, seq: u64) -> Result<(), ServiceError> {
        let Some(entry) = self.table.all.get_mut(&seq) else { return Ok(()) };
        if entry.kind != "agent" || !entry.state.is_open() {
            return Ok(());
        }
        if let Some(task) = entry.task.take() {
            task.abort();
        }
        self.replay.forget(seq);
        self.end_processes(seq).await;
        self.busy.remove(&seq);
        let outcome = Outcome::nothing("stopped", "a person stopped it");
        self.finish(seq, Ended::free(outcome)).await
    }

    /// Picks up agents that an earlier supervisor has started.
    pub(super) async fn adopt_agents(&mut self) -> Result<(), ServiceError> {
        let running =
            |entry: &super::table::Entry| entry.kind == "agent" && entry.state == OpState::Running;
        let all: Vec<u64> =
            self.table.all.iter().filter(|(_, e)| running(e)).map(|(seq, _)| *seq).collect();
        for seq in all {
            let slot = self.world.workflows.adopted_slot();
            self.busy.insert(seq, Some(Place { _slot: slot, pass: None }));
            self.follow(seq).await?;
        }
        Ok(())
    }
}
