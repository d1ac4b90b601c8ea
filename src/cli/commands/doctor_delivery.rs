//! `ao doctor --delivery`: does delivery work with the agents that are installed here?

use serde::Serialize;

use crate::agents::{Catalog, Manifest, Report, ask, find_program, remember};
use crate::cli::context::Context;
use crate::cli::delivery::{World, check};
use crate::cli::error::Failure;
use crate::cli::output::Table;
use crate::wire::error::{ApiError, ErrorCode};

/// `{"delivery": […]}`
#[derive(Debug, Serialize)]
struct Delivery {
    delivery: Vec<Report>,
}

/// Checks the agent of this name, or with an empty name all that are installed. The exit code is 0
/// if nothing fails.
pub async fn run(name: &str, context: &Context) -> Result<(), Failure> {
    let paths = context.paths()?;
    let catalog = Catalog::load(&paths.agents_dir())?;
    let mut reports = Vec::new();
    for manifest in wanted(&catalog, name, context)? {
        context.out.notice(&format!("checking {}, this takes a minute", manifest.name));
        let report = one(manifest, context).await?;
        remember(paths.data(), &report).map_err(|error| {
            Failure::system("cannot remember the checks", &error, "is the data directory writable?")
        })?;
        reports.push(report);
    }
    let failed: Vec<String> =
        reports.iter().filter(|r| !r.passed()).map(|r| r.agent.clone()).collect();
    let names: Vec<&str> = failed.iter().map(String::as_str).collect();
    let told = Delivery { delivery: reports };
    context.out.result(&told, &names, || context.out.table(&table(&told.delivery)))?;
    if failed.is_empty() {
        return Ok(());
    }
    let reason = format!("checks failed with {}", failed.join(", "));
    let hint = "`ao agents` names the versions that are tested";
    Err(ApiError::new(ErrorCode::Program, "delivery does not work as it must", reason, hint).into())
}

/// Those that can be checked here.
fn wanted<'a>(
    catalog: &'a Catalog,
    name: &str,
    context: &Context,
) -> Result<Vec<&'a Manifest>, Failure> {
    let path = context.environment.get("PATH");
    let can = |m: &&Manifest| m.loopback != crate::agents::Loopback::default();
    let is_there = |m: &&Manifest| {
        m.binary.as_deref().is_some_and(|binary| find_program(binary, path).is_some())
    };
    let cannot = |reason: String, hint: &str| -> Failure {
        ApiError::new(ErrorCode::NotFound, "cannot check the delivery", reason, hint).into()
    };
    let all: Vec<&Manifest> = match name {
        "" => catalog.agents().filter(can).filter(is_there).collect(),
        _ => {
            let hint = "`ao agents` lists those there are";
            let manifest = catalog.get(name).map_err(|error| cannot(error.to_string(), hint))?;
            if !can(&manifest) {
                let hint = "add a [loopback] to its manifest";
                return Err(cannot(
                    format!("{name} cannot be pointed at a model on loopback"),
                    hint,
                ));
            }
            Some(manifest).filter(is_there).into_iter().collect()
        }
    };
    if all.is_empty() {
        return Err(cannot(
            "no such agent is installed".to_owned(),
            "`ao agents show NAME` says how",
        ));
    }
    Ok(all)
}

async fn one(manifest: &Manifest, context: &Context) -> Result<Report, Failure> {
    let path = context.environment.get("PATH");
    let program = manifest.binary.as_deref().and_then(|binary| find_program(binary, path));
    let said = match &program {
        Some(program) => ask(program).await,
        None => None,
    };
    let fault = |why: String| -> Failure {
        ApiError::new(ErrorCode::System, "cannot check the delivery", why, "try it again").into()
    };
    let data = context.paths()?.data().to_owned();
    let world = World::make(&data, &context.environment, manifest).await.map_err(fault)?;
    let checks = tokio::select! {
        checks = check(&world) => Some(checks),
        _ = tokio::signal::ctrl_c() => None,
    };
    world.end().await.map_err(fault)?;
    let checks = checks.ok_or_else(|| fault("it was interrupted".to_owned()))?;
    Ok(Report {
        agent: manifest.name.clone(),
        version: said.unwrap_or_default(),
        at: jiff::Timestamp::now().to_string(),
        checks,
    })
}

fn table(reports: &[Report]) -> Table {
    let mut table = Table::new(&["AGENT", "VERSION", "CHECK", "RESULT", "FOUND"]);
    for report in reports {
        for check in &report.checks {
            let result = if check.passed { "ok" } else { "failed" };
            table.row(&[&report.agent, &report.version, &check.name, result, &check.found]);
        }
    }
    table
}
