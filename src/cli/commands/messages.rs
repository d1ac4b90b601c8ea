//! `ao messages`: every message with its state and why.

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::messages;
use crate::client::Target;
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
}

/// Which ones.
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only those to this session
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub session: Option<String>,
    /// Only those in this state: queued, submitted, uncertain …
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// At most this many, the newest
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<u32>,
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
    }
}

async fn list(args: &ListArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let target = match &args.session {
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
    })
}
