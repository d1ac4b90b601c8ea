//! What is there whatever the supervisor knows: session hosts, agents, worktrees, panes.

use std::collections::{BTreeMap, BTreeSet};

use ao::model::ids::Generation;

/// A session, by its place in the records.
pub type Id = usize;
/// A message, by its place in the records: the order of acceptance.
pub type MailId = usize;

/// A session host and its agent. It is found by the marks in its environment from its first
/// moment on.
#[derive(Debug, Clone)]
pub struct Host {
    pub session: Id,
    pub generation: Generation,
    pub boot: u32,
    pub alive: bool,
    /// Its agent has been started and its socket answers.
    pub up: bool,
    /// It is stopped: it lives and does not answer.
    pub stopped: bool,
    /// The agent's exit, on disk.
    pub exit: Option<i32>,
    /// What it was told to type, and how far that is; on disk.
    pub ledger: BTreeMap<MailId, Typing>,
    pub agent: Agent,
}

/// How far the typing of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// The intent is on disk.
    Intent,
    /// Text and Enter are in the terminal, the outcome is not on disk.
    Entered,
    /// The outcome is on disk.
    Written,
}

/// An agent: dies with its host.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    pub alive: bool,
    /// What lies in its terminal and has not been taken up.
    pub typed: Vec<MailId>,
    pub in_turn: bool,
    /// A dialog is open, where an Enter would answer it.
    pub dialog: bool,
}

impl Host {
    pub fn answers(&self) -> bool {
        self.alive && self.up && !self.stopped
    }

    /// The host goes, and the agent with it.
    pub fn die(&mut self) {
        self.alive = false;
        self.agent.alive = false;
    }
}

/// A worktree's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    None,
    /// Registered with git, empty or in part.
    Partial,
    Complete,
}

/// A session's worktree, and what has been preserved of earlier ones.
#[derive(Debug, Clone)]
pub struct Worktree {
    pub files: Files,
    /// An agent may have worked in it.
    pub sealed: bool,
    /// Pieces of work in it.
    pub work: u32,
    /// Pieces of work in the preserved slot.
    pub preserved: Option<u32>,
    /// Pieces of work that the agents of the session have ever done.
    pub done: u32,
}

/// Everything outside.
#[derive(Debug, Default)]
pub struct Outside {
    pub boot: u32,
    pub hosts: Vec<Host>,
    pub worktrees: Vec<Worktree>,
    pub panes: BTreeSet<Id>,
    /// What hooks kept while no supervisor answered.
    pub spool: Vec<Hook>,
    /// The prompts that reached each session's model, in order.
    pub heard: Vec<Vec<MailId>>,
    /// How often each message was typed with an Enter.
    pub entered: BTreeMap<MailId, u32>,
}

/// An event of an agent's hook.
#[derive(Debug, Clone, Copy)]
pub struct Hook {
    pub session: Id,
    pub generation: Generation,
    pub what: HookEvent,
    pub at: i64,
}

/// What a hook tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookEvent {
    Started,
    Prompt(MailId),
    TurnEnded,
    Asked,
    Settled,
}

impl Outside {
    pub fn add_session(&mut self) {
        let files = Files::None;
        let empty = Worktree { files, sealed: false, work: 0, preserved: None, done: 0 };
        self.worktrees.push(empty);
        self.heard.push(Vec::new());
    }

    /// The hosts of a generation; every one of them, if there were several.
    pub fn of(&self, session: Id, generation: Generation) -> impl Iterator<Item = usize> + '_ {
        let matches = move |host: &Host| host.session == session && host.generation == generation;
        (0..self.hosts.len()).rev().filter(move |&at| matches(&self.hosts[at]))
    }

    /// The host of a generation that answers.
    pub fn client(&self, session: Id, generation: Generation) -> Option<usize> {
        self.of(session, generation).find(|&at| self.hosts[at].answers())
    }

    /// A pane's viewer ends with the host that it shows, and the pane with its viewer.
    pub fn viewers_end(&mut self) {
        let hosts = &self.hosts;
        self.panes.retain(|id| hosts.iter().any(|host| host.session == *id && host.alive));
    }

    /// Ends whatever carries the generation's marks.
    pub fn end_tree(&mut self, session: Id, generation: Generation) {
        let found: Vec<usize> = self.of(session, generation).collect();
        for at in found {
            let host = &mut self.hosts[at];
            if host.answers() && host.agent.alive {
                host.exit = Some(143);
            }
            host.die();
        }
    }

    /// A host goes on with what it is at; `fails`: its agent does not start. Returns what it did.
    pub fn host_goes_on(&mut self, at: usize, fails: bool) -> Option<&'static str> {
        let host = &mut self.hosts[at];
        if !host.alive || host.stopped {
            return None;
        }
        if !host.up {
            // An agent is started in its worktree, and that must be there.
            if fails || self.worktrees[host.session].files == Files::None {
                host.die();
                return Some("a host fails to start its agent");
            }
            host.up = true;
            host.agent.alive = true;
            return Some("an agent starts");
        }
        let (&mail, &typing) = host.ledger.iter().find(|(_, t)| **t != Typing::Written)?;
        match typing {
            Typing::Intent => {
                host.ledger.insert(mail, Typing::Entered);
                host.agent.typed.push(mail);
                *self.entered.entry(mail).or_default() += 1;
                Some("a host has typed a message")
            }
            _ => {
                host.ledger.insert(mail, Typing::Written);
                Some("a host has noted a message as written")
            }
        }
    }
}
