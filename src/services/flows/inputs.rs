//! What a step is given: the whole results of the steps that it names, and no others. What is too
//! large to stand in a text is handed on as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::facts::Facts;
use crate::config::{create_private_dir, write_private};
use crate::model::flow::{
    Input, Kind, Path as ValuePath, Step, StepResult, StepScope, StepState, Template,
};
use crate::services::{ServiceError, World, artifacts, lanes, secret};
use crate::store::artifacts::Stored;
use crate::store::flows as rows;

/// The largest value that stands in a prompt, in bytes.
const IN_PROMPT: usize = 256 * 1024;
/// The largest value that stands in an argument of a program: the kernel takes 128 KiB.
const IN_ARGUMENT: usize = 64 * 1024;
/// How much of a result people are shown, in bytes.
const PREVIEW: usize = 2048;

/// Results that a step can see.
pub(super) struct Inputs {
    pub(super) results: BTreeMap<String, StepResult>,
    /// Why there is none, for those that have none.
    missing: BTreeMap<String, String>,
}

impl Inputs {
    /// Those that the step names.
    pub(super) async fn of(facts: &Facts, step: &Step) -> Result<Self, ServiceError> {
        let mut inputs = Self { results: BTreeMap::new(), missing: BTreeMap::new() };
        for id in named(step) {
            let Some(idx) = facts.number(&id) else { continue };
            let run = facts.id.clone();
            let read = facts.world.store.read(move |db| rows::state_of(db, &run, idx));
            match read.await? {
                (StepState::Done, Some(sha256)) => {
                    let bytes = artifacts::read(&facts.world, sha256).await?;
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let result = tokio::task::spawn_blocking(move || StepResult::of_text(text));
                    inputs.results.insert(id, result.await.map_err(|_| lanes::CutOff)?);
                }
                (state, _) => {
                    inputs.missing.insert(id, state.as_str().replace('_', " "));
                }
            }
        }
        Ok(inputs)
    }

    /// As a fold takes it.
    pub(super) fn fold_input(&self, id: &str) -> Input {
        let result = self.results.get(id);
        let why = || self.missing.get(id).cloned().unwrap_or_else(|| "not known".to_owned());
        Input {
            id: id.to_owned(),
            text: result.map(|result| result.text.clone()).ok_or_else(why),
            json: result.and_then(|result| result.json.clone()),
        }
    }
}

/// The steps whose results a step names.
fn named(step: &Step) -> BTreeSet<String> {
    let mut paths: Vec<&ValuePath> = step.when.iter().flat_map(|when| when.paths()).collect();
    paths.extend(step.foreach.iter().map(|foreach| &foreach.over));
    let mut named = BTreeSet::new();
    match &step.kind {
        Kind::Agent(agent) => paths.extend(agent.prompt.paths()),
        Kind::Command(command) => {
            paths.extend(command.argv.iter().chain(&command.stdin).flat_map(Template::paths));
        }
        Kind::Fold(fold) => {
            paths.extend(fold.agent.iter().flat_map(|agent| agent.prompt.paths()));
            named.extend(fold.inputs.iter().cloned());
        }
        Kind::Gate(gate) => paths.extend(gate.prompt.iter().flat_map(Template::paths)),
    }
    named.extend(paths.into_iter().filter_map(ValuePath::step).map(str::to_owned));
    named
}

/// Where values go that are too large for their place.
pub(super) struct Large<'a> {
    dir: &'a Path,
    written: u32,
}

impl<'a> Large<'a> {
    /// In files below `dir`.
    pub(super) fn in_dir(dir: &'a Path) -> Self {
        Self { dir, written: 0 }
    }

    /// A prompt; a value that is too large becomes the name of its file.
    pub(super) fn prompt(
        &mut self,
        scope: &StepScope<'_>,
        template: &Template,
    ) -> Result<String, ServiceError> {
        template.fill(|path| self.in_prompt(scope.text(path)))
    }

    /// A text within a prompt.
    pub(super) fn in_prompt(&mut self, text: String) -> Result<String, ServiceError> {
        if text.len() <= IN_PROMPT {
            return Ok(text);
        }
        let file = self.write(&text)?;
        let hash = secret::sha256(&text);
        Ok(format!("the whole of the file {file} ({} bytes, SHA-256 {hash})", text.len()))
    }

    /// An argument of a program; a value that is too large becomes its file's path.
    pub(super) fn argument(
        &mut self,
        scope: &StepScope<'_>,
        template: &Template,
    ) -> Result<String, ServiceError> {
        template.fill(|path| {
            let text = scope.text(path);
            if text.len() <= IN_ARGUMENT { Ok(text) } else { self.write(&text) }
        })
    }

    fn write(&mut self, text: &str) -> Result<String, ServiceError> {
        let dir = self.dir.join("inputs");
        create_private_dir(&dir)?;
        let path = dir.join(format!("{}.txt", self.written));
        self.written += 1;
        write_private(&path, text.as_bytes())?;
        Ok(path.display().to_string())
    }
}

/// Keeps a whole result.
pub(super) async fn artifact(world: &Arc<World>, text: String) -> Result<Stored, ServiceError> {
    let files = world.artifacts.clone();
    let stored = tokio::task::spawn_blocking(move || files.put(text.as_bytes()));
    Ok(stored.await.map_err(|_| lanes::CutOff)??)
}

/// The beginning of a result, for people.
pub(super) fn preview(text: &str) -> String {
    let mut end = text.len().min(PREVIEW);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
