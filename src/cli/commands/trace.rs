//! `ao trace`: what an agent's tools did, turn by turn.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::traces;
use crate::client::{Client, Followed, Follower, Target};
use crate::wire::event::EventQuery;
use crate::wire::trace::{TraceAnswer, TraceList, TraceQuery, TraceView};

/// Show the tool calls of a session, turn by turn, with times and tokens
///
/// Each call has its number, how it went, how long it took and, where the agent tells, the tokens
/// of the model's message that asked for it. The bars show when in its turn a call ran. With a
/// number instead of a session's id one call is shown with all that went in and came out. Secrets
/// are taken out before anything is kept.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The session's id, or the number of a call [default: all sessions of the project]
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: Option<String>,
    /// Then go on with what comes
    #[arg(short, long, conflicts_with = "before")]
    pub follow: bool,
    /// Only of this turn
    #[arg(long, value_name = "NUMBER")]
    pub turn: Option<u32>,
    /// Only of this tool
    #[arg(long, value_name = "NAME")]
    pub tool: Option<String>,
    /// Only with this outcome: running, ok, error, denied, unknown
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<String>,
    /// At most this many, the newest [default: 100]
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<u32>,
    /// Only calls with a smaller number: the page before
    #[arg(long, value_name = "NUMBER")]
    pub before: Option<i64>,
}

/// Does it.
pub async fn run(args: TraceArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    // Ids of sessions begin with a project's prefix; one of digits alone still has a dash.
    if let Some(number) = args.id.as_deref().and_then(|id| id.parse::<i64>().ok()) {
        return one(&client, number, context).await;
    }
    let project = match &args.id {
        Some(_) => None,
        None => context.project_if_any(&client).await?,
    };
    let query = TraceQuery {
        session: args.id,
        project,
        turn: args.turn,
        tool: args.tool,
        outcome: args.outcome,
        before: args.before,
        after: None,
        limit: args.limit,
    };
    // From before the list on, so that nothing falls between the two.
    let follower = match args.follow {
        true => Some(Follower::begin(client.clone(), events_of(&query)).await?),
        false => None,
    };
    let list: TraceList = client.get(&target(&query)).await?;
    show(&list, follower.is_some(), context)?;
    match follower {
        Some(follower) => go_on(follower, &client, &query, context).await,
        None => Ok(()),
    }
}

async fn one(client: &Client, number: i64, context: &Context) -> Result<(), Failure> {
    let answer: TraceAnswer = client.get(&Target::new(&["traces", &number.to_string()])).await?;
    let id = answer.trace.id.to_string();
    context.out.result(&answer, &[&id], || traces::detail(&context.out, &answer.trace))
}

fn show(list: &TraceList, follows: bool, context: &Context) -> Result<(), Failure> {
    if context.out.json && follows {
        return list.traces.iter().try_for_each(|trace| context.out.line(&compact(trace)));
    }
    let numbers: Vec<String> = list.traces.iter().map(|trace| trace.id.to_string()).collect();
    let ids: Vec<&str> = numbers.iter().map(String::as_str).collect();
    context.out.result(list, &ids, || {
        if list.traces.is_empty() && !follows {
            return context.out.line("no tool calls");
        }
        context.out.text(&traces::tree(list, &context.out))?;
        match list.next_before {
            Some(before) => context.out.line(&format!("older ones: --before {before}")),
            None => Ok(()),
        }
    })
}

/// A line for each call that begins or ends; as JSON the whole call each time.
async fn go_on(
    mut follower: Follower,
    client: &Client,
    query: &TraceQuery,
    context: &Context,
) -> Result<(), Failure> {
    let out = &context.out;
    loop {
        out.flush()?;
        let Followed::Event(event) = follower.next().await? else { continue };
        let Some(number) = event.data["trace"].as_i64() else { continue };
        let target = Target::new(&["traces", &number.to_string()]);
        let answer: TraceAnswer = client.get(&target).await?;
        let trace = &answer.trace;
        if !is_wanted(trace, query) {
            continue;
        }
        if out.json {
            out.line(&compact(trace))?;
        } else if out.quiet {
            out.line(&number.to_string())?;
        } else {
            out.text(&traces::line(trace, out))?;
        }
    }
}

fn is_wanted(trace: &TraceView, query: &TraceQuery) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|w| w == found);
    query.turn.is_none_or(|turn| turn == trace.turn)
        && is(&query.tool, &trace.tool)
        && is(&query.outcome, &trace.outcome)
}

fn events_of(query: &TraceQuery) -> EventQuery {
    EventQuery {
        follow: true,
        project: query.project.clone(),
        session: query.session.clone(),
        kind: Some("tool_trace".to_owned()),
        ..EventQuery::default()
    }
}

fn target(query: &TraceQuery) -> Target {
    Target::new(&["traces"])
        .with("session", query.session.as_deref())
        .with("project", query.project.as_deref())
        .with("turn", query.turn.map(|n| n.to_string()))
        .with("tool", query.tool.as_deref())
        .with("outcome", query.outcome.as_deref())
        .with("before", query.before.map(|n| n.to_string()))
        .with("limit", query.limit.map(|n| n.to_string()))
}

fn compact(value: &impl serde::Serialize) -> String {
    // Views of the wire always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}
