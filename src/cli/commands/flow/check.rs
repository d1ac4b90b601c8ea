//! `ao flow check`

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::flow_files::{self, FlowFile};
use crate::cli::output::neutral;
use crate::model::flow::Fault;
use crate::wire::error::{ApiError, ErrorCode};

/// Check flows; every fault is told, with its line
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A flow's name, or a file [default: all there are]
    #[arg(value_name = "FLOW")]
    pub flows: Vec<String>,
}

/// Does it.
pub async fn run(args: &CheckArgs, context: &Context) -> Result<(), Failure> {
    let mut files: Vec<FlowFile> = Vec::new();
    if args.flows.is_empty() {
        files = flow_files::all(context).await?;
    }
    for flow in &args.flows {
        files.push(flow_files::find(flow, context).await?);
    }
    let views: Vec<_> = files.iter().map(view).collect();
    let names: Vec<String> = files.iter().map(FlowFile::name).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    context.out.result(&json!({ "flows": views }), &ids, || {
        for file in &files {
            let path = file.path.display();
            match &file.flow {
                Ok(flow) => {
                    context.out.line(&format!(
                        "{path}: {}, {} steps",
                        flow.name,
                        flow.steps.len()
                    ))?;
                }
                Err(faults) => {
                    for fault in faults {
                        context.out.line(&neutral::one_line(&format!("{path}: {fault}")))?;
                    }
                }
            }
        }
        Ok(())
    })?;
    let broken = files.iter().filter(|file| file.flow.is_err()).count();
    if broken == 0 {
        return Ok(());
    }
    let faults: usize =
        files.iter().filter_map(|file| file.flow.as_ref().err()).map(Vec::len).sum();
    Err(ApiError::new(
        ErrorCode::Refused,
        "not every flow can be run",
        format!("{broken} of {} have faults, {faults} in all", files.len()),
        "correct what is named above",
    )
    .into())
}

/// Nothing where the file as a whole is meant.
fn line(fault: &Fault) -> Option<usize> {
    Some(fault.line).filter(|line| *line > 0)
}

fn view(file: &FlowFile) -> serde_json::Value {
    let faults: Vec<_> = file
        .flow
        .as_ref()
        .err()
        .into_iter()
        .flatten()
        .map(|fault| json!({ "line": line(fault), "step": fault.step, "text": fault.text }))
        .collect();
    json!({ "name": file.name(), "path": file.path, "faults": faults })
}
