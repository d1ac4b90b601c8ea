//! The end of a run: by its script, by a limit, or by a person.

use tokio::time::{Duration, Instant, timeout_at};

use super::driver::{Driver, Over};
use crate::model::workflow::{OpState, RunState};
use crate::script::{FromHost, ToHost};
use crate::services::ServiceError;
use crate::store::workflows as rows;

/// How long agents that the script did not wait for may still take, and its `finally` blocks.
const GRACE: Duration = Duration::from_secs(2);

impl Driver {
    /// The script is over; so are, soon, the agents that it did not wait for.
    pub(super) async fn complete(&mut self, outcome: Over) -> Result<(), ServiceError> {
        if let Some(host) = self.host.take() {
            host.kill().await;
        }
        let until = Instant::now() + GRACE;
        while outcome.is_ok() && !self.busy.is_empty() {
            let Ok(Some(told)) = timeout_at(until, self.next_told()).await else { break };
            self.take(told).await?;
        }
        self.end_agents().await;
        let run = self.run.id.clone();
        let events = std::mem::take(&mut self.events);
        let unused = self.unused();
        self.write(move |change| {
            for (n, kind, body) in &events {
                rows::tell(change, &run, *n, kind, body)?;
            }
            if let Some((kind, line)) = unused {
                rows::note(change, &run, kind, &serde_json::json!({ "line": line }))?;
            }
            rows::abandon(change, &run, None, OpState::Abandoned)?;
            match outcome {
                Ok(json) => {
                    rows::finish_run(change, &run, RunState::Completed, json.as_deref(), None)
                }
                Err(fault) => {
                    let fault = serde_json::to_string(&fault).expect("a fault is plain JSON");
                    rows::finish_run(change, &run, RunState::Failed, None, Some(&fault))
                }
            }
        })
        .await
    }

    /// What was on record and the script did not ask for, as a line: strange where the same script was
    /// run again, to be expected where it was edited.
    fn unused(&self) -> Option<(&'static str, String)> {
        let counted = |count: usize| match count {
            1 => "1 recorded result was not asked for again".to_owned(),
            _ => format!("{count} recorded results were not asked for again"),
        };
        let own = self.table.all.values().filter(|entry| entry.is_unused()).count();
        if own > 0 {
            return Some(("warn", counted(own)));
        }
        let from = self.run.resumed_from.as_ref()?;
        let asked = |(key, ordinal): &(String, u32)| self.table.seq_of(key, *ordinal).is_some();
        let other = self.known.keys().filter(|place| !asked(place)).count();
        (other > 0).then(|| ("log", format!("{}, of {from}", counted(other))))
    }

    /// A person stops the run.
    pub(super) async fn cancel(&mut self) -> Result<(), ServiceError> {
        let run = self.run.id.clone();
        self.write(move |change| match rows::find(change.db(), &run)?.map(|run| run.state) {
            Some(RunState::Interrupted) => Ok(()),
            _ => rows::set_state(change, &run, RunState::Cancelling),
        })
        .await?;
        self.say_goodbye().await?;
        self.end_agents().await;
        let run = self.run.id.clone();
        self.write(move |change| {
            rows::abandon(change, &run, None, OpState::Cancelled)?;
            rows::set_state(change, &run, RunState::Cancelled)
        })
        .await
    }

    /// Rejects what the script waits for, and lets it clean up after itself.
    async fn say_goodbye(&mut self) -> Result<(), ServiceError> {
        let Some(mut host) = self.host.take() else { return Ok(()) };
        let abort = ToHost::Abort { reason: "the run was stopped".to_owned() };
        let until = Instant::now() + GRACE;
        let heard = async {
            host.send(&abort).await?;
            while let Some(message) = host.next().await? {
                match message {
                    FromHost::Event { n, kind, payload } => self.events.push((n, kind, payload)),
                    FromHost::Done { .. } => break,
                    _ => {}
                }
            }
            Ok::<(), std::io::Error>(())
        };
        // One that does not listen is killed.
        let _ = timeout_at(until, heard).await;
        host.kill().await;
        self.calls.clear();
        self.issue_calls().await
    }

    /// Ends every agent of the run.
    async fn end_agents(&mut self) {
        let busy: Vec<u64> = std::mem::take(&mut self.busy).into_keys().collect();
        for entry in self.table.all.values_mut() {
            if let Some(task) = entry.task.take() {
                task.abort();
            }
        }
        for seq in busy {
            self.end_processes(seq).await;
        }
    }

    pub(super) async fn next_told(&mut self) -> Option<super::driver::Told> {
        self.told.recv().await
    }
}
