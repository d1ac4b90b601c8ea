//! From the verb to what does it; the verbs of one call are here.

use super::args::{Verb, WorkflowArgs};
use super::{run as launch, save, scripts, show_runs};
use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::client::{Deadline, Target};
use crate::wire::workflow::{RunAnswer, Stop};

/// Does it.
pub async fn run(args: WorkflowArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::List => scripts::list(context).await,
        Verb::Show { name } => scripts::show(&name, context).await,
        Verb::Check { file } => scripts::check(&file, context),
        Verb::Run(args) => launch::run(*args, context).await,
        Verb::Status(args) => show_runs::status(args, context).await,
        Verb::Logs { run } => show_runs::logs(&run, context).await,
        Verb::Agents { run } => show_runs::agents(&run, context).await,
        Verb::Result { run, wait } => launch::result(&run, wait, context).await,
        Verb::Stop { run, agent, key } => tell(&run, "stop", &Stop { agent }, &key, context).await,
        Verb::Pause { run, key } => tell(&run, "pause", &(), &key, context).await,
        Verb::Resume { run, key } => tell(&run, "resume", &(), &key, context).await,
        Verb::Save { run, name, home } => save::save(&run, &name, home, context).await,
    }
}

async fn tell(
    run: &str,
    verb: &str,
    body: &impl serde::Serialize,
    key: &Key,
    context: &Context,
) -> Result<(), Failure> {
    let client = context.client_with(key).await?;
    let answer: RunAnswer =
        client.post(&Target::new(&["workflows", run, verb]), body, Deadline::Long).await?;
    let view = &answer.run;
    context.out.result(&answer, &[&view.run_id], || {
        context.out.line(&format!("{} is {}", view.run_id, view.state))
    })
}
