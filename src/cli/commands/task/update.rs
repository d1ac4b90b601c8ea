//! `ao task update`

use std::path::PathBuf;

use clap::Args;

use super::add::{json, task};
use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::tasks;
use crate::cli::text_input;
use crate::client::Target;
use crate::model::board::TaskId;
use crate::wire::task::{TaskAnswer, UpdateTask};

/// Change a task's words, or what it waits for
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// The task's id
    #[arg(value_name = "TASK")]
    pub id: String,
    /// The version that was seen; another one is refused and shown
    #[arg(long, value_name = "VERSION")]
    pub expect_version: u32,
    /// What it is, in a line
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,
    /// What it is, in full
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// The same from a file, or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub body_file: Option<PathBuf>,
    /// All that it depends on from now on, with commas
    #[arg(long, value_name = "TASK", value_delimiter = ',', value_parser = task)]
    pub depends_on: Option<Vec<TaskId>>,
    /// It depends on nothing from now on
    #[arg(long, conflicts_with = "depends_on")]
    pub no_dependencies: bool,
    /// How many claims may fail
    #[arg(long, value_name = "NUMBER")]
    pub max_attempts: Option<u32>,
    /// JSON of your own, kept with it
    #[arg(long, value_name = "JSON", value_parser = json)]
    pub metadata: Option<serde_json::Value>,
    /// A few words on the change
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub note: Option<String>,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: UpdateArgs, context: &Context) -> Result<(), Failure> {
    let from_file = args.body_file.as_deref().map(|file| text_input::read(file, "body"));
    let none = args.no_dependencies.then(Vec::new);
    let update = UpdateTask {
        expect_version: Some(args.expect_version),
        subject: args.subject,
        body: from_file.transpose()?.or(args.body),
        depends_on: args.depends_on.or(none),
        max_attempts: args.max_attempts,
        metadata: args.metadata,
        note: args.note,
    };
    let client = context.client_with(&args.key).await?;
    let answer: TaskAnswer = client.patch(&Target::new(&["tasks", &args.id]), &update).await?;
    let id = answer.task.id.to_string();
    context.out.result(&answer, &[&id], || context.out.line(&tasks::line(&answer.task)))
}
