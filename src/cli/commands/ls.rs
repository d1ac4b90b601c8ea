//! `ao ls`: sessions in a table.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions;
use crate::client::Target;
use crate::wire::session::SessionList;

/// List sessions
#[derive(Debug, Args)]
pub struct LsArgs {
    /// Sessions that have ended, too
    #[arg(short, long)]
    pub all: bool,
    /// Sessions of all projects, wherever this is called
    #[arg(long, conflicts_with = "project")]
    pub all_projects: bool,
}

/// Does it.
pub async fn run(args: &LsArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = if args.all_projects { None } else { context.project_if_any(&client).await? };
    let target = Target::new(&["sessions"]).with("project", project).flag("all", args.all);
    let list: SessionList = client.get(&target).await?;
    let ids: Vec<&str> = list.sessions.iter().map(|s| s.id.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.sessions.is_empty() {
            return context.out.line("no sessions: `ao start` or `ao spawn PROMPT` starts one");
        }
        context.out.table(&sessions::table("SESSION", &list.sessions, 0))
    })
}
