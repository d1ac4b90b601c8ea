//! The actor that delivers a recipient's messages: it may be overtaken, or die, between any two of
//! its steps.

use ao::model::ids::{Generation, Timestamp};
use ao::model::message::{
    Attempt, Begun, Channel, Head, Held, Left, Next, Policy, Recipient, State, Uncertain,
    after_attempt, after_cut_off, next, retry_delay_ms,
};

use super::machine::Machine;
use super::outside::{Hook, HookEvent, Id, MailId, Typing};
use super::records::Mail;
use super::tape::Choices;

/// How far a delivery is.
#[derive(Debug, Clone, Copy)]
pub enum Turn {
    /// The law said: deliver; the intent is not on disk.
    Decided { mail: MailId, generation: Generation },
    /// The intent is on disk; the host has not been asked.
    Intended { mail: MailId, generation: Generation, begun: bool },
    /// The host was asked and has not answered.
    Asked { mail: MailId, host: usize, begun: bool },
}

impl Machine {
    /// Accepts a message, where the recipient's phase lets it.
    pub fn send(&mut self, to: Id, c: &mut Choices) {
        let row = self.records.row(to);
        let over = row.phase.is_over() && row.kind == ao::model::session::Kind::Worker;
        if self.supervisor.is_none() || row.discarded || over {
            return;
        }
        let policy = Self::policy(c);
        let held = (policy == Policy::OnDemand).then_some(Held::OnDemand);
        let deadline = c.one_in(5).then(|| Timestamp(self.now + 20_000));
        self.records.mail.push(Mail {
            to,
            policy,
            state: State::Queued(held),
            attempts: 0,
            not_before: Timestamp(0),
            deadline,
            generation: None,
            written_at: None,
        });
        let mail = self.records.mail.len() - 1;
        self.note(|| format!("message {mail} to session {to}, {policy:?}"));
    }

    /// The actor of a recipient goes on by one step; returns whether something changed.
    pub fn delivery_goes_on(&mut self, id: Id, c: &mut Choices) -> bool {
        let Some(supervisor) = &mut self.supervisor else { return false };
        match supervisor.turns.remove(&id) {
            None => self.decide(id),
            Some(Turn::Decided { mail, generation }) => {
                let now = self.time();
                let begun = self.records.mail[mail].state == State::Delivering;
                if !self.records.set_state(mail, State::Delivering, now) {
                    self.note(|| format!("message {mail}: overtaken"));
                    return true;
                }
                let row = &mut self.records.mail[mail];
                row.attempts += 1;
                row.generation = Some(generation);
                self.set_turn(id, Turn::Intended { mail, generation, begun });
                true
            }
            Some(Turn::Intended { mail, generation, begun }) => {
                self.ask(id, (mail, begun), generation, c)
            }
            Some(Turn::Asked { mail, host, begun }) => self.hear_from(id, (mail, begun), host, c),
        }
    }

    fn set_turn(&mut self, id: Id, turn: Turn) {
        self.note(|| format!("session {id}: {turn:?}"));
        self.supervisor.as_mut().expect("it delivers").turns.insert(id, turn);
    }

    fn head(&self, id: Id) -> Option<MailId> {
        let waits = |mail: &Mail| {
            mail.to == id
                && mail.policy != Policy::OnDemand
                && matches!(mail.state, State::Queued(_) | State::Delivering)
        };
        self.records.mail.iter().position(waits)
    }

    fn unreceipted(&self, id: Id) -> Option<MailId> {
        let row = self.records.row(id);
        let waits = |mail: &Mail| {
            mail.to == id && mail.state == State::Written && mail.generation == Some(row.generation)
        };
        self.records.mail.iter().position(waits).filter(|_| row.hooks)
    }

    /// Asks the law what to do with the head of the queue.
    fn decide(&mut self, id: Id) -> bool {
        let row = self.records.row(id);
        let Some(mail) = self.head(id).filter(|_| !row.discarded) else { return false };
        let unreceipted = self.unreceipted(id);
        let head = &self.records.mail[mail];
        let recipient = Recipient {
            phase: &row.phase,
            kind: row.kind,
            generation: row.generation,
            activity: row.activity.as_ref(),
            hooks: row.hooks,
            listens: false,
            limited_until: None,
            unreceipted: unreceipted.and_then(|at| self.records.mail[at].written_at),
        };
        let facts = Head {
            policy: head.policy,
            not_before: head.not_before,
            deadline: head.deadline,
            begun: head
                .generation
                .filter(|_| head.state == State::Delivering)
                .map(|generation| Begun { generation, channel: Channel::Terminal }),
        };
        let generation = row.generation;
        let now = self.time();
        let (which, state) = match next(facts, &recipient, now) {
            Next::Deliver => {
                self.set_turn(id, Turn::Decided { mail, generation });
                return true;
            }
            Next::Hold(why, until) => {
                let paused = until == Some(facts.not_before);
                if paused || facts.begun.is_some() {
                    return false;
                }
                (mail, State::Queued(Some(why)))
            }
            Next::Kill(why) => (mail, State::Dead(why)),
            Next::Expire => (mail, State::Expired),
            Next::Doubt => (mail, self.recovered(id, mail)),
            Next::GiveUpReceipt => match unreceipted {
                Some(written) => (written, State::Uncertain(Uncertain::NoReceipt)),
                None => return false,
            },
        };
        if self.records.mail[which].state == state {
            return false;
        }
        self.note(|| format!("message {which}: {state:?}"));
        self.records.set_state(which, state, now)
    }

    /// What the ledger of the host that was told to type it says.
    fn recovered(&self, id: Id, mail: MailId) -> State {
        let row = self.records.row(id);
        let begun = self.records.mail[mail].generation;
        let host = begun.and_then(|generation| self.outside.of(id, generation).next());
        let left = match host.map(|at| self.outside.hosts[at].ledger.get(&mail)) {
            None => Left::Unknown,
            Some(None) => Left::Nothing,
            Some(Some(Typing::Written)) => Left::Written,
            Some(Some(_)) => Left::Unknown,
        };
        let host_lives = begun == Some(row.generation) && !row.phase.is_over();
        after_cut_off(left, host_lives, row.hooks)
    }

    /// Asks the host of that generation to write the message.
    fn ask(
        &mut self,
        id: Id,
        (mail, begun): (MailId, bool),
        generation: Generation,
        c: &mut Choices,
    ) -> bool {
        let Some(at) = self.outside.client(id, generation) else {
            return self.attempted((mail, begun), Attempt::Unreachable, c);
        };
        let host = &mut self.outside.hosts[at];
        let attempt = match host.ledger.get(&mail) {
            Some(Typing::Written) => Attempt::Written,
            // It is at it, and answers when it is done.
            Some(_) => {
                self.set_turn(id, Turn::Asked { mail, host: at, begun });
                return true;
            }
            None if host.agent.dialog => Attempt::Held(Held::Dialog),
            None if c.one_in(10) => Attempt::Held(Held::Draft),
            None => {
                host.ledger.insert(mail, Typing::Intent);
                self.set_turn(id, Turn::Asked { mail, host: at, begun });
                return true;
            }
        };
        self.attempted((mail, begun), attempt, c)
    }

    /// The host's answer, or the loss of it.
    fn hear_from(
        &mut self,
        id: Id,
        (mail, begun): (MailId, bool),
        at: usize,
        c: &mut Choices,
    ) -> bool {
        let host = &self.outside.hosts[at];
        if host.answers() && host.ledger.get(&mail) == Some(&Typing::Written) {
            return self.attempted((mail, begun), Attempt::Written, c);
        }
        if host.answers() && !c.one_in(8) {
            let supervisor = self.supervisor.as_mut().expect("it delivers");
            supervisor.turns.insert(id, Turn::Asked { mail, host: at, begun });
            return false;
        }
        self.attempted((mail, begun), Attempt::Unanswered, c)
    }

    fn attempted(
        &mut self,
        (mail, begun): (MailId, bool),
        attempt: Attempt,
        c: &mut Choices,
    ) -> bool {
        let state = after_attempt(attempt, begun);
        self.note(|| format!("message {mail}: {attempt:?}, {state:?}"));
        let now = self.time();
        if let Attempt::Held(_) = attempt {
            self.records.mail[mail].generation = None;
        }
        if self.records.set_state(mail, state, now)
            && matches!(state, State::Queued(_) | State::Delivering)
        {
            let jitter = u8::try_from(c.below(256)).expect("it is below 256");
            let row = &mut self.records.mail[mail];
            row.not_before = now.plus(retry_delay_ms(row.attempts, jitter));
        }
        true
    }

    /// What an agent's hook says of a prompt or of a turn's end.
    pub fn receive(&mut self, hook: Hook) {
        let now = self.time();
        match hook.what {
            HookEvent::Prompt(mail) => {
                self.records.set_state(mail, State::Submitted, now);
            }
            HookEvent::TurnEnded => {
                for mail in 0..self.records.mail.len() {
                    let row = &self.records.mail[mail];
                    if row.to == hook.session && row.state == State::Submitted {
                        self.records.set_state(mail, State::Answered, now);
                    }
                }
            }
            _ => {}
        }
    }

    /// The sender takes a message back.
    pub fn drop_mail(&mut self, mail: MailId) {
        if self.supervisor.is_some() {
            let now = self.time();
            if self.records.set_state(mail, State::Cancelled, now) {
                self.note(|| format!("message {mail}: cancelled"));
            }
        }
    }
}
