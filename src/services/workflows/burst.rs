//! What the script has asked for since it last waited, written down in one transaction before
//! anything of it is begun.

use std::path::Path;

use serde_json::{Value, json};

use super::driver::{Call, Driver, Told};
use super::options::MAX_AGENTS;
use super::table::Entry;
use crate::model::agent_type::AgentType;
use crate::model::workflow::{AgentCall, Cache, Due, OpState, Outcome, key};
use crate::services::{ServiceError, agent_types, secret};
use crate::store::workflows::{self as rows, NewOp};

/// The script is the same, so that this means another engine than the first time.
const DIVERGED: &str =
    "it does not come by the way that is on record; agents may run that had not before";

/// What is known of an operation without doing it: outcome, order, and the run it comes from.
type KnownOutcome = Option<(Outcome, u64, Option<String>)>;

impl Driver {
    /// Takes the calls in the order of the script.
    pub(super) async fn issue_calls(&mut self) -> Result<(), ServiceError> {
        let mut fresh = Vec::new();
        for call in std::mem::take(&mut self.calls) {
            match call.kind.as_str() {
                "agent" => self.issue_agent(call, &mut fresh).await?,
                "timer" => {
                    let ms = call.payload["ms"].as_f64().unwrap_or(0.0).max(0.0);
                    let spec = json!({ "ms": ms }).to_string();
                    self.enter(call, "timer", format!("timer:{ms}"), spec, None, None, &mut fresh);
                }
                _ => self.issue_child(call, &mut fresh).await?,
            }
        }
        let (run, events) = (self.run.id.clone(), std::mem::take(&mut self.events));
        if fresh.is_empty() && events.is_empty() {
            return Ok(());
        }
        let diverges = !fresh.is_empty() && self.replayed < self.recorded && !self.diverged;
        self.diverged |= diverges;
        self.write(move |change| {
            if diverges {
                rows::note(change, &run, "warn", &json!({ "line": DIVERGED }))?;
            }
            for (n, kind, body) in &events {
                rows::tell(change, &run, *n, kind, body)?;
            }
            fresh.iter().try_for_each(|op| rows::issue(change, &run, op))
        })
        .await
    }

    async fn issue_agent(
        &mut self,
        call: Call,
        fresh: &mut Vec<NewOp>,
    ) -> Result<(), ServiceError> {
        let mut payload = call.payload.clone();
        fill_in(&mut payload["opts"], &self.options.defaults);
        let (mut agent, refused) = match AgentCall::parse(&payload) {
            Ok((agent, _)) => (agent, None),
            Err(error) => {
                let agent = AgentCall { prompt: "?".to_owned(), ..AgentCall::default() };
                (agent, Some(Outcome::error("TypeError", error.to_string())))
            }
        };
        let refused = match refused {
            Some(outcome) => Some(outcome),
            None => self.prepare(&mut agent).await,
        };
        let command = agent.agent.is_none().then_some(self.options.command.as_deref()).flatten();
        let key = key(&agent, command);
        let spec = serde_json::to_string(&agent).expect("a call is plain JSON");
        self.enter(call, "agent", key, spec, Some(agent), refused, fresh);
        Ok(())
    }

    /// Files and names that the call refers to.
    async fn prepare(&mut self, agent: &mut AgentCall) -> Option<Outcome> {
        let root = super::agent::root(self).await.ok()?;
        if let Some(name) = agent.agent_type.clone() {
            match self.kind(&root, &name).await {
                Ok(kind) => agent.become_kind(kind),
                Err(error) => return Some(Outcome::error("Error", format!("agent: {error}"))),
            }
        }
        if let Some(outcome) = self.settle_agent(agent) {
            return Some(outcome);
        }
        agent.take_model_of_kind();
        super::attachments::look(&self.world, &root, &mut agent.attachments)
            .await
            .err()
            .map(|text| Outcome::error("Error", format!("agent: {text}")))
    }

    /// What the name stands for: as it was when the run asked for it first, for the same call is to
    /// have the same key after a crash.
    async fn kind(&mut self, root: &Path, name: &str) -> Result<AgentType, ServiceError> {
        if let Some(kind) = self.table.kinds.get(name) {
            return Ok(kind.clone());
        }
        let kind = agent_types::find(&self.world, root, name).await?;
        self.table.kinds.insert(name.to_owned(), kind.clone());
        Ok(kind)
    }

    /// What stands against starting an agent now.
    pub(super) fn limit(&self) -> Option<Outcome> {
        let text = self.options.used_up(self.spent)?;
        Some(Outcome::error("BudgetExceededError", text))
    }

    /// A call that is on record is answered from there; a new one is written down.
    #[allow(clippy::too_many_arguments)] // One row; a struct would only name the same seven twice.
    fn enter(
        &mut self,
        call: Call,
        kind: &'static str,
        key: String,
        spec: String,
        agent: Option<AgentCall>,
        refused: Option<Outcome>,
        fresh: &mut Vec<NewOp>,
    ) {
        let ordinal = self.table.next_ordinal(&key);
        if let Some(seq) = self.table.seq_of(&key, ordinal) {
            self.missed |= kind == "agent" && self.table.entry(seq).state != OpState::Cached;
            return self.again(seq, call.id);
        }
        let seq = self.table.new_seq(call.id);
        let known = match refused {
            Some(outcome) => Some((outcome, 0, None)),
            None => self.known(kind, &key, ordinal, agent.as_ref()),
        };
        let (state, outcome, known_order) = match &known {
            None => (OpState::Issued, None, 0),
            Some((outcome @ Outcome::Value { .. }, order, _)) => {
                (OpState::Cached, Some(outcome.clone()), *order)
            }
            Some((outcome, order, _)) => (OpState::Failed, Some(outcome.clone()), *order),
        };
        fresh.push(NewOp {
            seq,
            kind,
            scope: call.scope,
            key: key.clone(),
            ordinal,
            label: agent.as_ref().and_then(|agent| agent.label.clone()),
            phase: agent.as_ref().and_then(|agent| agent.phase.clone()),
            spec: spec.clone(),
            site: call.site,
            holds: agent.as_ref().map(super::attachments::held).unwrap_or_default(),
            known,
        });
        let entry = Entry {
            kind,
            call: agent,
            spec,
            state,
            attempt: 0,
            outcome,
            known_order,
            delivery: None,
            spent_after: 0.0,
            issued_at: self.world.now().0,
            id: None,
            limited: Default::default(),
            stalled: 0,
            task: None,
        };
        self.table.add(seq, &key, ordinal, entry);
        self.again(seq, call.id);
    }

    fn known(
        &mut self,
        kind: &str,
        key: &str,
        ordinal: u32,
        agent: Option<&AgentCall>,
    ) -> KnownOutcome {
        let agent = agent.filter(|_| kind == "agent")?;
        let may_take = agent.cache == Cache::Auto && !(self.options.strict_prefix && self.missed);
        if may_take && let Some((outcome, order, run)) = self.known.get(&(key.to_owned(), ordinal))
        {
            return Some((outcome.clone(), *order, Some(run.clone())));
        }
        self.missed = true;
        if self.table.live_agents() >= MAX_AGENTS as usize {
            let text = format!("at most {MAX_AGENTS} agents in a run");
            return Some((Outcome::error("AgentLimitError", text), 0, None));
        }
        self.limit().map(|outcome| (outcome, 0, None))
    }

    /// The script has asked for an operation of the table.
    fn again(&mut self, seq: u64, id: u64) {
        self.table.set_id(seq, id);
        let (now, teller) = (self.world.now().0, self.teller.clone());
        let runs = self.busy.contains_key(&seq);
        let entry = self.table.entry(seq);
        match (&entry.outcome, entry.delivery) {
            (Some(_), Some(delivery)) => self.replay.hit(seq, Due::Recorded(delivery)),
            (Some(_), None) => self.replay.hit(seq, Due::Known(entry.known_order, seq)),
            (None, _) if entry.kind == "timer" => {
                let ms = serde_json::from_str::<Value>(&entry.spec).ok();
                let ms = ms.and_then(|spec| spec["ms"].as_f64()).unwrap_or(0.0) as i64;
                let left = (entry.issued_at + ms - now).max(0).unsigned_abs();
                let task = tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(left)).await;
                    // The driver may be gone.
                    let _ = teller.send(Told::Timer(seq));
                });
                entry.task = Some(task.abort_handle());
            }
            (None, _) if runs => {}
            (None, _) => self.replay.miss(seq),
        }
    }

    async fn issue_child(
        &mut self,
        call: Call,
        fresh: &mut Vec<NewOp>,
    ) -> Result<(), ServiceError> {
        let name = call.payload["name"].as_str().map(str::to_owned);
        let path = call.payload["script_path"].as_str().map(str::to_owned);
        let args = call.payload.get("args").map(Value::to_string);
        let called = name.clone().or(path.clone()).unwrap_or_default();
        let key = format!("workflow:{}", secret::sha256(&format!("{called}\n{args:?}")));
        let found = super::discover::child(&self.world, &self.run.project, name, path).await;
        let (value, outcome) = match found {
            Ok(found) => {
                let k = self.children.entry(found.name.clone()).or_insert(0);
                *k += 1;
                let scope = format!("{}#{k}/", found.name);
                let child = json!({
                    "name": found.name, "scope": scope, "file": found.file, "body": found.body, "args": args,
                });
                (child.to_string(), Outcome::value(None))
            }
            Err((name, message)) => {
                (json!({ "name": called }).to_string(), Outcome::error(name, message))
            }
        };
        self.enter(call, "workflow", key, value, None, Some(outcome), fresh);
        Ok(())
    }

    /// A timer that the script no longer wants.
    pub(super) async fn clear(&mut self, id: u64) -> Result<(), ServiceError> {
        // It may have been set since the script last waited.
        self.issue_calls().await?;
        let Some(seq) = self.table.seq_of_id(id) else { return Ok(()) };
        let entry = self.table.entry(seq);
        if let Some(task) = entry.task.take() {
            task.abort();
        }
        if !entry.state.is_open() {
            return Ok(());
        }
        entry.state = OpState::Abandoned;
        let run = self.run.id.clone();
        self.write(move |change| rows::abandon(change, &run, Some(seq), OpState::Abandoned)).await
    }
}

/// Defaults of the script where the call says nothing.
fn fill_in(opts: &mut Value, defaults: &serde_json::Map<String, Value>) {
    if defaults.is_empty() {
        return;
    }
    if !opts.is_object() {
        *opts = json!({});
    }
    for (name, value) in defaults {
        if opts[name].is_null() {
            opts[name] = value.clone();
        }
    }
}
