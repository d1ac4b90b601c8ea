//! How a run looks on the wire.

use super::agent::held_name;
use crate::model::rights::Verb;
use crate::model::workflow::{OpState, Outcome};
use crate::services::{Request, ServiceError, World};
use crate::store::workflows::{self as rows, Op, Run, Told};
use crate::wire::time::rfc3339;
use crate::wire::workflow::{AgentView, FailureView, RunAnswer, RunView, ScriptView, Usage};

/// Lines that are looked through for phases and warnings.
pub(super) const LINES: u32 = 12_000;

/// The run `id`.
pub async fn status(world: &World, request: &Request, id: &str) -> Result<RunAnswer, ServiceError> {
    super::load(world, request, Verb::ReadStatus, id).await?;
    answer(world, id).await
}

/// The script of the run `id`.
pub async fn script(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<ScriptView, ServiceError> {
    let run = super::load(world, request, Verb::ReadOutput, id).await?;
    Ok(ScriptView {
        name: run.name,
        source: "run".to_owned(),
        file: run.file,
        state: "ok".to_owned(),
        description: String::new(),
        when_to_use: None,
        phases: Vec::new(),
        shadowed: false,
        script: Some(run.script),
    })
}

pub(super) async fn answer(world: &World, id: &str) -> Result<RunAnswer, ServiceError> {
    let wanted = id.to_owned();
    let read = world.store.read(move |db| {
        let run = rows::find(db, &wanted)?;
        Ok((run, rows::ops(db, &wanted)?, rows::told(db, &wanted, LINES)?))
    });
    let (run, ops, told) = read.await?;
    let missing = || ServiceError::NotFound { what: "workflow run", id: id.to_owned() };
    let run = view(world, &run.ok_or_else(missing)?, &ops, &told);
    Ok(RunAnswer { run, notices: Vec::new() })
}

pub(super) fn view(world: &World, run: &Run, ops: &[Op], told: &[Told]) -> RunView {
    let agents = ops.iter().filter(|op| op.kind == "agent");
    let agents = agents.map(|op| agent(world, &run.id, op)).collect();
    let state = match run.state {
        crate::model::workflow::RunState::Running if run.paused => "paused",
        state => state.as_str(),
    };
    RunView {
        run_id: run.id.clone(),
        project: run.project.clone(),
        name: run.name.clone(),
        state: state.to_owned(),
        created_at: rfc3339(run.created_at),
        finished_at: run.finished_at.map(rfc3339),
        resumed_from: run.resumed_from.clone(),
        phases: phases(told),
        agents,
        usage: usage(world, run, ops),
    }
}

fn agent(world: &World, run: &str, op: &Op) -> AgentView {
    let end = op.finished_at.unwrap_or_else(|| world.now());
    let label = || match &op.phase {
        Some(phase) => format!("{phase} agent {}", op.seq),
        None => format!("agent {}", op.seq),
    };
    AgentView {
        seq: op.seq,
        label: op.label.clone().unwrap_or_else(label),
        phase: op.phase.clone(),
        state: op.state.as_str().to_owned(),
        attempt: op.attempt,
        session: op.session.clone(),
        failure: failure(op).map(|failure| failure.message),
        waits: world.breakers.held(&held_name(run, op.seq)),
        cached_from: op.cached_from.clone(),
        site: op.site.clone(),
        key: op.key.clone(),
        output_tokens: op.output_tokens,
        tool_calls: op.tool_calls,
        cost_usd: op.cost,
        tainted: op.tainted,
        duration_ms: op.started_at.map(|at| end.since(at)),
    }
}

/// Why an agent came to nothing.
pub(super) fn failure(op: &Op) -> Option<FailureView> {
    let (kind, message) = match op.outcome.as_ref()? {
        Outcome::Value { .. } => return None,
        Outcome::Nothing { why, message } => (why, message),
        Outcome::Error { name, message } => (name, message),
    };
    Some(FailureView {
        seq: Some(op.seq),
        label: op.label.clone().unwrap_or_else(|| format!("agent {}", op.seq)),
        kind: kind.clone(),
        message: message.clone(),
    })
}

/// Phases in the order in which they came up.
pub(super) fn phases(told: &[Told]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for title in told.iter().filter(|t| t.kind == "phase").filter_map(|t| t.body["title"].as_str())
    {
        if !found.iter().any(|known| known == title) {
            found.push(title.to_owned());
        }
    }
    found
}

/// What the run used.
pub(super) fn usage(world: &World, run: &Run, ops: &[Op]) -> Usage {
    let agents = || ops.iter().filter(|op| op.kind == "agent");
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Usage {
        agents: count(agents().filter(|op| op.attempt > 0).count()),
        cached: count(agents().filter(|op| op.state == OpState::Cached).count()),
        output_tokens: agents().map(|op| op.output_tokens).sum(),
        tool_calls: agents().map(|op| op.tool_calls).sum(),
        cost_usd: agents().fold(0.0, |sum, op| sum + op.cost),
        duration_ms: run.finished_at.unwrap_or_else(|| world.now()).since(run.created_at),
    }
}
