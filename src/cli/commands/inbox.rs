//! `ao inbox`: the messages that wait until they are asked for.

use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::json;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::messages;
use crate::client::{Deadline, Target};
use crate::wire::message::MessageList;

/// Read the messages that were sent on demand
///
/// A session reads its own, which are then marked read; answer one with `ao send --reply-to`.
/// With an ID others look into a session's inbox and mark nothing.
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// The session's id [default: the session that asks]
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: Option<String>,
}

/// Does it.
pub async fn run(args: &InboxArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let Some(id) = args.id.clone().or_else(|| client.address().session.clone()) else {
        return Err(Failure::usage(
            "cannot tell whose inbox to read",
            "this is no session, and no ID is given",
            "`ao inbox ID`; `ao ls` lists the ids",
        ));
    };
    let target = Target::new(&["sessions", &id, "inbox"]);
    let list: MessageList = client.post(&target, &json!({}), Deadline::Ordinary).await?;
    let ids: Vec<&str> = list.messages.iter().map(|m| m.id.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.messages.is_empty() {
            return context.out.line("no unread messages");
        }
        for (n, message) in list.messages.iter().enumerate() {
            if n > 0 {
                context.out.line("")?;
            }
            messages::detail(&context.out, message)?;
        }
        Ok(())
    })
}
