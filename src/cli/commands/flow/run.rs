//! `ao flow run`: starts a flow, or rehearses it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::{progress, rehearse, result};
use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::flow_files;
use crate::client::caller;
use crate::client::{Deadline, Target};
use crate::model::flow::bind;
use crate::wire::flow::{Launch, RunAnswer};

/// Run a flow; prints the run's id first, then its progress, then its result
///
/// What stands behind -- is the agent: a command that is told the prompt on standard input and
/// whose output is the result. With --dry-run nothing is started: --stubs then gives a JSON object
/// with a step's result by its id, or {"fail": "why", "times": 1, "result": …} for one whose first
/// attempts fail; a step without a stub gives a text that names it.
///
/// Exit codes: 0 completed, 1 failed, 2 refused before it began, 3 cancelled, 4 its budget is used
/// up, 9 an agent needs a login.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A flow's name, or a file
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// An argument of the flow; JSON, or a text as it is
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    pub args: Vec<String>,
    /// Print the run's id and return; the run goes on
    #[arg(long, conflicts_with = "dry_run")]
    pub detach: bool,
    /// Start nothing: tell what would be asked of whom, and what would come of it
    #[arg(long)]
    pub dry_run: bool,
    /// Results for the steps: a JSON file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "dry_run")]
    pub stubs: Option<PathBuf>,
    /// The command that is an agent: told the prompt on standard input, its output is the result
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: RunArgs, context: &Context) -> Result<(), Failure> {
    let file = flow_files::find(&args.flow, context).await?;
    let (path, text) = (file.path.clone(), file.text.clone());
    let flow = file.into_flow()?;
    let given: BTreeMap<String, Value> =
        args.args.iter().map(|text| argument(text)).collect::<Result<_, _>>()?;
    let bound = bind(&flow, &given).map_err(|faults| {
        let hint = "ao flow check FLOW; --arg NAME=VALUE gives one";
        Failure::usage("the flow cannot be run like this", faults.join("; "), hint)
    })?;
    if args.dry_run {
        return rehearse::run(&flow, &bound, args.stubs.as_deref(), context);
    }
    let client = context.client_with(&args.key).await?;
    let body = Launch {
        project: context.project(&client).await?,
        name: None,
        text,
        file: path.display().to_string(),
        args: given,
        command: Some(args.command.clone()).filter(|command| !command.is_empty()),
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
    };
    let answer: RunAnswer = client.post(&Target::new(&["flows"]), &body, Deadline::Long).await?;
    let id = answer.run.run_id.clone();
    if args.detach {
        return context.out.result(&answer, &[&id], || context.out.line(&id));
    }
    if !context.out.json {
        context.out.line(&id)?;
        context.out.flush()?;
    }
    progress::follow(&client, &id, context).await?;
    result::tell(&client, &id, None, context).await
}

fn argument(text: &str) -> Result<(String, Value), Failure> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Failure::usage("an argument is not understood", format!("{text:?} has no ="), "NAME=VALUE")
    })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}
