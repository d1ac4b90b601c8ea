//! `ao task add`

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::tasks;
use crate::cli::text_input;
use crate::client::{Deadline, Target};
use crate::model::board::TaskId;
use crate::wire::task::{AddTask, TaskAnswer};

/// Put a task on the board
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What it is, in a line
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// What it is, in full
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// The same from a file, or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub body_file: Option<PathBuf>,
    /// A task that has to be done first; may be given several times, or with commas
    #[arg(long, value_name = "TASK", value_delimiter = ',', value_parser = task)]
    pub depends_on: Vec<TaskId>,
    /// How many claims may fail [default: 1]
    #[arg(long, value_name = "NUMBER")]
    pub max_attempts: Option<u32>,
    /// JSON of your own, kept with it
    #[arg(long, value_name = "JSON", value_parser = json)]
    pub metadata: Option<serde_json::Value>,
    #[command(flatten)]
    pub key: Key,
}

/// A task's id.
pub(super) fn task(text: &str) -> Result<TaskId, String> {
    TaskId::parse(text).map_err(|_| "a task's id: t-1, t-2 …".to_owned())
}

/// Any JSON.
pub(super) fn json(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

/// Does it.
pub async fn run(args: AddArgs, context: &Context) -> Result<(), Failure> {
    let from_file = args.body_file.as_deref().map(|file| text_input::read(file, "body"));
    let body = match from_file.transpose()? {
        Some(text) => text,
        None => args.body.unwrap_or_default(),
    };
    let client = context.client_with(&args.key).await?;
    let add = AddTask {
        project: context.project(&client).await?,
        subject: args.subject,
        body,
        depends_on: args.depends_on,
        max_attempts: args.max_attempts,
        metadata: args.metadata,
    };
    let target = Target::new(&["tasks"]);
    let answer: TaskAnswer = client.post(&target, &add, Deadline::Ordinary).await?;
    let id = answer.task.id.to_string();
    context.out.result(&answer, &[&id], || context.out.line(&tasks::line(&answer.task)))
}
