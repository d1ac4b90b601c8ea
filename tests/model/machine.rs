//! The machine: what is on disk, what is outside, and a supervisor that may die between any two
//! steps. What is in its memory dies with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ao::model::ids::{Generation, Timestamp};
use ao::model::message::Policy;
use ao::model::session::{Activity, ActivityFact, ActivitySource, Kind, Phase};

use super::invariants::Seen;
use super::mail::Turn;
use super::outside::{Hook, HookEvent, Id, Outside};
use super::records::{Records, Row};
use super::saga::{Done, Op, Saga};
use super::tape::Choices;

/// Projects.
pub const PROJECTS: usize = 2;

/// What a supervisor keeps in memory.
#[derive(Debug, Default)]
pub struct Supervisor {
    /// One lane per session: work on it is serial.
    pub lanes: BTreeMap<Id, VecDeque<Saga>>,
    /// The generations whose hosts are followed.
    pub followed: BTreeMap<Id, Generation>,
    /// Deliveries under way, by recipient.
    pub turns: BTreeMap<Id, Turn>,
}

/// Everything.
#[derive(Debug)]
pub struct Machine {
    pub now: i64,
    pub records: Records,
    pub outside: Outside,
    pub supervisor: Option<Supervisor>,
    /// Sessions whose pane is to be opened or closed; in memory.
    pub panes_to_look_at: Vec<Id>,
    /// Sessions that somebody asked for since they were killed.
    pub asked_back: BTreeSet<Id>,
    pub seen: Seen,
    /// What happened, where that is wanted.
    pub log: Option<Vec<String>>,
}

impl Machine {
    /// With an orchestrator in waiting for each project, and no session.
    pub fn new(log: bool) -> Self {
        let mut machine = Self {
            now: 1_000_000,
            records: Records::default(),
            outside: Outside::default(),
            supervisor: Some(Supervisor::default()),
            panes_to_look_at: Vec::new(),
            asked_back: BTreeSet::new(),
            seen: Seen::default(),
            log: log.then(Vec::new),
        };
        for project in 0..PROJECTS {
            let id = machine.reserve(project, Kind::Orchestrator, project == 0);
            machine.records.rows[id].discarded = true;
        }
        machine
    }

    pub fn reserve(&mut self, project: usize, kind: Kind, hooks: bool) -> Id {
        let phase = Phase::Reserved;
        let generation = Generation::default();
        let id = self.records.reserve(Row {
            project,
            kind,
            phase,
            generation,
            host: None,
            activity: None,
            removal: None,
            hooks,
            has_base: false,
            discarded: false,
        });
        self.outside.add_session();
        id
    }

    pub fn time(&self) -> Timestamp {
        Timestamp(self.now)
    }

    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(what());
        }
    }

    /// Puts work into a session's lane; nothing happens while no supervisor is there.
    pub fn enter(&mut self, id: Id, op: Op) {
        if let Some(supervisor) = &mut self.supervisor {
            supervisor.lanes.entry(id).or_default().push_back(Saga::new(id, op));
        }
    }

    /// From now on the host's end is seen.
    pub fn follow(&mut self, id: Id) {
        let generation = self.records.row(id).generation;
        if let Some(supervisor) = &mut self.supervisor {
            supervisor.followed.insert(id, generation);
        }
        self.panes_to_look_at.push(id);
    }

    /// The supervisor is killed.
    pub fn crash(&mut self) {
        self.supervisor = None;
        self.panes_to_look_at.clear();
    }

    /// A supervisor starts: it takes over what the records call alive.
    pub fn start(&mut self) {
        if self.supervisor.is_some() {
            return;
        }
        self.supervisor = Some(Supervisor::default());
        for id in self.records.alive() {
            self.enter(id, Op::TakeOver);
        }
        for id in self.records.known() {
            if self.records.row(id).removal.is_some() {
                self.enter(id, Op::FinishRemoval);
            }
        }
        for hook in std::mem::take(&mut self.outside.spool) {
            self.take_in(hook);
        }
    }

    /// The first work in a session's lane goes on by one step. Returns whether there was any that
    /// could.
    pub fn lane_goes_on(&mut self, id: Id, c: &mut Choices) -> Result<bool, String> {
        let Some(supervisor) = &mut self.supervisor else { return Ok(false) };
        let Some(mut saga) = supervisor.lanes.get_mut(&id).and_then(VecDeque::pop_front) else {
            return Ok(false);
        };
        let mut moved = true;
        if let Some(op) = saga.ops.pop_front() {
            self.note(|| format!("session {id}: {op:?}"));
            if let Done::Waits = self.take(&mut saga, &op, c)? {
                saga.ops.push_front(op);
                moved = false;
            }
        }
        let supervisor = self.supervisor.as_mut().expect("no step kills it");
        let lane = supervisor.lanes.entry(id).or_default();
        if !saga.ops.is_empty() {
            lane.push_front(saga);
        }
        if lane.is_empty() {
            supervisor.lanes.remove(&id);
        }
        Ok(moved)
    }

    /// Whoever follows a host sees that it, or its agent, is gone.
    pub fn look_at_host(&mut self, id: Id) -> bool {
        let Some(supervisor) = &mut self.supervisor else { return false };
        let Some(&generation) = supervisor.followed.get(&id) else { return false };
        let row = self.records.row(id);
        if row.discarded || row.phase.is_over() || row.generation != generation {
            supervisor.followed.remove(&id);
            return true;
        }
        let host = self.outside.of(id, generation).next().map(|at| &self.outside.hosts[at]);
        if host.is_some_and(|host| host.alive && host.boot == self.outside.boot) {
            return false;
        }
        let exit = host.and_then(|host| host.exit);
        self.note(|| format!("session {id}: its host is seen to be gone"));
        self.enter(id, Op::Settle { generation, exit });
        true
    }

    /// The pane of a session is opened or closed.
    pub fn pane_goes_on(&mut self, c: &mut Choices) -> bool {
        if self.panes_to_look_at.is_empty() {
            return false;
        }
        let at = c.below(self.panes_to_look_at.len());
        let id = self.panes_to_look_at.swap_remove(at);
        let row = self.records.row(id);
        if row.discarded || row.phase.is_over() {
            self.outside.panes.remove(&id);
        } else {
            self.outside.panes.insert(id);
        }
        true
    }

    /// An agent's hook tells something: to the supervisor, or to the spool.
    pub fn tell(&mut self, hook: Hook) {
        if self.supervisor.is_some() {
            self.take_in(hook);
        } else {
            self.outside.spool.push(hook);
        }
    }

    fn take_in(&mut self, hook: Hook) {
        let row = self.records.row(hook.session);
        if row.discarded || row.generation != hook.generation {
            return;
        }
        self.receive(hook);
        let activity = match hook.what {
            HookEvent::Started | HookEvent::TurnEnded => Activity::Idle,
            HookEvent::Prompt(_) | HookEvent::Settled => Activity::Working,
            HookEvent::Asked => Activity::NeedsPermission,
        };
        self.set_activity(hook.session, activity, ActivitySource::Hook, hook.at);
    }

    /// An activity becomes known, unless a better source says otherwise.
    pub fn set_activity(&mut self, id: Id, activity: Activity, source: ActivitySource, at: i64) {
        let row = &mut self.records.rows[id];
        let fact = ActivityFact::new(activity, source, Timestamp(at));
        let stands = row.activity.as_ref().is_some_and(|old| !old.yields_to(&fact));
        if !row.phase.is_over() && !stands {
            row.activity = Some(fact);
        }
    }

    /// A policy for a message.
    pub fn policy(c: &mut Choices) -> Policy {
        c.of(&[Policy::Immediate, Policy::Immediate, Policy::Deferred, Policy::OnDemand])
            .expect("there are some")
    }
}
