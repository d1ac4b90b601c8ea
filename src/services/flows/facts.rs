//! What all tasks of a run know of it, and never changes while it is driven; but for the budget.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};

use serde_json::Value;
use tokio::sync::Semaphore;

use super::options::Options;
use crate::model::flow::{Budget, Flow, Step, read};
use crate::model::ids::Timestamp;
use crate::services::{ServiceError, World, projects};
use crate::store::flows::Run;

/// See the module.
pub(super) struct Facts {
    pub(super) world: Arc<World>,
    /// `fl-…`
    pub(super) id: String,
    pub(super) project: String,
    /// The project's main checkout.
    pub(super) root: PathBuf,
    pub(super) flow: Flow,
    pub(super) args: BTreeMap<String, Value>,
    pub(super) options: Options,
    pub(super) created_at: Timestamp,
    /// Processes of this run at the same time.
    pub(super) places: Semaphore,
    /// Steps that wait at a breaker: they take no place.
    held: AtomicU32,
    budget: RwLock<Budget>,
    numbers: HashMap<String, u32>,
}

impl Facts {
    /// Of the run as it is stored.
    pub(super) async fn of(world: &Arc<World>, run: &Run) -> Result<Arc<Self>, ServiceError> {
        let unread = |error: String| ServiceError::Flow(format!("{}: {error}", run.file));
        let flow = read(&run.text).map_err(|faults| {
            unread(faults.first().map_or_else(String::new, ToString::to_string))
        })?;
        let options: Options =
            serde_json::from_str(&run.options).map_err(|error| unread(error.to_string()))?;
        let args = serde_json::from_str(&run.args).map_err(|error| unread(error.to_string()))?;
        let root = projects::load(world, &run.project).await?.path.into();
        let numbers = (0_u32..).zip(&flow.steps).map(|(n, step)| (step.id.clone(), n)).collect();
        Ok(Arc::new(Self {
            world: world.clone(),
            id: run.id.clone(),
            project: run.project.clone(),
            root,
            places: Semaphore::new(flow.concurrency as usize),
            held: AtomicU32::new(0),
            budget: RwLock::new(options.budget.clone()),
            flow,
            args,
            options,
            created_at: run.created_at,
            numbers,
        }))
    }

    /// The step of that number. It is there: numbers come from the file and from rows made of it.
    pub(super) fn step(&self, idx: u32) -> &Step {
        &self.flow.steps[idx as usize]
    }

    /// The number of the step of that id.
    pub(super) fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// What the run may use.
    pub(super) fn budget(&self) -> Budget {
        self.budget.read().expect("nobody panics with the budget").clone()
    }

    /// A person has raised it.
    pub(super) fn set_budget(&self, budget: Budget) {
        *self.budget.write().expect("nobody panics with the budget") = budget;
    }

    /// Steps that wait at a breaker.
    pub(super) fn held(&self) -> u32 {
        self.held.load(Ordering::Relaxed)
    }

    /// One more waits, until what is returned is dropped.
    pub(super) fn hold(&self) -> Hold<'_> {
        self.held.fetch_add(1, Ordering::Relaxed);
        Hold(self)
    }

    /// Where an attempt of a step has its files; for one item of it a folder below.
    pub(super) fn dir(&self, idx: u32, attempt: u32, item: Option<u32>) -> PathBuf {
        let runs = self.world.paths.data().join("flows");
        let dir = runs.join(&self.id).join(idx.to_string()).join(attempt.to_string());
        item.map_or(dir.clone(), |item| dir.join(item.to_string()))
    }

    /// By these a process of the run is found, whatever became of its files.
    pub(super) fn marks(&self, idx: u32, item: Option<u32>) -> Vec<(&'static str, String)> {
        let mut marks = vec![
            ("AO_DATA_DIR", self.world.paths.data().display().to_string()),
            ("AO_FLOW_RUN", self.id.clone()),
            ("AO_FLOW_STEP", self.step(idx).id.clone()),
        ];
        marks.extend(item.map(|item| ("AO_FLOW_ITEM", item.to_string())));
        marks
    }
}

/// A step that waits.
pub(super) struct Hold<'a>(&'a Facts);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}
