//! Tells the person when background work has ended, by a program of theirs or on the desktop.
//! Started with the supervisor; woken by the journal.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ServiceError, World};
use crate::config::Notify;
use crate::process::{self, Program};
use crate::store::journal::{self, Filter, Row};

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(30);
/// Rows that are read at a time.
const PAGE: u32 = 100;
/// What tells that work in the background has ended.
const KINDS: [&str; 3] = ["subagent.ended", "workflow.state", "flow.state"];
/// States that are an end.
const ENDS: [&str; 3] = ["completed", "failed", "cancelled"];

/// Keeps telling, for as long as the supervisor lives. What ended while none ran is not told late.
pub async fn keep(world: Arc<World>) {
    if world.settings.notify == Notify::Off {
        return;
    }
    let mut newest = world.store.newest();
    let mut seen = *newest.borrow_and_update();
    while newest.changed().await.is_ok() {
        let until = *newest.borrow_and_update();
        match ended_after(&world, seen).await {
            Ok(rows) => {
                for row in &rows {
                    if let Err(error) = tell(&world, row).await {
                        tracing::warn!(%error, kind = %row.kind, "failed to notify the person");
                    }
                }
                seen = until;
            }
            Err(error) => tracing::warn!(%error, "failed to read what has ended"),
        }
    }
}

async fn ended_after(world: &World, seen: u64) -> Result<Vec<Row>, ServiceError> {
    let read = move |db: &_| {
        let mut all = Vec::new();
        for kind in KINDS {
            let filter = Filter { kind: Some(kind.to_owned()), ..Filter::default() };
            all.extend(journal::after(db, seen, &filter, PAGE)?);
        }
        Ok(all)
    };
    Ok(world.store.read(read).await?)
}

/// One line for the person; nothing for work that goes on.
fn line(row: &Row) -> Option<String> {
    let data: Value = serde_json::from_str(&row.data).ok()?;
    let state = data["state"].as_str()?;
    let (what, id) = match row.kind.as_str() {
        "subagent.ended" => ("subagent", data["subagent"].as_str()?),
        "flow.state" => ("flow run", data["run"].as_str()?),
        _ => ("workflow run", data["run"].as_str()?),
    };
    let state = match (row.kind.as_str(), state) {
        // A flow pauses by itself: both wait for the person.
        ("flow.state", "waiting_gate") => "waits at a gate",
        ("flow.state", "paused") => "is paused",
        (_, end) if ENDS.contains(&end) => end,
        _ => return None,
    };
    let project = row.project.as_deref().unwrap_or_default();
    Some(format!("ao: {what} {id} of {project} {state}"))
}

async fn tell(world: &World, row: &Row) -> Result<(), ServiceError> {
    let Some(line) = line(row) else { return Ok(()) };
    let argv = match &world.settings.notify {
        Notify::Off => return Ok(()),
        Notify::Desktop => vec!["notify-send".to_owned(), line.clone()],
        Notify::Program(program) => vec![program.display().to_string()],
    };
    let event = json!({
        "kind": row.kind,
        "project": row.project,
        "session": row.session,
        "data": serde_json::from_str::<Value>(&row.data).unwrap_or_default(),
    });
    let mut environment = world.environment.clone();
    environment.insert("AO_NOTICE".to_owned(), line);
    environment.insert("AO_EVENT".to_owned(), event.to_string());
    let path = world.paths.log_dir().join("notify.log");
    // What the last one had to say.
    let log = File::create(&path).map_err(|source| ServiceError::File { path, source })?;
    let folder = world.paths.data();
    let program = Program { argv: &argv, folder, environment: &environment, marks: &["AO_EVENT"] };
    process::run(&program, log, tokio::time::sleep(LIMIT)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Timestamp;

    #[test]
    fn ends_are_told_and_what_waits_for_the_person() {
        let row = |kind: &str, data: Value| Row {
            seq: 1,
            at: Timestamp(1),
            kind: kind.into(),
            project: Some("shop".into()),
            session: None,
            request_id: None,
            data: data.to_string(),
        };
        let told = line(&row("subagent.ended", json!({"subagent": "sa-1", "state": "failed"})));
        assert_eq!(told.as_deref(), Some("ao: subagent sa-1 of shop failed"));
        let run = |kind: &str, state: &str| line(&row(kind, json!({"run": "r-1", "state": state})));
        let ended = run("workflow.state", "completed");
        assert_eq!(ended.as_deref(), Some("ao: workflow run r-1 of shop completed"));
        let waits = run("flow.state", "waiting_gate");
        assert_eq!(waits.as_deref(), Some("ao: flow run r-1 of shop waits at a gate"));
        assert_eq!(
            run("flow.state", "paused").as_deref(),
            Some("ao: flow run r-1 of shop is paused")
        );
        // By somebody's own word.
        assert_eq!(run("workflow.state", "paused"), None);
        assert_eq!(run("workflow.state", "running"), None);
    }
}
