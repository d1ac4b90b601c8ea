//! `ao task ls`

use clap::Args;

use super::add::task;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::tasks;
use crate::client::Target;
use crate::model::board::TaskId;
use crate::wire::task::TaskList;

/// List tasks
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only those in this state: pending, running, done, failed, cancelled
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// Only those that can be claimed
    #[arg(long, conflicts_with = "state")]
    pub ready: bool,
    /// Only those that this session works on
    #[arg(long, value_name = "ID")]
    pub owner: Option<String>,
    /// Only those after this one
    #[arg(long, value_name = "TASK", value_parser = task)]
    pub after: Option<TaskId>,
    /// At most this many [default: 200; with -q all]
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<u32>,
}

/// Does it.
pub async fn run(args: ListArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = context.project_if_any(&client).await?;
    let target = Target::new(&["tasks"])
        .with("project", project)
        .with("state", args.state)
        .flag("ready", args.ready)
        .with("owner", args.owner)
        .with("limit", args.limit.map(|limit| limit.to_string()));
    let is_whole = context.out.is_whole(args.limit);
    let after = |id: Option<TaskId>| target.clone().with("after", id.map(|id| id.to_string()));
    let mut list: TaskList = client.get(&after(args.after)).await?;
    while let Some(last) = list.next_after.take_if(|_| is_whole) {
        let page: TaskList = client.get(&after(Some(last))).await?;
        list.tasks.extend(page.tasks);
        list.next_after = page.next_after;
    }
    let ids: Vec<String> = list.tasks.iter().map(|task| task.id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    context.out.result(&list, &ids, || {
        if list.tasks.is_empty() {
            return context.out.line("no tasks");
        }
        context.out.table(&tasks::table(&list.tasks))?;
        if let Some(after) = list.next_after {
            context.out.notice(&format!("there may be more: ao task ls --after {after}"));
        }
        Ok(())
    })
}
