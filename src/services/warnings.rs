//! What the noise guard has held back and a person should know of, in a sentence each. Part of the
//! status of a project.

use std::collections::BTreeMap;

use crate::services::{ServiceError, World};
use crate::store::{messages, notices};

/// The warnings of a project.
pub(super) async fn warnings(world: &World, project: String) -> Result<Vec<String>, ServiceError> {
    let (stopped, capped) = world
        .store
        .read(move |db| {
            let mut stopped = messages::stopped(db)?;
            stopped.retain(|message| message.project == project);
            Ok((stopped, notices::capped(db, &project)?))
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
    Ok(answering.chain(over_cap).collect())
}
