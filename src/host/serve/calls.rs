//! Connections and what they ask for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use crate::host::frame::{self, Frame, kind};
use crate::host::protocol::{
    Admission, Answer, Attach, Call, HostEvent, InputState, Purpose, Refusal, RefusalCode, Reply,
    Request,
};
use crate::host::screen::Size;
use crate::process::{self, ProcessId};

use super::deliver::Caller;
use super::host::{Control, Host, Newcomer, Number};
use super::outbox::Outbox;

/// Most scrollback lines in one answer.
const MOST_LINES: usize = 10_000;

impl Host {
    /// A connection was let in.
    pub(super) fn opened(&mut self, newcomer: Newcomer, purpose: Purpose, outbox: Outbox) {
        match purpose {
            Purpose::Control { .. } => self.control(newcomer, outbox),
            Purpose::Attach(attach) => self.attach(newcomer, attach, outbox),
        }
    }

    /// There is one supervisor at a time: what an earlier one still had on its way is not carried
    /// out behind the back of the next, which has to know what is in the terminal and what is not.
    fn control(&mut self, newcomer: Newcomer, outbox: Outbox) {
        let process = newcomer.process;
        if self.controls.values().any(|other| is_earlier(process, other.process)) {
            let why = "a supervisor that was started later has taken its place";
            warn!("a supervisor is not let in: {why}");
            return refuse(&outbox, &Refusal::new(RefusalCode::Failed, why));
        }
        self.controls.retain(|_, other| {
            let stays = !is_earlier(other.process, process);
            if !stays {
                other.outbox.close();
            }
            stays
        });
        self.greet(&outbox);
        self.controls.insert(newcomer.number, Control { process, outbox, watching: false });
    }

    fn attach(&mut self, newcomer: Newcomer, mut attach: Attach, outbox: Outbox) {
        if let Admission::Ticket(token) = &attach.admission {
            match self.tickets.redeem(token, Instant::now()) {
                Some(read_only) => attach.read_only |= read_only,
                None => {
                    let why = "the ticket is unknown, used or too old";
                    let refusal = Refusal::new(RefusalCode::WrongTicket, why);
                    refuse(&outbox, &refusal);
                    let refused = newcomer.refused("attach", &refusal);
                    return self.tell(&HostEvent::Refused(refused));
                }
            }
        }
        self.greet(&outbox);
        if let Some(size) = self.viewers.attach(newcomer.number, outbox, &attach) {
            self.resize(size);
        }
        self.tell(&HostEvent::Viewers(self.viewers.count()));
    }

    fn greet(&self, outbox: &Outbox) {
        // The first frame of an empty queue always has room.
        let _ = outbox.push(Arc::new(frame::encode_json(kind::HELLO, &self.hello())));
    }

    /// A connection has ended.
    pub(super) fn closed(&mut self, number: Number) {
        if let Some(control) = self.controls.remove(&number) {
            control.outbox.close();
        }
        if let Some(viewer) = self.viewers.detach(number) {
            viewer.close();
            self.tell(&HostEvent::Viewers(self.viewers.count()));
        }
    }

    /// A frame came.
    pub(super) fn frame(&mut self, number: Number, frame: &Frame) {
        match frame.kind {
            kind::KEYS => self.viewer_keys(number, &frame.payload),
            kind::RESIZE => {
                if let Ok(size) = frame::parse::<Size>(frame)
                    && let Some(size) = self.viewers.resized(number, size)
                {
                    self.resize(size);
                }
            }
            kind::REQUEST if self.controls.contains_key(&number) => {
                match frame::parse::<Request>(frame) {
                    Ok(Request { req, call }) => self.call(Caller { number, req }, call),
                    Err(e) => self.malformed(number, frame, &e.to_string()),
                }
            }
            // A newer client may say more.
            _ => {}
        }
    }

    /// A call that is not known can still be answered, if it has a number.
    fn malformed(&mut self, number: Number, frame: &Frame, why: &str) {
        #[derive(serde::Deserialize)]
        struct Numbered {
            req: u64,
        }
        if let Ok(Numbered { req }) = frame::parse(frame) {
            let refusal = Refusal::new(RefusalCode::Malformed, why);
            self.answer(Caller { number, req }, Err(refusal));
        }
    }

    fn call(&mut self, caller: Caller, call: Call) {
        let result = match call {
            Call::Hello => Ok(Answer::Hello(Box::new(self.hello()))),
            Call::Snapshot { ansi, scrollback } => {
                let snapshot = self.screen.snapshot(ansi, scrollback.min(MOST_LINES));
                Ok(Answer::Snapshot(Box::new(snapshot)))
            }
            Call::Deliver(delivery) => return self.deliver(caller, delivery),
            Call::Interrupt(asked) => return self.interrupt(caller, asked),
            Call::InputState => Ok(Answer::InputState(self.input_state())),
            Call::Signal { signal } => self.signal(signal),
            Call::Kill { grace_ms } => {
                return self.kill(caller, Duration::from_millis(grace_ms));
            }
            Call::Ticket { read_only } => self
                .tickets
                .issue(read_only, Instant::now())
                .map(Answer::Ticket)
                .map_err(|e| Refusal::new(RefusalCode::Failed, e.to_string())),
            Call::Watch => return self.watch(caller),
        };
        self.answer(caller, result);
    }

    /// From now on the caller is told of events; first of those that have been and still hold, which
    /// nobody else may have heard.
    fn watch(&mut self, caller: Caller) {
        self.answer(caller, Ok(Answer::Watching));
        let Some(control) = self.controls.get_mut(&caller.number) else { return };
        control.watching = true;
        let title = Some(self.screen.title()).filter(|title| !title.is_empty());
        let standing = title.map(|title| HostEvent::Title(title.to_owned()));
        let quiet = self.quiet.is_quiet().then_some(HostEvent::OutputQuiet);
        for event in standing.into_iter().chain(quiet) {
            if !control.outbox.push(Arc::new(frame::encode_json(kind::EVENT, &event))) {
                control.outbox.close();
            }
        }
    }

    /// Sends an answer; a caller that has gone misses it.
    pub(super) fn answer(&mut self, caller: Caller, result: Result<Answer, Refusal>) {
        let Some(control) = self.controls.get(&caller.number) else { return };
        let frame = frame::encode_json(kind::REPLY, &Reply { req: caller.req, result });
        if !control.outbox.push(Arc::new(frame)) {
            // It asks and does not read.
            control.outbox.close();
            self.controls.remove(&caller.number);
        }
    }

    fn input_state(&self) -> InputState {
        let ago = self.typing.last.map(|at| at.elapsed().as_millis());
        InputState {
            last_human_key_ms_ago: ago.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            draft: self.draft.draft(),
            foreground: self.is_foreground(),
            foreground_pgrp: self.pty.foreground(),
            bracketed_paste: self.screen.modes().bracketed_paste,
            viewers: self.viewers.count(),
        }
    }

    fn signal(&self, number: i32) -> Result<Answer, Refusal> {
        let tree = process::descendants(self.me.pid)
            .map_err(|e| Refusal::new(RefusalCode::Failed, e.to_string()))?;
        Ok(Answer::Signalled { processes: process::signal(&tree, number) })
    }
}

/// Says why, and hangs up. The first frame of an empty queue always has room.
fn refuse(outbox: &Outbox, refusal: &Refusal) {
    let _ = outbox.push(Arc::new(frame::encode_json(kind::REFUSED, refusal)));
    outbox.close();
}

/// Whether the one process was started before the other; one that has ended was.
fn is_earlier(one: Option<ProcessId>, other: Option<ProcessId>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.start_time < other.start_time,
        (None, Some(_)) => true,
        (_, None) => false,
    }
}
