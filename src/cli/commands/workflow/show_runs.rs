//! `ao workflow status`, `logs` and `agents`.

use super::args::StatusArgs;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Table, neutral};
use crate::client::Target;
use crate::wire::workflow::{AgentView, LineList, RunAnswer, RunList, RunView};

/// One run, or the runs of the project.
pub async fn status(args: StatusArgs, context: &Context) -> Result<(), Failure> {
    match &args.run {
        Some(run) => one(run, context).await,
        None => list(args, context).await,
    }
}

/// The newest first: with `-q` all, else a page.
async fn list(args: StatusArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = context.project_if_any(&client).await?;
    let is_whole = context.out.is_whole(args.limit);
    let target = Target::new(&["workflows"])
        .with("project", project)
        .with("limit", args.limit.map(|limit| limit.to_string()));
    let mut list: RunList = client.get(&target.clone().with("before", args.before)).await?;
    while let Some(before) = list.next_before.take_if(|_| is_whole) {
        let page: RunList = client.get(&target.clone().with("before", Some(before))).await?;
        list.runs.extend(page.runs);
        list.next_before = page.next_before;
    }
    let ids: Vec<&str> = list.runs.iter().map(|run| run.run_id.as_str()).collect();
    context.out.result(&list, &ids, || {
        let mut table =
            Table::new(&["RUN", "WORKFLOW", "STATE", "AGENTS", "KNOWN", "TOKENS", "TIME"]);
        for run in &list.runs {
            let usage = &run.usage;
            table.row(&[
                &run.run_id,
                &neutral::one_line(&run.name),
                &run.state,
                &usage.agents.to_string(),
                &usage.cached.to_string(),
                &usage.output_tokens.to_string(),
                &format!("{} s", usage.duration_ms / 1000),
            ]);
        }
        context.out.table(&table)?;
        if let Some(before) = &list.next_before {
            let hint = format!("ao workflow status --before {before}");
            context.out.notice(&format!("older runs that are over are left out: {hint}"));
        }
        Ok(())
    })
}

/// One run with its agents.
async fn one(run: &str, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let answer: RunAnswer = client.get(&Target::new(&["workflows", run])).await?;
    context.out.result(&answer, &[&answer.run.run_id], || {
        let run = &answer.run;
        let name = neutral::one_line(&run.name);
        context.out.line(&format!("{} {name} is {}", run.run_id, run.state))?;
        if !run.phases.is_empty() {
            context.out.line(&format!("phases: {}", neutral::one_line(&run.phases.join(", "))))?;
        }
        context.out.table(&table(run))
    })
}

/// The agents of a run.
pub async fn agents(run: &str, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let answer: RunAnswer = client.get(&Target::new(&["workflows", run])).await?;
    let numbers: Vec<String> = answer.run.agents.iter().map(|a| a.seq.to_string()).collect();
    let ids: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let list = serde_json::json!({ "agents": answer.run.agents });
    context.out.result(&list, &ids, || context.out.table(&table(&answer.run)))
}

fn table(run: &RunView) -> Table {
    let mut table = Table::new(&[
        "AGENT", "LABEL", "PHASE", "STATE", "SESSION", "TRY", "TOKENS", "TIME", "WHY",
    ]);
    for agent in &run.agents {
        table.row(&[
            &agent.seq.to_string(),
            &neutral::one_line(&agent.label),
            &neutral::one_line(agent.phase.as_deref().unwrap_or("")),
            &agent.state,
            agent.session.as_deref().unwrap_or("-"),
            &agent.attempt.to_string(),
            &agent.output_tokens.to_string(),
            &time(agent),
            &neutral::one_line(&why(agent)),
        ]);
    }
    table
}

/// What a person should know of it.
fn why(agent: &AgentView) -> String {
    let taint = agent.tainted.then_some("was spoken to: not taken by other runs");
    let parts = [agent.failure.as_deref(), agent.waits.as_deref(), taint];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn time(agent: &AgentView) -> String {
    agent.duration_ms.map_or_else(String::new, |ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100))
}

/// What a run told.
pub async fn logs(run: &str, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let list: LineList = client.get(&Target::new(&["workflows", run, "logs"])).await?;
    context.out.result(&list, &[], || {
        list.lines.iter().try_for_each(|line| {
            let scope = line.scope.as_deref().map(|scope| format!("{scope} ")).unwrap_or_default();
            let text = neutral::one_line(&line.text);
            context.out.line(&format!("{} {:5} {scope}{text}", line.at, line.kind))
        })
    })
}
