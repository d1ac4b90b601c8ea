//! What must be true after every event, and once everything has come to rest.

use ao::model::ids::Generation;
use ao::model::message::{Policy, State};
use ao::model::session::{EndReason, Ender, Kind, Phase};

use super::machine::Machine;
use super::outside::Files;

/// What was true before the last event.
#[derive(Debug, Default)]
pub struct Seen {
    generations: Vec<Generation>,
    killed: Vec<bool>,
}

impl Machine {
    /// After an event.
    pub fn check(&mut self) -> Result<(), String> {
        self.check_agents()?;
        self.check_sessions()?;
        self.check_work()?;
        self.check_mail()
    }

    /// No two generations of a session live; no agent works in half a worktree; and what the
    /// records call over has no agent.
    fn check_agents(&self) -> Result<(), String> {
        let mut living = vec![0; self.records.rows.len()];
        for host in self.outside.hosts.iter().filter(|host| host.agent.alive) {
            living[host.session] += 1;
            let row = self.records.row(host.session);
            let tree = &self.outside.worktrees[host.session];
            let which = format!("session {} generation {}", host.session, host.generation);
            if tree.files != Files::Complete || !tree.sealed {
                return Err(format!("{which}: an agent lives in a worktree that is {tree:?}"));
            }
            if row.discarded || row.phase.is_over() {
                return Err(format!("{which}: an agent lives and the session is over"));
            }
            if row.generation != host.generation {
                return Err(format!("{which}: an agent of an old generation lives"));
            }
            if row.removal.is_some() {
                return Err(format!("{which}: an agent lives and its worktree is being removed"));
            }
        }
        if let Some(id) = living.iter().position(|count| *count > 1) {
            return Err(format!("session {id}: {} agents live", living[id]));
        }
        Ok(())
    }

    /// One orchestrator per project; a generation is never used again; killed stays killed.
    fn check_sessions(&mut self) -> Result<(), String> {
        let rows = &self.records.rows;
        self.seen.generations.resize(rows.len(), Generation::default());
        self.seen.killed.resize(rows.len(), false);
        for (id, row) in rows.iter().enumerate() {
            let others = rows.iter().filter(|other| {
                !other.discarded && other.kind == Kind::Orchestrator && other.project == row.project
            });
            if others.count() > 1 {
                return Err(format!("project {} has two orchestrators", row.project));
            }
            if row.generation < self.seen.generations[id] {
                return Err(format!("session {id}: its generation went back"));
            }
            self.seen.generations[id] = row.generation;
            if self.seen.killed[id] && !row.phase.is_over() && !self.asked_back.contains(&id) {
                return Err(format!("session {id} was killed and came back by itself"));
            }
            let by = |reason: &EndReason| matches!(reason, EndReason::Killed { by: Ender::Person });
            self.seen.killed[id] =
                matches!(&row.phase, Phase::Ended { reason } if !row.discarded && by(reason));
        }
        Ok(())
    }

    /// Every piece of work is in its place or preserved.
    fn check_work(&self) -> Result<(), String> {
        for (id, tree) in self.outside.worktrees.iter().enumerate() {
            let there = tree.work.max(tree.preserved.unwrap_or(0));
            if there < tree.done {
                return Err(format!(
                    "session {id}: of {} pieces of work {there} are left",
                    tree.done
                ));
            }
        }
        Ok(())
    }

    /// Nothing is heard twice or out of order, and nothing is said of a message that is not so.
    fn check_mail(&self) -> Result<(), String> {
        for (id, heard) in self.outside.heard.iter().enumerate() {
            if let Some(pair) = heard.windows(2).find(|pair| pair[0] >= pair[1]) {
                return Err(format!("session {id} heard message {} after {}", pair[1], pair[0]));
            }
        }
        for (at, mail) in self.records.mail.iter().enumerate() {
            let entered = self.outside.entered.get(&at).copied().unwrap_or(0);
            let heard = self.outside.heard[mail.to].contains(&at);
            let wrong = match mail.state {
                _ if entered > 1 => "it was typed twice",
                State::Queued(_) | State::Dead(_) | State::Expired | State::Cancelled
                    if entered > 0 =>
                {
                    "it was typed"
                }
                State::Written if entered == 0 => "it was not typed",
                State::Submitted | State::Answered if !heard => "no agent has heard it",
                _ => "",
            };
            if !wrong.is_empty() {
                return Err(format!("message {at} is {:?} and {wrong}", mail.state));
            }
        }
        Ok(())
    }

    /// Once everything has come to rest: sessions, hosts and panes are one to one, and every
    /// message is where it can stay.
    pub fn check_rest(&self) -> Result<(), String> {
        for (id, row) in self.records.rows.iter().enumerate().filter(|(_, row)| !row.discarded) {
            let agents = self.outside.hosts.iter().filter(|h| h.session == id && h.agent.alive);
            let lives = agents.count() == 1;
            match &row.phase {
                Phase::Live if lives => {}
                Phase::Ended { .. } if !lives => {}
                phase => return Err(format!("session {id} rests as {phase:?}, alive: {lives}")),
            }
            if lives != self.outside.panes.contains(&id) {
                return Err(format!("session {id} lives: {lives}, and its pane does not"));
            }
            if matches!(row.removal, Some(r) if r != ao::model::work::RemovalState::Removed) {
                return Err(format!("session {id}: a removal is not finished"));
            }
        }
        if let Some(host) = self.outside.hosts.iter().find(|h| h.alive && !h.agent.alive) {
            return Err(format!("session {}: a host without an agent is left", host.session));
        }
        for (at, mail) in self.records.mail.iter().enumerate() {
            let row = self.records.row(mail.to);
            let waits = matches!(mail.state, State::Queued(_)) && mail.policy != Policy::OnDemand;
            let may_wait = row.kind == Kind::Orchestrator && !matches!(row.phase, Phase::Live);
            if (waits && !may_wait) || mail.state == State::Delivering {
                return Err(format!("message {at} rests as {:?}", mail.state));
            }
        }
        Ok(())
    }
}
