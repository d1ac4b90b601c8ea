//! What can only be judged over the whole file: that steps are there, that none waits for itself,
//! and that each uses only what is done before it.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{Flow, Kind, Step};
use super::path::{Path, Root};
use super::table::Faults;
use super::template::Template;

/// Notes every fault of the flow as a whole.
pub fn check(flow: &Flow, faults: &mut Faults<'_>) {
    let mut by_id: BTreeMap<&str, &Step> = BTreeMap::new();
    for step in &flow.steps {
        if let Some(first) = by_id.get(step.id.as_str()) {
            let text = format!("the id is taken by the step in line {}", first.line);
            faults.add(step.line, Some(&step.id), text);
        } else {
            by_id.insert(&step.id, step);
        }
    }
    for step in &flow.steps {
        for id in &step.depends_on {
            if *id == step.id {
                faults.add(step.line, Some(&step.id), "it depends on itself");
            } else if !by_id.contains_key(id.as_str()) {
                faults.add(step.line, Some(&step.id), format!("there is no step {id:?}"));
            }
        }
    }
    let in_cycle = cycles(flow, &by_id, faults);
    for step in flow.steps.iter().filter(|step| !in_cycle.contains(step.id.as_str())) {
        let before = ancestors(step, &by_id);
        for path in paths(step) {
            check_path(flow, step, path, &before, faults);
        }
    }
}

/// Every path that the step uses.
fn paths(step: &Step) -> Vec<&Path> {
    let mut paths: Vec<&Path> = step.when.iter().flat_map(|when| when.paths()).collect();
    paths.extend(step.foreach.iter().map(|foreach| &foreach.over));
    match &step.kind {
        Kind::Agent(agent) => paths.extend(agent.prompt.paths()),
        Kind::Command(command) => {
            paths.extend(command.argv.iter().chain(&command.stdin).flat_map(Template::paths));
        }
        Kind::Fold(fold) => {
            paths.extend(fold.agent.iter().flat_map(|agent| agent.prompt.paths()));
        }
        Kind::Gate(gate) => paths.extend(gate.prompt.iter().flat_map(Template::paths)),
    }
    paths
}

fn check_path(
    flow: &Flow,
    step: &Step,
    path: &Path,
    before: &BTreeSet<&str>,
    faults: &mut Faults<'_>,
) {
    let is_list = step.foreach.as_ref().is_some_and(|foreach| foreach.over == *path);
    let fault = match &path.root {
        Root::Arg(name) if flow.args.iter().all(|arg| arg.name != *name) => {
            format!("{path}: there is no argument {name:?}")
        }
        Root::Item | Root::Index if step.foreach.is_none() || is_list => {
            format!("{path}: only a step with foreach has items")
        }
        Root::Result(id) | Root::Json(id) if flow.step(id).is_none() => {
            format!("{path}: there is no step {id:?}")
        }
        Root::Result(id) | Root::Json(id) if !before.contains(id.as_str()) => {
            format!("{path}: {id:?} is not done before it; add it to depends_on")
        }
        _ => return,
    };
    faults.add(step.line, Some(&step.id), fault);
}

/// All that is done before a step.
fn ancestors<'f>(step: &'f Step, by_id: &BTreeMap<&str, &'f Step>) -> BTreeSet<&'f str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = step.depends_on.iter().map(String::as_str).collect();
    while let Some(id) = open.pop() {
        if let Some(step) = by_id.get(id).filter(|_| !found.contains(id)) {
            found.insert(id);
            open.extend(step.depends_on.iter().map(String::as_str));
        }
    }
    found
}

/// Notes each circle of steps once, and returns the steps in them.
fn cycles<'f>(
    flow: &'f Flow,
    by_id: &BTreeMap<&str, &'f Step>,
    faults: &mut Faults<'_>,
) -> BTreeSet<&'f str> {
    let mut in_cycle: BTreeSet<&str> = BTreeSet::new();
    for step in &flow.steps {
        let id = step.id.as_str();
        let itself = step.depends_on.contains(&step.id);
        if itself || in_cycle.contains(id) || !ancestors(step, by_id).contains(id) {
            continue;
        }
        let way = way_back(step, by_id);
        faults.add(step.line, Some(id), format!("it waits for itself: {}", way.join(" -> ")));
        in_cycle.extend(way);
    }
    in_cycle
}

/// The shortest way from a step that waits for itself back to it.
fn way_back<'f>(step: &'f Step, by_id: &BTreeMap<&str, &'f Step>) -> Vec<&'f str> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = std::collections::VecDeque::from([step.id.as_str()]);
    while let Some(at) = open.pop_front() {
        for next in by_id.get(at).iter().flat_map(|step| &step.depends_on) {
            if *next == step.id {
                let mut way = vec![step.id.as_str(), at];
                let mut back = at;
                while let Some(before) = came_from.get(back) {
                    way.push(before);
                    back = before;
                }
                way.reverse();
                return way;
            }
            if !came_from.contains_key(next.as_str()) {
                came_from.insert(next, at);
                open.push_back(next);
            }
        }
    }
    vec![step.id.as_str()]
}
