//! `ao task show`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::tasks;
use crate::client::Target;
use crate::wire::task::TaskDetail;

/// Show a task with its version and what happened to it
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The task's id
    #[arg(value_name = "TASK")]
    pub id: String,
}

/// Does it.
pub async fn run(args: &ShowArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let detail: TaskDetail = client.get(&Target::new(&["tasks", &args.id])).await?;
    let id = detail.task.id.to_string();
    context.out.result(&detail, &[&id], || tasks::detail(&context.out, &detail))
}
