//! Live ids for the shell's completion: asked of the supervisor if one runs, within 300 ms;
//! otherwise there are none.

use std::time::Duration;

use clap_complete::CompletionCandidate;
use serde::de::DeserializeOwned;

use crate::client::{Address, Client, Target};
use crate::config::{Environment, Paths};
use crate::wire::project::ProjectList;
use crate::wire::session::SessionList;

const DEADLINE: Duration = Duration::from_millis(300);

/// Sessions that are not over.
pub fn sessions() -> Vec<CompletionCandidate> {
    let list: Option<SessionList> = ask(&["sessions"]);
    list.map_or_else(Vec::new, |list| {
        list.sessions
            .into_iter()
            .map(|s| {
                let about = s.label.unwrap_or(s.status);
                CompletionCandidate::new(s.id)
                    .help(Some(super::output::neutral::one_line(&about).into()))
            })
            .collect()
    })
}

/// Workers that are over.
pub fn ended() -> Vec<CompletionCandidate> {
    let target = Target::new(&["sessions"]).flag("all", true);
    let list: Option<SessionList> = ask_for(&target);
    let all = list.map_or_else(Vec::new, |list| list.sessions);
    let ended = all.into_iter().filter(|s| s.phase == "ended" && s.kind == "worker");
    ended.map(|s| CompletionCandidate::new(s.id)).collect()
}

/// Sessions, and the role's name.
pub fn recipients() -> Vec<CompletionCandidate> {
    let mut all = sessions();
    all.push(CompletionCandidate::new(crate::model::names::ORCHESTRATOR));
    all
}

/// Registered projects.
pub fn projects() -> Vec<CompletionCandidate> {
    let list: Option<ProjectList> = ask(&["projects"]);
    list.map_or_else(Vec::new, |list| {
        list.projects
            .into_iter()
            .map(|p| {
                CompletionCandidate::new(p.id)
                    .help(Some(super::output::neutral::one_line(&p.path).into()))
            })
            .collect()
    })
}

fn ask<T: DeserializeOwned>(segments: &[&str]) -> Option<T> {
    ask_for(&Target::new(segments))
}

fn ask_for<T: DeserializeOwned>(target: &Target) -> Option<T> {
    let environment = Environment::of_process();
    let paths = Paths::resolve_recorded(&environment).ok()?;
    let client = Client::new(Address::new(paths, &environment)).within(DEADLINE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(client.get(target)).ok()
}
