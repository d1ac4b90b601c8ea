//! Tasks for people.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use super::sessions::fields;
use super::{Printer, Table, age, bytes, neutral};
use crate::cli::error::Failure;
use crate::model::board::TaskId;
use crate::wire::task::{TaskDetail, TaskView};

/// Ids with commas.
pub fn ids(ids: &[TaskId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How a task stands: its state, or what its being pending means.
fn standing(task: &TaskView) -> &str {
    if task.ready {
        "ready"
    } else if !task.unreachable_by.is_empty() {
        "unreachable"
    } else if !task.waits_for.is_empty() {
        "waiting"
    } else {
        &task.state
    }
}

/// What holds a task.
fn held_by(task: &TaskView) -> String {
    match (task.unreachable_by.as_slice(), task.waits_for.as_slice()) {
        ([], open) => ids(open),
        (lost, _) => ids(lost),
    }
}

/// One line: `t-3 running (version 4), shop-2: Write the parser`.
pub fn line(task: &TaskView) -> String {
    let owner = task.owner.as_deref().map_or_else(String::new, |owner| format!(", {owner}"));
    let subject = neutral::one_line(&task.subject);
    let held = held_by(task);
    let held = if held.is_empty() { held } else { format!(" for {held}") };
    format!("{} {}{held} (version {}){owner}: {subject}", task.id, standing(task), task.version)
}

/// A table of tasks.
pub fn table(tasks: &[TaskView]) -> Table {
    let mut table =
        Table::new(&["TASK", "STATE", "VERSION", "OWNER", "WAITS FOR", "SUBJECT", "AGE"]);
    for task in tasks {
        let owner = task.owner.as_deref().or(task.last_owner.as_deref()).unwrap_or("");
        let cells = [
            &task.id.to_string(),
            standing(task),
            &task.version.to_string(),
            owner,
            &held_by(task),
            &task.subject,
            &age::since(&task.created_at),
        ];
        table.row_with_status(&cells, 1);
    }
    table
}

/// Everything about one task: its text, then what happened to it.
pub fn detail(out: &Printer, detail: &TaskDetail) -> Result<(), Failure> {
    let task = &detail.task;
    let mut rows = vec![
        ("task", task.id.to_string()),
        ("subject", task.subject.clone()),
        ("state", standing(task).to_owned()),
        ("version", task.version.to_string()),
        ("made by", task.created_by.clone()),
        ("attempts", format!("{} of {}", task.attempts, task.max_attempts)),
    ];
    let optional = [
        ("owner", task.owner.clone()),
        ("last owner", task.last_owner.clone()),
        ("depends on", Some(ids(&task.depends_on)).filter(|ids| !ids.is_empty())),
        ("waits for", Some(held_by(task)).filter(|ids| !ids.is_empty())),
        ("note", task.note.as_deref().map(neutral::one_line)),
        ("result", task.result.as_ref().map(|r| format!("{}, {}", bytes::of(r.bytes), r.sha256))),
    ];
    rows.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    fields(out, &rows)?;
    if !task.body.trim().is_empty() {
        out.line(&format!("\n{}", neutral::lines(&task.body).trim_end()))?;
    }
    let mut table = Table::new(&["VERSION", "STEP", "BY", "NOTE", "AGE"]);
    for step in &detail.history {
        let note = step.note.as_deref().unwrap_or("");
        let version = step.version.to_string();
        table.row(&[&version, &step.step, &step.by, note, &age::since(&step.at)]);
    }
    out.line("")?;
    out.table(&table)
}

/// The tasks that are not over, and whatever they depend on directly.
pub fn alive_with_dependencies(tasks: Vec<TaskView>) -> Vec<TaskView> {
    let alive = |task: &TaskView| matches!(task.state.as_str(), "pending" | "running");
    let named: HashSet<TaskId> =
        tasks.iter().filter(|task| alive(task)).flat_map(|task| task.depends_on.clone()).collect();
    tasks.into_iter().filter(|task| alive(task) || named.contains(&task.id)).collect()
}

/// A line for each task, each below what it depends on and indented by how deep that is, with what
/// it depends on behind it.
pub fn graph(tasks: &[TaskView]) -> String {
    let mut depth: BTreeMap<TaskId, usize> = BTreeMap::new();
    let by_id: BTreeMap<TaskId, &TaskView> = tasks.iter().map(|task| (task.id, task)).collect();
    // A task may depend on one with a higher number: go round until nothing changes. There is no
    // cycle, so that no depth exceeds the number of tasks.
    for _ in 0..tasks.len() {
        let mut changed = false;
        for task in tasks {
            let below =
                |id: &TaskId| by_id.contains_key(id).then(|| depth.get(id).map_or(0, |d| *d) + 1);
            let wanted = task.depends_on.iter().filter_map(below).max().unwrap_or(0);
            changed |= depth.insert(task.id, wanted) != Some(wanted);
        }
        if !changed {
            break;
        }
    }
    let mut order: Vec<&TaskView> = tasks.iter().collect();
    order.sort_by_key(|task| (depth.get(&task.id).copied(), task.id));
    let mut text = String::new();
    for task in order {
        let indent = "  ".repeat(depth.get(&task.id).copied().unwrap_or(0));
        let after = ids(&task.depends_on);
        let after = if after.is_empty() { after } else { format!("  <- {after}") };
        let owner = task.owner.as_deref().map_or_else(String::new, |owner| format!(", {owner}"));
        let subject = neutral::one_line(&task.subject);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{indent}{} [{}{owner}] {subject}{after}", task.id, standing(task));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: u32, state: &str, depends_on: &[u32]) -> TaskView {
        TaskView {
            id: TaskId(id),
            project: "shop".into(),
            subject: format!("step {id}"),
            body: String::new(),
            state: state.into(),
            version: 1,
            ready: state == "pending" && depends_on.is_empty(),
            depends_on: depends_on.iter().copied().map(TaskId).collect(),
            waits_for: depends_on.iter().copied().map(TaskId).collect(),
            unreachable_by: Vec::new(),
            owner: None,
            last_owner: None,
            created_by: "person".into(),
            attempts: 0,
            max_attempts: 1,
            metadata: None,
            note: None,
            result: None,
            created_at: String::new(),
            claimed_at: None,
            ended_at: None,
        }
    }

    #[test]
    fn each_task_stands_below_what_it_depends_on() {
        // The first depends on one that was added later.
        let tasks = [task(1, "pending", &[3]), task(2, "pending", &[]), task(3, "pending", &[2])];
        let text = graph(&tasks);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "t-2 [ready] step 2",
                "  t-3 [waiting] step 3  <- t-2",
                "    t-1 [waiting] step 1  <- t-3",
            ]
        );
    }

    #[test]
    fn what_is_over_stays_where_something_waits_for_it() {
        let tasks = vec![task(1, "done", &[]), task(2, "done", &[]), task(3, "pending", &[2])];
        let kept: Vec<u32> = alive_with_dependencies(tasks).iter().map(|task| task.id.0).collect();
        assert_eq!(kept, [2, 3]);
    }
}
