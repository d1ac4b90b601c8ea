//! What happens next: a person's or an agent's command, a step of the supervisor, of a host or of
//! an agent, a death, or time that passes.

use ao::model::message::State;
use ao::model::session::{Activity, ActivitySource, Kind};

use super::machine::{Machine, PROJECTS};
use super::outside::{Hook, HookEvent, Id};
use super::saga::Op;
use super::tape::Choices;

/// Workers of a run, at most.
const MOST_WORKERS: usize = 5;
/// Rounds of five seconds without a change after which nothing changes any more: the longest pause
/// between two attempts at a message fits in.
const QUIET_ROUNDS: u32 = 8;
/// Messages of a run, at most.
const MOST_MAIL: usize = 24;

impl Machine {
    /// One event.
    pub fn event(&mut self, word: u64) -> Result<(), String> {
        let mut c = Choices::new(word);
        self.now += 1 + c.below(50) as i64;
        match c.below(100) {
            0..40 => self.supervisor_goes_on(&mut c)?,
            40..55 => self.hosts_go_on(&mut c),
            55..70 => self.agents_go_on(&mut c),
            70..90 => self.command(&mut c),
            90..93 => self.something_dies(&mut c),
            93..97 => {
                if self.supervisor.is_none() {
                    self.note(|| "a supervisor starts".to_owned());
                }
                self.start();
            }
            _ => self.now += c.below(40_000) as i64,
        }
        self.outside.viewers_end();
        Ok(())
    }

    /// One task of the supervisor goes on.
    fn supervisor_goes_on(&mut self, c: &mut Choices) -> Result<(), String> {
        let Some(supervisor) = &self.supervisor else { return Ok(()) };
        let lanes: Vec<Id> = supervisor.lanes.keys().copied().collect();
        let known = self.records.known();
        match c.below(10) {
            0 => {
                self.pane_goes_on(c);
            }
            1 => {
                if let Some(id) = c.of(&known) {
                    self.look_at_host(id);
                }
            }
            2..5 => {
                if let Some(id) = c.of(&known) {
                    self.delivery_goes_on(id, c);
                }
            }
            _ => {
                if let Some(id) = c.of(&lanes) {
                    self.lane_goes_on(id, c)?;
                }
            }
        }
        Ok(())
    }

    fn living_hosts(&self) -> Vec<usize> {
        (0..self.outside.hosts.len()).filter(|&at| self.outside.hosts[at].alive).collect()
    }

    fn hosts_go_on(&mut self, c: &mut Choices) {
        let Some(at) = c.of(&self.living_hosts()) else { return };
        let was_up = self.outside.hosts[at].up;
        let Some(what) = self.outside.host_goes_on(at, c.one_in(15)) else { return };
        let (session, generation) =
            (self.outside.hosts[at].session, self.outside.hosts[at].generation);
        self.note(|| format!("session {session} generation {generation}: {what}"));
        if !was_up && self.outside.hosts[at].up {
            self.hook(at, HookEvent::Started);
        }
    }

    fn hook(&mut self, at: usize, what: HookEvent) {
        let host = &self.outside.hosts[at];
        let (session, generation) = (host.session, host.generation);
        if self.records.row(session).hooks {
            self.note(|| format!("session {session}: hook {what:?}"));
            self.tell(Hook { session, generation, what, at: self.now });
        }
    }

    /// An agent takes up a prompt, works, ends its turn, opens or closes a dialog.
    fn agents_go_on(&mut self, c: &mut Choices) {
        let Some(at) = c.of(&self.living_hosts()) else { return };
        let host = &mut self.outside.hosts[at];
        let id = host.session;
        if !host.agent.alive {
            return;
        }
        match c.below(8) {
            0 if !host.agent.dialog => {
                host.agent.dialog = true;
                host.agent.in_turn = true;
                self.hook(at, HookEvent::Asked);
            }
            1 | 2 if host.agent.dialog => {
                host.agent.dialog = false;
                self.hook(at, HookEvent::Settled);
            }
            3 | 4 if !host.agent.dialog => {
                host.agent.in_turn = false;
                self.hook(at, HookEvent::TurnEnded);
                self.goes_quiet(id);
            }
            5 => {
                let tree = &mut self.outside.worktrees[id];
                tree.work += 1;
                tree.done += 1;
            }
            _ if !host.agent.dialog && !host.agent.typed.is_empty() => {
                let mail = host.agent.typed.remove(0);
                host.agent.in_turn = true;
                self.outside.heard[id].push(mail);
                self.note(|| format!("session {id}: its agent takes up message {mail}"));
                self.hook(at, HookEvent::Prompt(mail));
            }
            _ => {}
        }
    }

    /// The output of a session has gone quiet, which its host tells whoever follows it.
    fn goes_quiet(&mut self, id: Id) {
        let follows = self.supervisor.as_ref().is_some_and(|s| s.followed.contains_key(&id));
        if follows && !self.records.row(id).discarded {
            self.set_activity(id, Activity::Idle, ActivitySource::Output, self.now);
        }
    }

    fn command(&mut self, c: &mut Choices) {
        if self.supervisor.is_none() {
            return;
        }
        let known = self.records.known();
        let project = c.below(PROJECTS);
        let orchestrator = project;
        match c.below(20) {
            0..4 => self.spawn(project, c),
            4 | 5 => self.ask_back(orchestrator, Op::Ensure { anew: false }),
            6 | 7 => self.ask_back(orchestrator, Op::Ensure { anew: true }),
            8 | 9 => {
                if let Some(id) = c.of(&known) {
                    self.note(|| format!("kill {id}"));
                    self.enter(id, Op::Kill);
                }
            }
            10 => {
                if let Some(id) = c.of(&self.workers()) {
                    self.ask_back(id, Op::Restore);
                }
            }
            11 | 12 => {
                if let Some(id) = c.of(&known) {
                    self.note(|| format!("clean {id}"));
                    self.enter(id, Op::Clean);
                }
            }
            13 | 14 => {
                let waiting: Vec<usize> = self.mail_under_way();
                if let Some(mail) = c.of(&waiting) {
                    self.drop_mail(mail);
                }
            }
            _ => {
                if let Some(id) = c.of(&known).filter(|_| self.records.mail.len() < MOST_MAIL) {
                    self.send(id, c);
                }
            }
        }
    }

    fn mail_under_way(&self) -> Vec<usize> {
        let waits = |mail: &usize| {
            matches!(self.records.mail[*mail].state, State::Queued(_) | State::Delivering)
        };
        (0..self.records.mail.len()).filter(waits).collect()
    }

    fn workers(&self) -> Vec<Id> {
        let worker = |id: &Id| self.records.row(*id).kind == Kind::Worker;
        self.records.known().into_iter().filter(worker).collect()
    }

    fn spawn(&mut self, project: usize, c: &mut Choices) {
        if self.records.rows.len() >= PROJECTS + MOST_WORKERS {
            return;
        }
        let id = self.reserve(project, Kind::Worker, c.one_in(2));
        self.note(|| format!("spawn {id}"));
        self.enter(id, Op::Spawn);
    }

    fn ask_back(&mut self, id: Id, op: Op) {
        self.note(|| format!("{op:?} {id}"));
        self.enter(id, op);
    }

    fn something_dies(&mut self, c: &mut Choices) {
        let hosts = self.living_hosts();
        let host = c.of(&hosts);
        match (c.below(12), host) {
            (0..5, _) => {
                self.note(|| "the supervisor is killed".to_owned());
                self.crash();
            }
            (5..7, Some(at)) => {
                self.note(|| format!("host {at} is killed"));
                self.outside.hosts[at].die();
            }
            (7..9, Some(at)) if self.outside.hosts[at].agent.alive => {
                self.note(|| format!("the agent of host {at} exits"));
                self.outside.hosts[at].exit = Some(0);
                self.outside.hosts[at].die();
            }
            (9 | 10, Some(at)) => {
                let host = &mut self.outside.hosts[at];
                host.stopped = !host.stopped;
                let stopped = host.stopped;
                self.note(|| format!("host {at} is stopped: {stopped}"));
            }
            (11, _) if c.one_in(3) => {
                self.note(|| "the machine is started anew".to_owned());
                self.crash();
                self.outside.boot += 1;
                self.outside.panes.clear();
                self.outside.hosts.iter_mut().for_each(super::outside::Host::die);
            }
            _ => {}
        }
    }

    /// Everything that can go on goes on, with nothing more coming, until nothing changes.
    pub fn settle_down(&mut self) -> Result<(), String> {
        self.start();
        let mut c = Choices::new(1);
        for at in self.living_hosts() {
            self.outside.hosts[at].stopped = false;
        }
        let mut quiet = 0;
        for _ in 0..1000 {
            self.now += 5_000;
            let mut moved = false;
            for id in 0..self.records.rows.len() {
                moved |= self.lane_goes_on(id, &mut c)?;
                moved |= self.look_at_host(id);
                moved |= self.delivery_goes_on(id, &mut c);
            }
            for at in self.living_hosts() {
                let was_up = self.outside.hosts[at].up;
                moved |= self.outside.host_goes_on(at, false).is_some();
                if !was_up {
                    self.hook(at, HookEvent::Started);
                }
                moved |= self.agent_rests(at);
            }
            moved |= self.pane_goes_on(&mut c);
            self.outside.viewers_end();
            quiet = if moved { 0 } else { quiet + 1 };
            if quiet == QUIET_ROUNDS {
                return Ok(());
            }
        }
        Err("it does not settle".to_owned())
    }

    /// The agent takes up what was typed, closes its dialog, ends its turn.
    fn agent_rests(&mut self, at: usize) -> bool {
        let host = &mut self.outside.hosts[at];
        let id = host.session;
        if !host.agent.alive {
            return false;
        }
        if host.agent.dialog {
            host.agent.dialog = false;
            self.hook(at, HookEvent::Settled);
            return true;
        }
        if !host.agent.typed.is_empty() {
            let mail = host.agent.typed.remove(0);
            host.agent.in_turn = true;
            self.outside.heard[id].push(mail);
            self.hook(at, HookEvent::Prompt(mail));
            return true;
        }
        let ended = std::mem::take(&mut host.agent.in_turn);
        if ended {
            self.hook(at, HookEvent::TurnEnded);
        }
        self.goes_quiet(id);
        ended
    }
}
