//! A run that is paused goes on, with its budget raised where that is wanted.

use std::sync::Arc;

use super::approve::look_again;
use super::options::Options;
use crate::model::flow::{Budget, RunState};
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::flows as rows;
use crate::wire::flow::{Resume, RunAnswer};

/// Goes on. A budget that is still used up is an error, and nothing changes.
pub async fn resume(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    asked: Resume,
) -> Result<RunAnswer, ServiceError> {
    let run = super::load(world, request, Verb::Spawn, id).await?;
    if run.state.is_over() || run.state == RunState::Cancelling {
        let reason = run.state.as_str().to_owned();
        return Err(ServiceError::Ended { id: run.id, reason });
    }
    let mut options: Options = serde_json::from_str(&run.options).unwrap_or_default();
    let Resume { tokens, money, agents, wall_s } = asked;
    options.budget = options.budget.raised(&Budget { tokens, money, agents, wall_s });
    let (budget, now) = (&options.budget, world.now());
    let over = budget.over_time(run.created_at, now);
    if let Some(reason) = over.or_else(|| budget.used_up(&run.spent)) {
        let raise = budget.raise(&run.spent, now.since(run.created_at));
        return Err(ServiceError::UsedUp { id: run.id, reason, raise });
    }
    let (wanted, text) = (id.to_owned(), serde_json::to_string(&options));
    let text = text.expect("options are plain JSON");
    world
        .store
        .write(request.origin(world.now()), move |change| {
            rows::set_budget(change, &wanted, &text)?;
            match run.state {
                RunState::Paused => rows::set_state(change, &wanted, RunState::Running),
                _ => Ok(()),
            }
        })
        .await?;
    world.breakers.forgive_logins();
    look_again(world, id).await?;
    super::view::answer(world, id).await
}
