//! One session's tokens, turn by turn, with the shape of each turn's prompt.

use std::collections::{BTreeMap, HashMap};

use crate::model::rights::Verb;
use crate::model::usage::{Prefix, Tokens};
use crate::services::{Request, ServiceError, World, sessions};
use crate::store::usage::{self, ModelCall};
use crate::wire::usage::{BreakView, SessionUsage, TurnUsage};

use super::sums::{add_tokens, empty, prices};

/// Most calls that are looked at, the newest: thousands of turns.
const MOST: u32 = 20_000;

/// The session's turns and their sum.
pub async fn of_session(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<SessionUsage, ServiceError> {
    let session = sessions::load(world, id).await?;
    request.allow(world, Verb::ReadOutput, session.target()).await?;
    let name = session.id.to_string();
    let calls = world.store.read(move |db| usage::calls(db, &name, MOST)).await?;
    let prices = prices(world).await?;
    let mut total = empty("total");
    for call in &calls {
        total.calls += 1;
        total.exact &= call.exact;
        total.cache_breaks += u64::from(call.cache_break.is_some());
        add_tokens(&mut total, &call.model, &call.tokens, &prices);
    }
    total.hit_rate = total.tokens.hit_rate();
    let turns = turns(&calls);
    total.turns = turns.len() as u64;
    Ok(SessionUsage { session: session.id.to_string(), turns, total })
}

fn turns(calls: &[ModelCall]) -> Vec<TurnUsage> {
    let mut turns = BTreeMap::<u32, TurnUsage>::new();
    let mut prefixes = HashMap::<Option<&str>, Prefix>::new();
    for call in calls {
        let turn = turns.entry(call.turn).or_default();
        turn.turn = call.turn;
        turn.calls += 1;
        turn.tokens += call.tokens;
        if call.exact && call.chain.is_empty() {
            let chat = call.chat.as_deref();
            let is_first = !prefixes.contains_key(&chat);
            let prefix = *prefixes.entry(chat).or_insert(Prefix::of_first(&call.tokens));
            turn.shape = Some(prefix.shape(&call.tokens, is_first));
        }
        turn.cache_breaks.extend(call.cache_break.as_deref().and_then(broken));
    }
    let mut so_far = Tokens::default();
    let mut turns: Vec<TurnUsage> = turns.into_values().collect();
    for turn in &mut turns {
        so_far += turn.tokens;
        turn.cumulative = so_far;
        turn.hit_rate = turn.tokens.hit_rate();
    }
    turns
}

fn broken(text: &str) -> Option<BreakView> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Timestamp;

    fn call(turn: u32, chain: &str, read: u64, write: u64) -> ModelCall {
        ModelCall {
            turn,
            chat: Some("c".into()),
            chain: chain.into(),
            model: "m".into(),
            at: Timestamp(0),
            tokens: Tokens { input: 10, cache_read: read, cache_write: write, ..Tokens::default() },
            exact: true,
            cache_break: None,
        }
    }

    #[test]
    fn turns_add_up_and_have_the_shape_of_their_last_prompt() {
        let calls = [
            call(1, "", 0, 5000),
            call(1, "", 5000, 400),
            call(1, "agent", 0, 900),
            call(2, "", 5400, 100),
        ];
        let turns = turns(&calls);
        assert_eq!(turns.len(), 2);
        assert_eq!((turns[0].calls, turns[0].tokens.cache_write), (3, 6300));
        let shape = turns[0].shape.unwrap();
        assert_eq!((shape.prefix, shape.history, shape.fresh), (5000, 0, 410));
        let shape = turns[1].shape.unwrap();
        assert_eq!((shape.prefix, shape.history, shape.fresh), (5000, 400, 110));
        assert_eq!(turns[1].cumulative.prompt(), 4 * 10 + 5000 + 5400 + 900 + 5500);
    }
}
