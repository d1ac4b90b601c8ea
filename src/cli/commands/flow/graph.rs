//! `ao flow graph`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::flow_files;
use crate::cli::output::neutral;
use crate::model::flow::Flow;

/// Draw which step waits for which
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// A flow's name, or a file
    #[arg(value_name = "FLOW")]
    pub flow: String,
}

/// Does it.
pub async fn run(args: &GraphArgs, context: &Context) -> Result<(), Failure> {
    let flow = flow_files::find(&args.flow, context).await?.into_flow()?;
    let steps: Vec<_> = flow
        .steps
        .iter()
        .map(|step| {
            json!({
                "id": step.id, "kind": step.kind.as_str(), "label": step.label,
                "depends_on": step.depends_on,
            })
        })
        .collect();
    let ids: Vec<&str> = flow.steps.iter().map(|step| step.id.as_str()).collect();
    let graph = json!({ "flow": flow.name, "steps": steps });
    context.out.result(&graph, &ids, || context.out.text(&draw(&flow)))
}

/// A line for each step, indented by how many are before it at least, with those behind it.
fn draw(flow: &Flow) -> String {
    let mut depth: BTreeMap<&str, usize> = BTreeMap::new();
    // No step waits for itself, so that each round settles one more at least.
    while depth.len() < flow.steps.len() {
        for step in &flow.steps {
            let before: Option<Vec<usize>> =
                step.depends_on.iter().map(|id| depth.get(id.as_str()).copied()).collect();
            if let Some(before) = before {
                depth.insert(&step.id, before.into_iter().max().map_or(0, |deepest| deepest + 1));
            }
        }
    }
    let mut text = String::new();
    for step in &flow.steps {
        let indent = "  ".repeat(depth[step.id.as_str()]);
        let label = step.label.as_deref().map_or_else(String::new, |label| format!(" {label}"));
        let after = match step.depends_on.join(", ") {
            none if none.is_empty() => none,
            ids => format!("  <- {ids}"),
        };
        let kind = step.kind.as_str();
        let line = neutral::one_line(&format!("{} [{kind}]{label}{after}", step.id));
        // Writing to a String does not fail.
        let _ = writeln!(text, "{indent}{line}");
    }
    text
}
