//! `ao flow show` and the list of runs.

use clap::Args;

use super::list::ListArgs;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Table, neutral};
use crate::client::Target;
use crate::wire::flow::{RunAnswer, RunList, RunView, StepView};

/// Show a run: its steps, what they came to, what it has used
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
}

/// Does it.
pub async fn run(args: &ShowArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let answer: RunAnswer = client.get(&Target::new(&["flows", &args.run])).await?;
    let view = &answer.run;
    context.out.result(&answer, &[&view.run_id], || {
        context.out.line(&head(view))?;
        let mut table = Table::new(&["STEP", "KIND", "STATE", "ATTEMPT", "TIME", ""]);
        for step in view.steps.iter().flatten() {
            table.row(&[
                &step.id,
                &step.kind,
                &step.state.replace('_', " "),
                &step.attempt.to_string(),
                &time(step.duration_ms),
                &about(step),
            ]);
        }
        context.out.table(&table)
    })
}

/// Lists runs: with `-q` all, else a page.
pub async fn list(args: ListArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let is_whole = context.out.is_whole(args.limit);
    let target = Target::new(&["flows"])
        .with("project", context.global.project.clone())
        .with("limit", args.limit.map(|limit| limit.to_string()));
    let mut list: RunList = client.get(&target.clone().with("before", args.before)).await?;
    while let Some(before) = list.next_before.take_if(|_| is_whole) {
        let page: RunList = client.get(&target.clone().with("before", Some(before))).await?;
        list.runs.extend(page.runs);
        list.next_before = page.next_before;
    }
    let ids: Vec<&str> = list.runs.iter().map(|run| run.run_id.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.runs.is_empty() {
            return context.out.line("no runs");
        }
        let mut table = Table::new(&["RUN", "PROJECT", "FLOW", "STATE", "AGENTS", "TIME", ""]);
        for run in &list.runs {
            table.row(&[
                &run.run_id,
                &run.project,
                &run.flow,
                &run.state.replace('_', " "),
                &run.budget.agents.to_string(),
                &time(Some(run.duration_ms)),
                run.reason.as_deref().unwrap_or_default(),
            ]);
        }
        context.out.table(&table)?;
        if let Some(before) = &list.next_before {
            let hint = format!("ao flow ls --runs --before {before}");
            context.out.notice(&format!("older runs that are over are left out: {hint}"));
        }
        Ok(())
    })
}

/// The run in a line.
fn head(run: &RunView) -> String {
    let reason = run.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    let used = &run.budget;
    neutral::one_line(&format!(
        "{} {} is {}{reason}: {} agents, {} tokens, {}",
        run.run_id,
        run.flow,
        run.state.replace('_', " "),
        used.agents,
        used.tokens,
        time(Some(run.duration_ms)),
    ))
}

/// What there is to say of a step: why it waits, what is wrong, what it is asked or came to.
fn about(step: &StepView) -> String {
    let result = || {
        let preview = step.preview.as_deref()?;
        let first: String = preview.lines().next().unwrap_or_default().chars().take(60).collect();
        Some(format!("{first} ({} bytes)", step.bytes.unwrap_or_default()))
    };
    let text = step.waits_for.clone().or_else(|| waiting(step));
    let text = text.or_else(|| step.error.clone()).or_else(|| step.note.clone());
    neutral::one_line(&text.or_else(result).unwrap_or_default())
}

/// Which of its items wait, and why the first of them does.
pub(super) fn waiting(step: &StepView) -> Option<String> {
    let first = step.waiting_items.first()?;
    let numbers = step.waiting_items.iter().map(|one| one.item.to_string());
    let numbers = numbers.collect::<Vec<_>>().join(", ");
    Some(format!("waiting items: {numbers}: {}", first.waits_for))
}

fn time(ms: Option<u64>) -> String {
    ms.map_or_else(String::new, |ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100))
}
