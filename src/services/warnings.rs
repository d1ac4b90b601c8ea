//! What waits for a person, in a sentence each: what the noise guard has held back, and workflows
//! that were cut off. Part of the status of a project.

use std::collections::BTreeMap;

use crate::model::workflow::RunState;
use crate::services::{ServiceError, World};
use crate::store::{messages, notices, workflows};

/// The warnings of a project.
pub(super) async fn warnings(world: &World, project: String) -> Result<Vec<String>, ServiceError> {
    let (stopped, capped, runs) = world
        .store
        .read(move |db| {
            let mut stopped = messages::stopped(db)?;
            stopped.retain(|message| message.project == project);
            let mut runs = workflows::by_state(db)?;
            runs.retain(|run| run.project == project && run.state == RunState::Interrupted);
            Ok((stopped, notices::capped(db, &project)?, runs))
        })
        .await?;
    let mut pairs: BTreeMap<[String; 2], u32> = BTreeMap::new();
    for message in stopped {
        let mut pair = [message.sender, message.recipient.to_string()];
        pair.sort();
        *pairs.entry(pair).or_default() += 1;
    }
    let answering = pairs.into_iter().map(|([first, second], count)| {
        format!(
            "{first} and {second} only answer each other: messages held ({count}) until you send \
             one of them something, or one of them commits"
        )
    });
    let over_cap = capped.into_iter().map(|capped| {
        format!(
            "{} has had as many automatic messages as it may in a day (setting noise.daily_cap): \
             reports waiting ({})",
            capped.recipient, capped.waiting
        )
    });
    let cut_off = runs.into_iter().map(|run| {
        format!(
            "the workflow {} ({}) was cut off: `ao workflow resume {}` goes on with it, \
             `ao workflow stop {}` ends it",
            run.id, run.name, run.id, run.id
        )
    });
    Ok(answering.chain(over_cap).chain(cut_off).collect())
}
