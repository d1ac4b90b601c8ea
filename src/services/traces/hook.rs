//! What a hook's event says of tool calls, turns and tokens. Prepared before the event's
//! transaction, for it may write files; applied within it.

use std::path::PathBuf;

use serde_json::Value;

use crate::agents::ToolReport;
use crate::model::ids::Timestamp;
use crate::model::trace::{Outcome, Sighting, Source};
use crate::model::usage::{Provider, Tokens, read};
use crate::services::World;
use crate::store::sessions::Session;
use crate::store::traces::{self, Teller};
use crate::store::usage::{self, Counted};
use crate::store::{Change, StoreError};
use crate::wire::hook::Hook;

use super::keep::Keeper;

/// An event, as far as traces go.
pub struct HookTrace {
    chat: Option<String>,
    turn: Option<String>,
    at: Timestamp,
    says: Says,
    /// The transcripts that have something new now.
    pub transcripts: Vec<PathBuf>,
}

enum Says {
    Nothing,
    Prompt,
    Call(Box<Sighting>),
    /// A call was not allowed: it has no other end.
    Refusal(Box<Sighting>),
    TurnEnd(Option<Counted>),
}

/// Takes the event apart. Blocks on the disk where a body is large.
#[must_use]
pub fn of_hook(world: &World, session: &Session, hook: &Hook, at: Timestamp) -> HookTrace {
    let (event, data) = (hook.event.as_str(), &hook.data);
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let says = match event {
        "prompt-submitted" => Says::Prompt,
        "tool-started" | "tool-ended" => match call(event, data, at) {
            Some(report) => {
                let keeper = Keeper::of(world, session);
                let source =
                    if text("source") == Some("stream") { Source::Stream } else { Source::Hook };
                Says::Call(Box::new(keeper.sighting(report, source)))
            }
            None => Says::Nothing,
        },
        "permission-settled" if text("decision") == Some("deny") => match call(event, data, at) {
            Some(report) => {
                let sighting = Keeper::of(world, session).sighting(report, Source::Hook);
                Says::Refusal(Box::new(sighting))
            }
            None => Says::Nothing,
        },
        "turn-ended" => Says::TurnEnd(counted(session, hook, at)),
        _ => Says::Nothing,
    };
    let transcripts = ["transcript", "chain_transcript"].into_iter().filter_map(text);
    HookTrace {
        chat: text("conversation_id").map(str::to_owned),
        turn: text("turn").map(str::to_owned),
        at,
        says,
        transcripts: transcripts.map(PathBuf::from).collect(),
    }
}

fn call(event: &str, data: &Value, at: Timestamp) -> Option<ToolReport> {
    let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    // A payload that was too large to be read says nothing of its call.
    let call_id = text("call_id").filter(|id| !id.is_empty())?;
    let mut report = ToolReport {
        call_id,
        tool: text("tool").filter(|tool| !tool.is_empty()),
        chain: text("chain"),
        parent: text("parent"),
        message: text("message"),
        ..ToolReport::default()
    };
    if event == "tool-started" {
        report.input = data.get("input").cloned();
        report.started_at = Some(at);
    } else if event == "permission-settled" {
        // What was to be allowed may have a name of its own.
        report.tool = None;
        report.finished_at = Some(at);
        report.outcome = Some(Outcome::Denied);
    } else {
        report.output = data.get("output").cloned();
        report.error = text("error");
        report.finished_at = Some(at);
        report.run_ms = data.get("run_ms").and_then(Value::as_u64);
        let failed = report.error.is_some();
        report.outcome = Some(if failed { Outcome::Error } else { Outcome::Ok });
    }
    Some(report)
}

/// The tokens that the end of a turn tells of: in the neutral form, or with `provider` in that
/// provider's own. A sum over the turn's calls, unless it says `"exact": true`.
fn counted(session: &Session, hook: &Hook, at: Timestamp) -> Option<Counted> {
    let usage = hook.data.get("usage")?;
    let text = |name: &str| usage.get(name).and_then(Value::as_str);
    let provider = match text("provider") {
        Some(name) => Provider::parse(name)?,
        None => Provider::Neutral,
    };
    let tokens: Tokens = read(provider, usage)?;
    // The same event read again, from a spool, is the same call.
    let id = || match &hook.id {
        Some(id) => format!("turn:{id}"),
        None => format!("turn:{}:{}", session.generation, at.0),
    };
    Some(Counted {
        message: text("message").map_or_else(id, str::to_owned),
        chain: text("chain").map(str::to_owned),
        model: text("model").unwrap_or_default().to_owned(),
        at,
        tokens,
        exact: usage["exact"] == true,
        source: Source::Hook.as_str(),
    })
}

/// Writes what the event says.
pub fn apply(change: &Change<'_>, session: &Session, trace: HookTrace) -> Result<(), StoreError> {
    let teller = Teller::of(session, trace.chat.as_deref());
    let (id, turn) = (session.id.as_str(), trace.turn.as_deref());
    match trace.says {
        Says::Nothing => Ok(()),
        Says::Prompt => traces::open_turn(change, id, turn, trace.at).map(drop),
        Says::Call(seen) => traces::see(change, &teller, turn, *seen),
        Says::Refusal(seen) => traces::see_more(change, &teller, *seen),
        Says::TurnEnd(call) => {
            if let Some(call) = call {
                usage::count(change, &teller, turn, &call)?;
            }
            traces::close_turn(change, id, turn, trace.at).map(drop)
        }
    }
}
