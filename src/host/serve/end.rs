//! The end of the agent, of its tree, and of the host.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{WaitOptions, WaitStatus, wait};
use tokio::time::{Instant, timeout_at};
use tracing::{error, info, warn};

use crate::host::exit::{Exit, ExitRecord};
use crate::host::frame::{self, kind};
use crate::host::protocol::{Answer, HostEvent, Killed, Refusal, RefusalCode};
use crate::process::{self, Ended, ProcessError};

use super::deliver::Caller;
use super::host::{Host, Input, timestamp};
use super::outbox::Outbox;

/// What an agent leaves behind gets this long to end by itself.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// When the host itself is told to end.
const TERMINATE_GRACE: Duration = Duration::from_secs(5);

/// Longest grace that is waited for.
const MOST_GRACE: Duration = Duration::from_secs(600);

/// For processes to go after SIGKILL.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// For peers to read the last frames.
const GOODBYE: Duration = Duration::from_millis(500);

/// Lines of the screen that are kept with the exit.
const LAST_LINES: usize = 20;

/// Reads of output after the agent's end, of what lay in the terminal; a child that floods it must
/// not keep the host.
const MOST_READS: usize = 64;

/// An ending of processes that is through.
#[derive(Debug)]
pub struct Ending {
    why: Why,
    result: Result<Ended, ProcessError>,
}

#[derive(Debug, Clone, Copy)]
enum Why {
    /// A call.
    Kill(Caller),
    /// The host was told to end.
    Terminate,
    /// The agent has ended; this was what it left.
    Leftovers,
}

impl Host {
    /// Whether there is nothing left to serve.
    pub(super) fn is_over(&self) -> bool {
        self.exit.is_some() && self.tree.is_some() && self.endings == 0
    }

    /// Takes note of every child that has ended: the agent, and orphans that came to this process.
    pub(super) fn reap(&mut self) {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let is_agent = u32::try_from(pid.as_raw_nonzero().get()) == Ok(self.agent.pid);
            if is_agent && self.exit.is_none() && (status.exited() || status.signaled()) {
                self.agent_ended(status);
            }
        }
    }

    fn agent_ended(&mut self, status: WaitStatus) {
        self.drain();
        let exit = Exit {
            code: status.exit_status(),
            signal: status.terminating_signal(),
            last_lines: self.last_lines(),
            at: timestamp(),
        };
        info!(code = exit.code, signal = exit.signal, "the agent ended");
        self.exit = Some(exit);
        // A delivery under way is told before what it waits for is dropped.
        self.drive_delivery(Instant::now());
        self.queue.clear();
        // Written before the tree is ended: if the host is killed meanwhile, this is known.
        self.write_exit();
        self.end_processes(Why::Leftovers, LEFTOVER_GRACE);
    }

    /// What the programs had written before they ended.
    fn drain(&mut self) {
        let mut buffer = vec![0; 32 * 1024];
        let pty = Arc::clone(&self.pty);
        for _ in 0..MOST_READS {
            let Some(count) = pty.read_now(&mut buffer) else { return };
            self.output(&buffer[..count]);
        }
    }

    fn last_lines(&self) -> Vec<String> {
        let mut lines = self.screen.snapshot(false, LAST_LINES).lines;
        lines.retain(|line| !line.trim().is_empty());
        let cut = lines.len().saturating_sub(LAST_LINES);
        lines.split_off(cut)
    }

    fn write_exit(&self) {
        let Some(exit) = self.exit.clone() else { return };
        let record = ExitRecord {
            session: self.launch.session.clone(),
            generation: self.launch.generation,
            agent: self.agent,
            exit,
            left: self.tree.clone().unwrap_or_default(),
            tree_ended: self.tree.is_some(),
        };
        if let Err(e) = record.write(&self.launch.dir) {
            error!(error = %e, "the exit is not on disk");
        }
    }

    /// A call to end the agent and everything it started.
    pub(super) fn kill(&mut self, caller: Caller, grace: Duration) {
        self.end_processes(Why::Kill(caller), grace.min(MOST_GRACE));
    }

    /// The host itself is told to end: not without its session.
    pub(super) fn terminate(&mut self) {
        info!("told to end");
        self.end_processes(Why::Terminate, TERMINATE_GRACE);
    }

    fn end_processes(&mut self, why: Why, grace: Duration) {
        self.endings += 1;
        let (me, sender) = (self.me.pid, self.sender.clone());
        tokio::spawn(async move {
            let result = process::end(|| process::descendants(me), grace, AFTER_KILL).await;
            // The loop lives until every ending was told.
            let _ = sender.send(Input::Ended(Ending { why, result })).await;
        });
    }

    /// An ending is through.
    pub(super) fn ended(&mut self, ending: Ending) {
        self.endings -= 1;
        self.reap();
        match (ending.why, ending.result) {
            (Why::Kill(caller), Ok(ended)) => {
                let Ended { ended, left } = ended;
                let killed = Killed { ended, left, exit: self.exit.clone() };
                self.answer(caller, Ok(Answer::Killed(killed)));
            }
            (Why::Kill(caller), Err(e)) => {
                let refusal = Refusal::new(RefusalCode::Failed, e.to_string());
                self.answer(caller, Err(refusal));
            }
            (Why::Terminate, result) => {
                if let Err(e) = result {
                    error!(error = %e, "the tree could not be looked through");
                }
            }
            (Why::Leftovers, Ok(ended)) => self.tree_ended(ended),
            (Why::Leftovers, Err(e)) => {
                // Nothing can be said about what is left, so `tree_ended` stays false on disk.
                error!(error = %e, "the tree could not be looked through");
                self.tree = Some(Vec::new());
            }
        }
    }

    fn tree_ended(&mut self, ended: Ended) {
        if !ended.left.is_empty() {
            warn!(left = ?ended.left, "processes could not be ended");
        }
        self.drain();
        self.tree = Some(ended.left);
        self.write_exit();
    }

    /// Tells everybody and waits for them to read it, a moment.
    pub(super) async fn say_goodbye(&mut self) {
        let Some(exit) = self.exit.clone() else { return };
        self.drive_delivery(Instant::now());
        self.viewers.draw(&self.screen, Instant::now());
        self.tell(&HostEvent::Exited(exit.clone()));
        let last = Arc::new(frame::encode_json(kind::EXITED, &exit));
        let mut open: Vec<Outbox> = self.viewers.close(&last);
        for control in std::mem::take(&mut self.controls).into_values() {
            control.outbox.close();
            open.push(control.outbox);
        }
        let until = Instant::now() + GOODBYE;
        for outbox in open {
            if timeout_at(until, outbox.written()).await.is_err() {
                return;
            }
        }
    }
}
