//! An agent of a run as a session of its own: started once for each attempt, waited for, its
//! worktree taken away again where nothing was left in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::driver::{Driver, Told};
use crate::agents::oneshot;
use crate::model::workflow::{AgentCall, Isolation, Outcome};
use crate::services::{ServiceError, World, headless};
use crate::wire::session::{AgentChoice, OneShotSpawn, Spawn};

/// Longest label of a session in characters.
const LABEL: usize = 80;

/// What an attempt came to.
pub(super) struct Finished {
    /// Its result, or why there is none.
    pub(super) ended: oneshot::Ended,
    /// An error for the script, where it could not even begin.
    pub(super) error: Option<Outcome>,
    /// The branch on which its work was kept.
    pub(super) branch: Option<String>,
    /// What a person should know.
    pub(super) lines: Vec<String>,
}

impl Finished {
    /// An end with nothing more to say.
    pub(super) fn plain(ended: oneshot::Ended) -> Self {
        Self { ended, error: None, branch: None, lines: Vec::new() }
    }
}

/// An attempt that runs in a session.
pub(super) struct Attempt {
    pub(super) run: String,
    pub(super) seq: u64,
    pub(super) attempt: u32,
    pub(super) spawn: Spawn,
    pub(super) teller: mpsc::UnboundedSender<Told>,
}

impl Attempt {
    /// Starts it, or finds what an earlier supervisor has started, and tells what became of it.
    pub(super) async fn follow(self, world: Arc<World>) {
        let isolated = headless::is_isolated(&self.spawn);
        let finished = match self.start(&world).await {
            Ok(id) => {
                // The driver may be gone; the next one finds the session by its key.
                let _ = self.teller.send(Told::Session(self.seq, id.clone()));
                end(&world, &id, isolated).await
            }
            Err(error) => Ok(not_begun(&error, isolated)),
        };
        let finished = finished.unwrap_or_else(|error: ServiceError| {
            Finished::plain(oneshot::Ended::nothing("crash", error.to_string()))
        });
        let _ = self.teller.send(Told::Ended(self.seq, Box::new(finished)));
    }

    /// The session's id. The same attempt is the same session, however often it is asked for.
    async fn start(&self, world: &Arc<World>) -> Result<String, ServiceError> {
        headless::start_once(world, &self.key(), &self.spawn).await
    }

    /// Ends it, also where it was asked for and its id was never told.
    pub(super) async fn cancel(&self, world: &Arc<World>) -> Result<(), ServiceError> {
        headless::cancel_once(world, &self.key(), &self.spawn).await
    }

    fn key(&self) -> String {
        format!("workflow {} {} {}", self.run, self.seq, self.attempt)
    }
}

fn not_begun(error: &ServiceError, isolated: bool) -> Finished {
    let is_worktree =
        isolated && matches!(error, ServiceError::Launch { .. } | ServiceError::Workspace(_));
    let text = error.to_string();
    let outcome = is_worktree.then(|| Outcome::error("WorktreeError", text.clone()));
    let ended = oneshot::Ended::nothing("not_started", text);
    Finished { error: outcome, ..Finished::plain(ended) }
}

async fn end(world: &Arc<World>, id: &str, isolated: bool) -> Result<Finished, ServiceError> {
    let ended = headless::wait(world, id).await?;
    let mut finished = Finished { lines: ended.warnings.clone(), ..Finished::plain(ended) };
    if isolated && let Some((branch, line)) = headless::tidy(world, id).await? {
        finished.branch = Some(branch);
        finished.lines.push(line);
    }
    Ok(finished)
}

impl Driver {
    /// Whether the call's agent is a session: one that has a name, a worktree, or is to be seen.
    pub(super) fn in_session(&self, call: &AgentCall) -> bool {
        call.agent.is_some() || call.isolation.is_some() || self.options.show
    }

    /// The present attempt of the operation.
    pub(super) fn attempt(&self, seq: u64, root: &std::path::Path) -> Attempt {
        let entry = &self.table.all[&seq];
        let call = entry.call.clone().unwrap_or_default();
        let mut env: BTreeMap<String, String> = self.options.env.clone();
        let path = env.remove("PATH");
        let is_command = call.agent.is_none();
        let label = call.label.clone().unwrap_or_else(|| format!("agent {seq}"));
        let spawn = Spawn {
            project: self.run.project.clone(),
            choice: AgentChoice {
                command: call.agent.is_none().then(|| self.options.command.clone()).flatten(),
                permission: headless::permission(
                    &self.world,
                    call.agent.as_deref(),
                    call.capabilities.as_deref(),
                ),
                model: call.agent.as_ref().and(call.model.clone()),
                agent: call.agent.clone(),
            },
            prompt: Some(super::agent::prompt(&call, root)),
            label: Some(format!("{} {label}", self.run.name).chars().take(LABEL).collect()),
            deliver: Some("on_demand".to_owned()),
            path,
            env,
            queue: true,
            one_shot: Some(OneShotSpawn {
                folder: match call.isolation {
                    Some(Isolation::Worktree) => None,
                    None => Some(root.display().to_string()),
                },
                schema: call.schema.clone(),
                max_tool_calls: call.max_tool_calls,
                timeout_ms: call.timeout_ms,
                effort: call.effort.clone(),
                role: call.role_text().map(str::to_owned),
                model: call.model.clone().filter(|_| is_command),
                capabilities: call.capabilities.clone().filter(|_| is_command),
                max_result: None,
            }),
            ..Spawn::default()
        };
        Attempt {
            run: self.run.id.clone(),
            seq,
            attempt: entry.attempt,
            spawn,
            teller: self.teller.clone(),
        }
    }
}

/// What the call asks for, for a command to heed.
pub(super) fn asked(call: &AgentCall) -> Vec<(&'static str, String)> {
    let mut asked = Vec::new();
    let mut put = |name, value: Option<String>| asked.extend(value.map(|value| (name, value)));
    put("AO_MODEL", call.model.clone());
    put("AO_EFFORT", call.effort.clone());
    put("AO_CAPABILITIES", call.capabilities.as_ref().map(|all| all.join(",")));
    asked
}
