//! `ao workflow list`, `show` and `check`.

use std::path::Path;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Table, neutral};
use crate::cli::text_input;
use crate::client::Target;
use crate::script;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::workflow::{ScriptList, ScriptView};

/// What can be run.
pub async fn list(context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = context.project(&client).await?;
    let target = Target::new(&["workflows", "scripts"]).with("project", Some(project));
    let list: ScriptList = client.get(&target).await?;
    let names: Vec<&str> = list.workflows.iter().map(|script| script.name.as_str()).collect();
    context.out.result(&list, &names, || {
        let mut table = Table::new(&["NAME", "SOURCE", "STATE", "DESCRIPTION"]);
        for script in &list.workflows {
            let state = if script.shadowed { "shadowed" } else { &script.state };
            let words = neutral::one_line(&script.description);
            let name = neutral::one_line(&script.name);
            table.row(&[&name, &script.source, state, &words]);
        }
        context.out.table(&table)
    })
}

/// One of them.
pub async fn show(name: &str, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = context.project(&client).await?;
    let target = Target::new(&["workflows", "scripts", name]).with("project", Some(project));
    let script: ScriptView = client.get(&target).await?;
    context.out.result(&script, &[&script.name], || {
        let out = &context.out;
        out.line(&format!("{}: {}", script.name, neutral::one_line(&script.description)))?;
        out.line(&format!("from {}", script.file))?;
        if let Some(when) = &script.when_to_use {
            out.line(&neutral::one_line(when))?;
        }
        if !script.phases.is_empty() {
            out.line(&format!("phases: {}", neutral::one_line(&script.phases.join(", "))))?;
        }
        out.line("")?;
        out.text(&neutral::lines(script.script.as_deref().unwrap_or_default()))?;
        out.line("")
    })
}

/// Whether a file may be run. Nothing of it is executed.
pub fn check(file: &Path, context: &Context) -> Result<(), Failure> {
    let text = text_input::read(file, "workflow")?;
    let name = file.display().to_string();
    let checked = script::check(&name, &text, true).map_err(|rejected| {
        ApiError::new(
            ErrorCode::Refused,
            "the workflow cannot be run",
            rejected.to_string(),
            "correct that place, then check again",
        )
    })?;
    let meta = checked.meta;
    for warning in &meta.warnings {
        context.out.notice(warning);
    }
    let view = json!({ "file": name, "name": meta.name, "description": meta.description,
        "warnings": meta.warnings });
    context.out.result(&view, &[&meta.name], || {
        context.out.line(&format!("{name} is fine: {}", neutral::one_line(&meta.name)))
    })
}
