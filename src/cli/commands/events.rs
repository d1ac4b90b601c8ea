//! `ao events`: the journal.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::events;
use crate::client::{Client, Followed, Follower, Target};
use crate::wire::event::{EventList, EventQuery, Gap};

/// Print the journal's events
///
/// As JSON each event is a line of its own when following, else {"events": […]}.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Go on with what comes, also over a restart of the supervisor
    #[arg(short, long)]
    pub follow: bool,
    /// Only events after this number
    #[arg(long, value_name = "SEQ")]
    pub since: Option<u64>,
    /// Only this session's
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub session: Option<String>,
    /// Only kinds that begin with this: session, message.accepted …
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// At most this many [default: 100]
    #[arg(long, value_name = "NUMBER", conflicts_with = "follow")]
    pub limit: Option<u32>,
}

/// Does it.
pub async fn run(args: EventsArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let query = EventQuery {
        since: args.since,
        follow: args.follow,
        project: context.global.project.clone(),
        session: args.session,
        kind: args.kind,
        limit: args.limit,
    };
    if args.follow {
        follow(client, query, context).await
    } else {
        list(&client, query, context).await
    }
}

async fn list(client: &Client, query: EventQuery, context: &Context) -> Result<(), Failure> {
    let target = Target::new(&["events"])
        .with("since", query.since.map(|seq| seq.to_string()))
        .with("project", query.project)
        .with("session", query.session)
        .with("kind", query.kind)
        .with("limit", query.limit.map(|limit| limit.to_string()));
    let list: EventList = client.get(&target).await?;
    let numbers: Vec<String> = list.events.iter().map(|event| event.seq.to_string()).collect();
    let ids: Vec<&str> = numbers.iter().map(String::as_str).collect();
    context.out.result(&list, &ids, || {
        if let Some(gap) = list.gap {
            context.out.line(&gap_line(gap))?;
        }
        list.events.iter().try_for_each(|event| context.out.line(&events::line(event)))
    })
}

fn gap_line(gap: Gap) -> String {
    format!("events {} to {} are no longer kept", gap.from, gap.to)
}

/// Prints events as they come, until the caller or the supervisor's answer ends.
pub async fn follow(client: Client, query: EventQuery, context: &Context) -> Result<(), Failure> {
    let mut follower = Follower::begin(client, query).await?;
    let out = &context.out;
    loop {
        match follower.next().await? {
            // One line each, on a terminal too: a stream is read line by line.
            Followed::Event(event) if out.json => out.line(&compact(&event))?,
            Followed::Gap(gap) if out.json => {
                out.line(&compact(&serde_json::json!({"gap": gap})))?
            }
            Followed::Event(event) if out.quiet => out.line(&event.seq.to_string())?,
            Followed::Event(event) => out.line(&events::line(&event))?,
            Followed::Gap(gap) => out.line(&gap_line(gap))?,
        }
        out.flush()?;
    }
}

fn compact(value: &impl serde::Serialize) -> String {
    // Views of the wire always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}
