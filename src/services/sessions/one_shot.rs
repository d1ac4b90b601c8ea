//! What is particular about a session that does one task in its agent's headless mode: what it is
//! asked for, how it is launched, and what is kept of its outcome.

use std::path::Path;

use serde_json::json;

use crate::agents::LaunchPlan;
use crate::agents::oneshot::{self, Order, Verdict};
use crate::model::ids::SessionId;
use crate::model::session::{EFFORTS, OneShot};
use crate::model::workflow::Schema;
use crate::services::{ServiceError, World};
use crate::store::projects::Project;
use crate::store::sessions::{self as rows, Session};
use crate::store::{Change, Origin};
use crate::wire::session::OneShotSpawn;
use crate::workspace::{self, Head};

/// Longest time that a task may be given, in milliseconds: a day.
const MAX_TIMEOUT_MS: u64 = 24 * 60 * 60 * 1000;

/// A task that was checked.
pub(super) struct Task {
    pub(super) one_shot: OneShot,
    /// For one that shares a folder: that, and the branch that is checked out there.
    pub(super) place: Option<(String, String)>,
}

/// Checks what is asked for, before anything is made.
pub(super) async fn task(
    world: &World,
    project: &Project,
    asked: &OneShotSpawn,
) -> Result<Task, ServiceError> {
    if let Some(schema) = &asked.schema {
        Schema::compile(schema)
            .map_err(|error| ServiceError::Usage(format!("the schema cannot be used: {error}")))?;
    }
    let default = OneShot::default();
    let timeout_ms = asked.timeout_ms.unwrap_or(default.timeout_ms);
    if !(1..=MAX_TIMEOUT_MS).contains(&timeout_ms) {
        return Err(ServiceError::Usage("the time is from 1 ms to a day".to_owned()));
    }
    let place = match &asked.folder {
        Some(folder) => Some(place(world, project, folder).await?),
        None => None,
    };
    let one_shot = OneShot {
        shares_folder: place.is_some(),
        schema: asked.schema.clone(),
        max_tool_calls: asked.max_tool_calls,
        timeout_ms,
        effort: effort(asked.effort.as_deref())?,
        role: asked.role.clone(),
        model: asked.model.clone(),
        capabilities: asked.capabilities.clone(),
        max_result: asked.max_result,
    };
    Ok(Task { one_shot, place })
}

fn effort(asked: Option<&str>) -> Result<Option<String>, ServiceError> {
    match asked {
        Some(word) if !EFFORTS.contains(&word) => {
            let known = EFFORTS.join(", ");
            Err(ServiceError::Usage(format!("the effort is one of {known}, not {word:?}")))
        }
        word => Ok(word.map(str::to_owned)),
    }
}

/// A folder of the project's repository or of one of its worktrees, with its branch.
async fn place(
    world: &World,
    project: &Project,
    folder: &str,
) -> Result<(String, String), ServiceError> {
    let path = Path::new(folder);
    let facts = workspace::inspect(&world.git, path, Some(&project.default_branch)).await?;
    if facts.common_dir != Path::new(&project.common_dir) || !path.is_absolute() {
        let text = format!("{folder} is in no worktree of the project {}", project.id);
        return Err(ServiceError::Usage(text));
    }
    let branch = match facts.head {
        Head::Branch { name, .. } => name,
        Head::Detached { .. } | Head::Unborn => "-".to_owned(),
    };
    Ok((folder.to_owned(), branch))
}

/// Refuses an agent that has no one-shot mode.
pub(in crate::services) fn check_agent(world: &World, name: &str) -> Result<(), ServiceError> {
    let catalog = world.catalog();
    let manifest = catalog.get(name)?;
    if !manifest.has_one_shot() {
        let text = format!("{name} has no headless mode that ao knows");
        return Err(ServiceError::Usage(text));
    }
    Ok(())
}

/// The order for the process between the host and the agent. Written beside the launch file.
pub(super) fn order(
    world: &World,
    session: &Session,
    plan: &LaunchPlan,
    env: &std::collections::BTreeMap<String, String>,
) -> Option<Order> {
    let (one_shot, turns) = (session.one_shot.as_ref()?, plan.turns.as_ref()?);
    Some(Order {
        max_result: one_shot.max_result,
        is_run_time: false,
        is_data: false,
        version: 1,
        role: None,
        argv: plan.argv.clone(),
        cwd: session.worktree.clone().into(),
        env: env.clone(),
        prompt: [turns.preface.clone(), session.prompt.clone()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n\n"),
        schema: one_shot.schema.clone(),
        max_tool_calls: one_shot.max_tool_calls,
        timeout_ms: one_shot.timeout_ms,
        stall_ms: Some(world.settings.limits.agent_stall_s * 1000).filter(|ms| *ms > 0),
        form: turns.form.clone(),
        again: turns.again.clone(),
        knows_schema: turns.knows_schema,
        in_session: true,
    })
}

/// What the host starts: the process that carries out the order in `dir`.
pub(super) fn wrapped(world: &World, dir: &Path) -> Vec<String> {
    let words = [world.ao.display().to_string(), "one-shot".to_owned(), dir.display().to_string()];
    words.to_vec()
}

/// What the session's task has come to; nothing as long as it has left no word.
#[must_use]
pub fn outcome(world: &World, session: &Session) -> Option<oneshot::Ended> {
    session.one_shot.as_ref()?;
    oneshot::outcome(&world.paths.generation_dir(&session.id, session.generation))
}

/// Keeps what the task of a session that ends has come to: its result is in the records from then
/// on, and everybody who waits for it hears of it.
pub(super) async fn harvest(world: &World, id: &SessionId) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    let Some(ended) = outcome(world, &session) else { return Ok(()) };
    let (verdict, why) = match &ended.verdict {
        Verdict::Value { .. } => ("value", None),
        Verdict::Nothing { why, .. } => ("nothing", Some(why.clone())),
        Verdict::Unfit { .. } => ("unfit", None),
    };
    let data = json!({
        "verdict": verdict,
        "why": why,
        "tool_calls": ended.tool_calls,
        "tokens": ended.tokens,
        "warnings": ended.warnings,
    });
    let (result, id) = (result_text(&ended), id.clone());
    let origin = Origin { request_id: None, now: world.now() };
    let keep = move |change: &Change<'_>| rows::set_outcome(change, &id, result.as_deref(), &data);
    Ok(world.store.write(origin, keep).await?)
}

/// The text that `ao result` gives.
fn result_text(ended: &oneshot::Ended) -> Option<String> {
    let Verdict::Value { json } = &ended.verdict else { return None };
    match serde_json::from_str::<serde_json::Value>(json) {
        Ok(serde_json::Value::String(text)) => Some(text),
        _ => Some(json.clone()),
    }
}
