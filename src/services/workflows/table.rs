//! A run's operations in memory: what the store has, and which of them the script has asked for
//! since its present start.

use std::collections::{BTreeMap, HashMap};

use tokio::task::AbortHandle;

use crate::model::agent_type::AgentType;
use crate::model::workflow::{AgentCall, OpState, Outcome};
use crate::store::workflows::{Op, Used};

/// An operation.
pub(super) struct Entry {
    pub(super) kind: &'static str,
    pub(super) call: Option<AgentCall>,
    pub(super) spec: String,
    pub(super) state: OpState,
    pub(super) attempt: u32,
    pub(super) outcome: Option<Outcome>,
    pub(super) known_order: u64,
    pub(super) delivery: Option<u64>,
    pub(super) spent_after: f64,
    pub(super) issued_at: i64,
    /// The script's number of it since its present start.
    pub(super) id: Option<u64>,
    /// What attempts took that ended at a limit of the model, and how many of them there were: they
    /// are no failures.
    pub(super) limited: (Used, u32),
    /// How many of its attempts have stalled.
    pub(super) stalled: u32,
    /// The task that runs or times it.
    pub(super) task: Option<AbortHandle>,
}

impl Entry {
    /// An agent's result that is on record, and that the script has not asked for since its present
    /// start.
    pub(super) fn is_unused(&self) -> bool {
        self.kind == "agent" && self.id.is_none() && self.outcome.is_some()
    }
}

/// All of a run's.
#[derive(Default)]
pub(super) struct Table {
    pub(super) all: BTreeMap<u64, Entry>,
    by_key: HashMap<(String, u32), u64>,
    ordinals: HashMap<String, u32>,
    by_id: HashMap<u64, u64>,
    /// What the script has asked agents to be, by name.
    pub(super) kinds: HashMap<String, AgentType>,
}

impl Table {
    /// From the store.
    pub(super) fn of(ops: Vec<Op>) -> Self {
        let mut table = Self::default();
        for op in ops {
            let kind = match op.kind.as_str() {
                "agent" => "agent",
                "timer" => "timer",
                _ => "workflow",
            };
            let call = (kind == "agent").then(|| serde_json::from_str(&op.spec).ok()).flatten();
            let entry = Entry {
                kind,
                call,
                spec: op.spec,
                state: op.state,
                attempt: op.attempt,
                outcome: op.outcome,
                known_order: op.known_order.unwrap_or(0),
                delivery: op.delivery,
                spent_after: op.spent_after.unwrap_or(0.0),
                issued_at: op.issued_at.0,
                id: None,
                limited: <(Used, u32)>::default(),
                stalled: 0,
                task: None,
            };
            if let Some(kind) = entry.call.as_ref().and_then(|call| call.role.clone()) {
                table.kinds.insert(kind.name.clone(), kind);
            }
            table.by_key.insert((op.key, op.ordinal), op.seq);
            table.all.insert(op.seq, entry);
        }
        table
    }

    /// The script starts anew: nothing has been asked for.
    pub(super) fn forget_ids(&mut self) {
        self.ordinals.clear();
        self.by_id.clear();
        for entry in self.all.values_mut() {
            entry.id = None;
        }
    }

    /// The place of the next call of this key.
    pub(super) fn next_ordinal(&mut self, key: &str) -> u32 {
        let count = self.ordinals.entry(key.to_owned()).or_insert(0);
        *count += 1;
        *count - 1
    }

    /// The operation of that key and place, if there is one.
    pub(super) fn seq_of(&self, key: &str, ordinal: u32) -> Option<u64> {
        self.by_key.get(&(key.to_owned(), ordinal)).copied()
    }

    /// The number of a new operation: the script's own, unless another path has taken it.
    pub(super) fn new_seq(&self, id: u64) -> u64 {
        if self.all.contains_key(&id) {
            self.all.keys().next_back().map_or(1, |last| last + 1)
        } else {
            id
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, seq: u64, key: &str, ordinal: u32, entry: Entry) {
        self.by_key.insert((key.to_owned(), ordinal), seq);
        self.all.insert(seq, entry);
    }

    /// The script has asked for it under this number.
    pub(super) fn set_id(&mut self, seq: u64, id: u64) {
        self.by_id.insert(id, seq);
        self.entry(seq).id = Some(id);
    }

    /// The operation that the script asked for under this number.
    pub(super) fn seq_of_id(&self, id: u64) -> Option<u64> {
        self.by_id.get(&id).copied()
    }

    /// The operation. It is there: every number comes from this table.
    pub(super) fn entry(&mut self, seq: u64) -> &mut Entry {
        self.all.get_mut(&seq).expect("every number comes from this table")
    }

    /// Agents that were really asked for: not those that were known.
    pub(super) fn live_agents(&self) -> usize {
        let live = |entry: &&Entry| entry.kind == "agent" && entry.state != OpState::Cached;
        self.all.values().filter(live).count()
    }
}
