//! `ao messages`: every message with its state and why.

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde_json::json;

use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::messages;
use crate::client::{Client, Deadline, Target};
use crate::wire::event::EventQuery;
use crate::wire::message::{MessageAnswer, MessageList};

/// List messages with their state and its reason, or show one
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct MessagesArgs {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub list: ListArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List them (the default)
    List(ListArgs),
    /// Show one, with its text
    Show {
        /// The message's id
        #[arg(value_name = "MESSAGE")]
        id: String,
    },
    /// Send one again that is dead, expired, cancelled or uncertain; it gets a new id
    Retry {
        /// The message's id
        #[arg(value_name = "MESSAGE")]
        id: String,
        #[command(flatten)]
        key: Key,
    },
    /// Take one back that has not been written
    Drop {
        /// The message's id
        #[arg(value_name = "MESSAGE")]
        id: String,
    },
}

/// Which ones.
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only those to this session
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: Option<String>,
    /// The same as ID
    #[arg(long, value_name = "ID", conflicts_with = "id",
        add = ArgValueCandidates::new(candidates::sessions))]
    pub session: Option<String>,
    /// Only those in this state: queued, submitted, uncertain …
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// At most this many, the newest
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<u32>,
    /// Then go on with every change of a message's state, a line each
    #[arg(short, long, conflicts_with_all = ["state", "limit"])]
    pub follow: bool,
}

impl ListArgs {
    fn recipient(&self) -> Option<&String> {
        self.id.as_ref().or(self.session.as_ref())
    }
}

/// Does it.
pub async fn run(args: MessagesArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        None => list(&args.list, context).await,
        Some(Verb::List(args)) => list(&args, context).await,
        Some(Verb::Show { id }) => {
            let client = context.client().await?;
            let answer: MessageAnswer = client.get(&Target::new(&["messages", &id])).await?;
            let message = &answer.message;
            context.out.result(&answer, &[&message.id], || messages::detail(&context.out, message))
        }
        Some(Verb::Retry { id, key }) => {
            let client = context.client_with(&key).await?;
            change(&client, &id, "retry", context).await
        }
        Some(Verb::Drop { id }) => {
            let client = context.client().await?;
            change(&client, &id, "drop", context).await
        }
    }
}

async fn change(client: &Client, id: &str, verb: &str, context: &Context) -> Result<(), Failure> {
    let target = Target::new(&["messages", id, verb]);
    let answer: MessageAnswer = client.post(&target, &json!({}), Deadline::Ordinary).await?;
    let message = &answer.message;
    context.out.result(&answer, &[&message.id], || context.out.line(&messages::sent(message)))
}

async fn list(args: &ListArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let target = match args.recipient() {
        Some(session) => Target::new(&["sessions", session, "messages"]),
        None => {
            let project = context.project_if_any(&client).await?;
            Target::new(&["messages"]).with("project", project)
        }
    };
    let target = target
        .with("state", args.state.as_deref())
        .with("limit", args.limit.map(|limit| limit.to_string()));
    let list: MessageList = client.get(&target).await?;
    let ids: Vec<&str> = list.messages.iter().map(|m| m.id.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.messages.is_empty() {
            return context.out.line("no messages");
        }
        context.out.table(&messages::table(&list.messages))
    })?;
    if args.follow { follow(client, args, context).await } else { Ok(()) }
}

async fn follow(client: Client, args: &ListArgs, context: &Context) -> Result<(), Failure> {
    let query = EventQuery {
        follow: true,
        project: context.global.project.clone(),
        session: args.recipient().cloned(),
        kind: Some("message.".to_owned()),
        ..EventQuery::default()
    };
    super::events::follow(client, query, context).await
}
