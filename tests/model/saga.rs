//! The work on one session: a row of small steps, each of which the supervisor may die before or
//! after. What is to be done is asked of the laws; here is only the order of the steps.

use std::collections::VecDeque;

use ao::model::ids::Generation;
use ao::model::session::{
    Activity, ActivitySource, ComeBack, EndReason, Ensure, HostTrace, Kind, Phase, PhaseEvent,
    Step, Takeover, Traces, come_back, end_of, ensure, takeover,
};
use ao::model::work::{
    Found, Item, Obstacle, RemovalState, Standing, Verdict, What, decide, decide_unseen,
};

use super::machine::Machine;
use super::outside::{Agent, Files, Host, Id};
use super::records::{Row, failed, killed};
use super::tape::Choices;

/// One step.
#[derive(Debug, Clone)]
pub enum Op {
    // Decisions.
    Spawn,
    Kill,
    Ensure { anew: bool },
    Restore,
    Clean,
    TakeOver,
    FinishRemoval,
    Settle { generation: Generation, exit: Option<i32> },
    // The steps of a launch.
    Begin(Step),
    NoteBase,
    AddWorktree,
    CheckOut,
    Verify,
    NextGeneration,
    Start,
    Seal,
    StartHost,
    AwaitHost,
    RecordLive,
    // The steps of an end.
    End(EndReason),
    EndTree,
    Gone(EndReason),
    RemoveUnused,
    // The steps of a removal.
    Preserve,
    NoteRemoval(Option<RemovalState>),
    Remove,
    BringBack,
    Reattach,
}

/// What is done when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Everything is taken back.
    Undo,
    /// The session stays, as failed; and is tried again so many times.
    Fail { again: u8 },
    /// Nothing.
    Stop,
}

/// Work in a session's lane.
#[derive(Debug, Clone)]
pub struct Saga {
    pub session: Id,
    pub ops: VecDeque<Op>,
    pub on_failure: OnFailure,
}

impl Saga {
    pub fn new(session: Id, first: Op) -> Self {
        Self { session, ops: VecDeque::from([first]), on_failure: OnFailure::Stop }
    }

    /// These come next.
    fn then(&mut self, ops: &[Op]) {
        for op in ops.iter().rev() {
            self.ops.push_front(op.clone());
        }
    }

    fn launch(&mut self, on_failure: OnFailure) {
        self.on_failure = on_failure;
        self.then(&[
            Op::NextGeneration,
            Op::Begin(Step::Host),
            Op::Start,
            Op::Seal,
            Op::StartHost,
            Op::AwaitHost,
            Op::RecordLive,
        ]);
    }

    fn end(&mut self, reason: EndReason) {
        self.then(&[Op::End(reason.clone()), Op::EndTree, Op::Gone(reason)]);
    }

    /// A step failed.
    fn fail(&mut self, step: Step) {
        self.ops.clear();
        match self.on_failure {
            OnFailure::Stop => {}
            OnFailure::Undo => self.then(&[Op::EndTree, Op::RemoveUnused]),
            OnFailure::Fail { again } => {
                self.then(&[Op::EndTree, Op::Gone(failed(step))]);
                if let Some(again) = again.checked_sub(1) {
                    self.ops.push_back(Op::Reattach);
                    let mut rest = Self::new(self.session, Op::Reattach);
                    rest.ops.clear();
                    rest.launch(OnFailure::Fail { again });
                    self.on_failure = rest.on_failure;
                    self.ops.extend(rest.ops);
                }
            }
        }
    }
}

/// What a step came to.
pub enum Done {
    /// The next one.
    Next,
    /// It waits for something outside.
    Waits,
}

impl Machine {
    /// Takes one step of the saga.
    pub fn take(&mut self, saga: &mut Saga, op: &Op, c: &mut Choices) -> Result<Done, String> {
        match op {
            Op::Spawn => {
                saga.launch(OnFailure::Undo);
                saga.then(&[
                    Op::Begin(Step::Worktree),
                    Op::NoteBase,
                    Op::AddWorktree,
                    Op::Begin(Step::Checkout),
                    Op::CheckOut,
                    Op::Begin(Step::Verify),
                    Op::Verify,
                ]);
            }
            Op::Kill => self.kill(saga),
            Op::Ensure { anew } => self.ensure(saga, *anew)?,
            Op::Restore => self.restore(saga),
            Op::Clean => self.clean(saga, c),
            Op::TakeOver => self.take_over(saga),
            Op::FinishRemoval => self.finish_removal(saga),
            Op::Settle { generation, exit } => self.settle(saga, *generation, *exit)?,
            Op::AwaitHost => return self.await_host(saga),
            Op::Preserve | Op::NoteRemoval(_) | Op::Remove | Op::BringBack | Op::Reattach => {
                self.removal_step(saga, op, c)?;
            }
            _ => self.launch_step(saga, op, c)?,
        }
        Ok(Done::Next)
    }

    fn launch_step(&mut self, saga: &mut Saga, op: &Op, c: &mut Choices) -> Result<(), String> {
        let id = saga.session;
        match op {
            Op::Begin(step) => self.records.change(id, PhaseEvent::Begin(*step))?,
            Op::NoteBase => self.records.rows[id].has_base = true,
            Op::AddWorktree if c.one_in(40) => saga.fail(Step::Worktree),
            Op::AddWorktree => self.outside.worktrees[id].files = Files::Partial,
            Op::CheckOut if c.one_in(40) => saga.fail(Step::Checkout),
            Op::CheckOut => self.outside.worktrees[id].files = Files::Complete,
            Op::Verify if c.one_in(40) => saga.fail(Step::Verify),
            Op::Verify => {}
            Op::NextGeneration => self.records.next_generation(id)?,
            Op::Start => self.records.change(id, PhaseEvent::Start)?,
            Op::Seal => self.outside.worktrees[id].sealed = true,
            Op::StartHost => self.start_host(id),
            Op::RecordLive => self.record_live(id)?,
            Op::End(reason) => self.records.change(id, PhaseEvent::End(reason.clone()))?,
            Op::EndTree => {
                let generation = self.records.row(id).generation;
                self.outside.end_tree(id, generation);
            }
            Op::Gone(reason) => {
                self.records.change(id, PhaseEvent::Gone(reason.clone()))?;
                self.panes_to_look_at.push(id);
            }
            Op::RemoveUnused => self.remove_unused(id)?,
            other => unreachable!("{other:?} is no step of a launch"),
        }
        Ok(())
    }

    fn start_host(&mut self, session: Id) {
        let generation = self.records.row(session).generation;
        self.outside.hosts.push(Host {
            session,
            generation,
            boot: self.outside.boot,
            alive: true,
            up: false,
            stopped: false,
            exit: None,
            ledger: std::collections::BTreeMap::new(),
            agent: Agent::default(),
        });
    }

    fn await_host(&mut self, saga: &mut Saga) -> Result<Done, String> {
        let id = saga.session;
        let generation = self.records.row(id).generation;
        let Some(at) = self.outside.of(id, generation).next() else {
            return Err("a host that was started is not there".to_owned());
        };
        let host = &self.outside.hosts[at];
        if !host.alive && !host.up {
            // The host itself says that no agent was started.
            if generation.0 == 1 && self.outside.worktrees[id].work == 0 {
                self.outside.worktrees[id].sealed = false;
            }
            saga.fail(Step::Host);
            return Ok(Done::Next);
        }
        Ok(if host.up { Done::Next } else { Done::Waits })
    }

    fn record_live(&mut self, id: Id) -> Result<(), String> {
        let generation = self.records.row(id).generation;
        let at = self.outside.of(id, generation).next();
        let at = at.ok_or("a host that came up is not there")?;
        self.records.change(id, PhaseEvent::Alive)?;
        let row = &mut self.records.rows[id];
        row.host = Some((at, self.outside.hosts[at].boot));
        self.set_activity(id, Activity::Starting, ActivitySource::Record, self.now);
        self.follow(id);
        Ok(())
    }

    /// Undo, after the processes are gone: what holds no work goes, with the row.
    fn remove_unused(&mut self, id: Id) -> Result<(), String> {
        let tree = &mut self.outside.worktrees[id];
        if self.records.row(id).has_base && tree.sealed {
            self.records.change(id, PhaseEvent::Gone(failed(Step::Plan)))?;
            return Ok(());
        }
        tree.files = Files::None;
        self.records.discard(id);
        self.panes_to_look_at.push(id);
        Ok(())
    }

    fn ensure(&mut self, saga: &mut Saga, anew: bool) -> Result<(), String> {
        self.asked_back.insert(saga.session);
        let row = self.records.row(saga.session);
        let known = (!row.discarded).then_some(&row.phase);
        let replaced = EndReason::Replaced { generation: row.generation.next().0 };
        match ensure(known, anew) {
            Ensure::Reuse if row.discarded || row.phase != Phase::Live => {
                return Err("somebody who asks for an orchestrator gets none".to_owned());
            }
            Ensure::Reuse => {}
            Ensure::First => {
                self.records.rows[saga.session] = Row {
                    phase: Phase::Reserved,
                    discarded: false,
                    has_base: false,
                    removal: None,
                    ..row.clone()
                };
                saga.then(&[Op::Spawn]);
            }
            law @ (Ensure::Launch | Ensure::Replace) => {
                saga.launch(OnFailure::Fail { again: 2 });
                saga.then(&[Op::EndTree, Op::Reattach]);
                if law == Ensure::Replace {
                    saga.end(replaced);
                }
            }
        }
        Ok(())
    }

    fn kill(&mut self, saga: &mut Saga) {
        let row = self.records.row(saga.session);
        self.asked_back.remove(&saga.session);
        if !row.discarded && !row.phase.is_over() {
            saga.end(killed());
        }
    }

    fn restore(&mut self, saga: &mut Saga) {
        self.asked_back.insert(saga.session);
        let row = self.records.row(saga.session);
        if row.discarded || come_back(&row.phase, row.generation) != ComeBack::Launch {
            return;
        }
        saga.launch(OnFailure::Fail { again: 0 });
        saga.then(&[Op::Reattach, Op::EndTree]);
        if row.removal.is_some() {
            saga.then(&[
                Op::FinishRemoval,
                Op::NoteRemoval(Some(RemovalState::Restoring)),
                Op::BringBack,
                Op::NoteRemoval(None),
            ]);
        }
    }

    fn take_over(&mut self, saga: &mut Saga) {
        let id = saga.session;
        let row = self.records.row(id);
        let answers = self.outside.client(id, row.generation).is_some();
        match takeover(&row.phase, row.generation, answers) {
            Takeover::Leave => {}
            Takeover::Follow => self.follow(id),
            Takeover::Look => {
                // Whether it is over or not, the watch goes on from here.
                let generation = row.generation;
                self.follow(id);
                saga.then(&[Op::Settle { generation, exit: None }]);
            }
            Takeover::Adopt => saga.then(&[Op::RecordLive]),
            Takeover::FinishEnd(reason) => saga.then(&[Op::EndTree, Op::Gone(reason)]),
            Takeover::Restart => {
                saga.launch(OnFailure::Fail { again: 0 });
                saga.then(&[Op::EndTree]);
            }
            Takeover::Undo => saga.then(&[Op::EndTree, Op::RemoveUnused]),
            Takeover::Fail => saga.then(&[Op::EndTree, Op::Gone(failed(Step::Plan))]),
        }
    }

    fn settle(
        &mut self,
        saga: &mut Saga,
        generation: Generation,
        exit: Option<i32>,
    ) -> Result<(), String> {
        let row = self.records.row(saga.session);
        if row.discarded || row.generation != generation || row.phase.is_over() {
            return Ok(());
        }
        let left = self.outside.of(saga.session, generation).find_map(|at| {
            let host = &self.outside.hosts[at];
            host.exit
        });
        let host = match row.host {
            None => HostTrace::NeverRecorded,
            Some((_, boot)) if boot != self.outside.boot => HostTrace::OtherBoot,
            Some((at, _)) if !self.outside.hosts[at].alive => HostTrace::Gone,
            Some(_) => HostTrace::NotProvenGone,
        };
        let Some(reason) = end_of(Traces { exit: exit.or(left), host }) else { return Ok(()) };
        let lives = self.outside.client(saga.session, generation).is_some();
        if lives {
            return Err(format!("a living session is called {reason}"));
        }
        saga.then(&[Op::EndTree, Op::Gone(reason)]);
        Ok(())
    }

    fn standing(row: &Row) -> Standing<'_> {
        let removed = row.removal == Some(RemovalState::Removed);
        Standing { kind: row.kind, phase: &row.phase, removed }
    }

    /// What a look at the worktree finds.
    fn found(&self, id: Id, c: &mut Choices) -> Found {
        let tree = &self.outside.worktrees[id];
        let item = Item {
            what: What::Untracked,
            name: String::new(),
            count: u64::from(tree.work),
            bytes: 1,
        };
        let mut obstacles = Vec::new();
        if self.outside.hosts.iter().any(|host| host.session == id && host.alive) {
            obstacles.push(Obstacle::Process { pid: 1, name: String::new() });
        }
        if c.one_in(10) {
            obstacles.push(Obstacle::Unknown(String::new()));
        }
        let items = if tree.work > 0 { vec![item] } else { Vec::new() };
        Found { exists: tree.files != Files::None, obstacles, items }
    }

    fn clean(&mut self, saga: &mut Saga, c: &mut Choices) {
        let row = self.records.row(saga.session);
        if row.discarded || decide_unseen(Self::standing(row)).is_some() {
            return;
        }
        if row.removal.is_some() {
            return saga.then(&[Op::FinishRemoval]);
        }
        let found = self.found(saga.session, c);
        let row = self.records.row(saga.session);
        let Verdict::Remove { preserve } = decide(Self::standing(row), &found, c.one_in(3)) else {
            return;
        };
        saga.then(&[
            Op::NoteRemoval(Some(RemovalState::Removing)),
            Op::Remove,
            Op::NoteRemoval(Some(RemovalState::Removed)),
        ]);
        if preserve {
            saga.then(&[Op::Preserve]);
        }
    }

    fn finish_removal(&mut self, saga: &mut Saga) {
        let row = self.records.row(saga.session);
        if row.discarded {
            return;
        }
        match row.removal {
            // Whether the removal touched anything is found out at the worktree itself.
            Some(RemovalState::Removing)
                if self.outside.worktrees[saga.session].files == Files::Complete =>
            {
                saga.then(&[Op::NoteRemoval(None)]);
            }
            Some(RemovalState::Removing) => {
                saga.then(&[Op::Remove, Op::NoteRemoval(Some(RemovalState::Removed))]);
            }
            Some(RemovalState::Restoring) => saga.then(&[Op::BringBack, Op::NoteRemoval(None)]),
            Some(RemovalState::Removed) | None => {}
        }
    }

    fn removal_step(&mut self, saga: &mut Saga, op: &Op, c: &mut Choices) -> Result<(), String> {
        let row = &mut self.records.rows[saga.session];
        let tree = &mut self.outside.worktrees[saga.session];
        match op {
            Op::Preserve => tree.preserved = Some(tree.work),
            Op::NoteRemoval(removal) => row.removal = *removal,
            // A process that came in since, or a change since the look: it is put back.
            Op::Remove if tree.files == Files::Complete && c.one_in(10) => {
                saga.ops.clear();
                saga.then(&[Op::NoteRemoval(None)]);
            }
            Op::Remove => {
                if tree.work > 0 && tree.preserved != Some(tree.work) {
                    return Err(format!("{} pieces of work were not preserved", tree.work));
                }
                tree.work = 0;
                // In its last moments it is there in part.
                tree.files =
                    if tree.files == Files::Complete { Files::Partial } else { Files::None };
                if tree.files == Files::Partial {
                    saga.then(&[Op::Remove]);
                }
            }
            Op::BringBack => {
                tree.files = Files::Complete;
                tree.sealed = true;
                if tree.work == 0 {
                    tree.work = tree.preserved.take().unwrap_or(0);
                }
            }
            Op::Reattach => {
                if tree.files != Files::Complete {
                    tree.files = Files::Complete;
                }
            }
            other => unreachable!("{other:?} is no step of a removal"),
        }
        if row.kind == Kind::Orchestrator && row.removal.is_some() {
            return Err("an orchestrator's worktree is being removed".to_owned());
        }
        Ok(())
    }
}
