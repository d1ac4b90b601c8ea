//! `ao flow ls`

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::flow_files;
use crate::cli::output::Table;

/// List flows, broken ones too; or runs
#[derive(Debug, Args)]
pub struct ListArgs {
    /// List runs, the newest first; those that are not over are always among them
    #[arg(long)]
    pub runs: bool,
    /// Only runs before this one that are over
    #[arg(long, value_name = "RUN", requires = "runs")]
    pub before: Option<String>,
    /// At most this many runs that are over [default: 50]
    #[arg(long, value_name = "NUMBER", requires = "runs",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
}

/// Does it.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let files = flow_files::all(context).await?;
    let views: Vec<_> = files
        .iter()
        .map(|file| {
            let faults = file.flow.as_ref().err();
            let flow = file.flow.as_ref().ok();
            json!({
                "name": file.name(),
                "path": file.path,
                "about": flow.and_then(|flow| flow.about.clone()),
                "steps": flow.map(|flow| flow.steps.len()),
                "faults": faults.map_or(0, Vec::len),
                "reason": faults.and_then(|faults| faults.first()).map(ToString::to_string),
            })
        })
        .collect();
    let names: Vec<String> = files.iter().map(flow_files::FlowFile::name).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    context.out.result(&json!({ "flows": views }), &ids, || {
        if files.is_empty() {
            return context.out.line("no flows");
        }
        let mut table = Table::new(&["FLOW", "STEPS", "ABOUT", "FILE"]);
        for file in &files {
            let (steps, about) = match &file.flow {
                Ok(flow) => (flow.steps.len().to_string(), flow.about.clone().unwrap_or_default()),
                Err(faults) => (String::new(), format!("broken: {}", faults[0])),
            };
            table.row(&[&file.name(), &steps, &about, &file.path.display().to_string()]);
        }
        context.out.table(&table)
    })
}
