//! The tasks of a project, or of all.

use crate::model::board::State;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::tasks::{self, Filter};
use crate::wire::task::{TaskList, TaskQuery};

use super::view;

/// Tasks in an answer when the caller names no limit.
const PAGE: u32 = 200;
/// Most tasks in one answer.
const MOST: u32 = 2000;

/// A page of tasks, in the order of their ids.
pub async fn list(
    world: &World,
    request: &Request,
    query: TaskQuery,
) -> Result<TaskList, ServiceError> {
    let own = request.caller.member().map(|member| member.project.to_string());
    let project = match query.project.or(own) {
        Some(id) => Some(projects::load(world, &id).await?.id),
        None => None,
    };
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::Board, target).await?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let filter = Filter {
        project: project.map(|id| id.to_string()),
        state: query.state.as_deref().map(state).transpose()?,
        owner: query.owner,
        ready: query.ready,
        after: query.after,
    };
    let seen = world
        .store
        .read(move |db| {
            let found = tasks::list(db, &filter, limit)?;
            tasks::seen(db, found)
        })
        .await?;
    let is_full = seen.len() == limit as usize;
    let next_after = seen.last().filter(|_| is_full).map(|last| last.task.id);
    Ok(TaskList { tasks: seen.into_iter().map(view::view).collect(), next_after })
}

fn state(text: &str) -> Result<State, ServiceError> {
    State::parse(text).ok_or_else(|| {
        ServiceError::Usage(format!(
            "{text:?} is not a state: pending, running, done, failed or cancelled"
        ))
    })
}
