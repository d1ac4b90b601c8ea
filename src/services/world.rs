//! What every service needs: the store, the paths, and the ways to the world outside.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::agents::Catalog;
use crate::config::{Paths, Settings};
use crate::model::ids::Timestamp;
use crate::store::Store;
use crate::store::artifacts::ArtifactFiles;
use crate::workspace::{Git, RepositoryLocks};

use super::breakers::Breakers;
use super::flows::Flows;
use super::hosts::Hosts;
use super::interrupts::Interrupts;
use super::lanes::Lanes;
use super::messages::{Dispatch, Evidence, Listeners};
use super::orchestrator::Flights;
use super::panes::Panes;
use super::permits::Permits;
use super::ping_pong::Review;
use super::readiness::Readiness;
use super::reaper::Reaper;
use super::reports::Clock;
use super::sessions::Queue;
use super::traces::{Redactors, Transcripts};
use super::versions::Versions;
use super::workflows::Workflows;

/// Shared by all services; made once by the supervisor.
pub struct World {
    /// The facts.
    pub store: Store,
    /// Where things are.
    pub paths: Paths,
    /// How ao is set up.
    pub settings: Settings,
    /// This very program.
    pub ao: PathBuf,
    /// The supervisor's own environment, without any session's marks.
    pub environment: BTreeMap<String, String>,
    /// git itself.
    pub git: Git,
    /// One change at a time per repository.
    pub repositories: RepositoryLocks,
    /// zellij.
    pub panes: Panes,
    /// One lane per session.
    pub lanes: Lanes,
    /// Connections to session hosts.
    pub hosts: Hosts,
    /// The actors that deliver messages.
    pub dispatch: Dispatch,
    /// What looks for evidence of messages that went by hooks.
    pub evidence: Evidence,
    /// The agents that listen for their messages.
    pub listeners: Listeners,
    /// Wakes the task that tells of reports.
    pub report_clock: Clock,
    /// Wakes the task that looks at stopped pairs of agents.
    pub ping_pong: Review,
    /// Wakes the task that starts sessions that wait for room.
    pub queue: Queue,
    /// Whether requests are taken yet.
    pub readiness: Readiness,
    /// Wakes the reaper.
    pub reaper: Reaper,
    /// Reaches what can be interrupted.
    pub interrupts: Interrupts,
    /// Relaunches under way.
    pub flights: Flights,
    /// Large bodies.
    pub artifacts: Arc<ArtifactFiles>,
    /// Live sessions' secrets, as far as they must not be kept.
    pub redactors: Redactors,
    /// Agents' transcripts that may have something new.
    pub transcripts: Transcripts,
    /// Agents that wait for the answer to a permission request.
    pub permits: Permits,
    /// Workflow runs under way.
    pub workflows: Workflows,
    /// Flow runs under way.
    pub flows: Flows,
    /// One for each agent and model.
    pub breakers: Breakers,
    /// What agents' programs say of their versions.
    pub versions: Versions,
    /// When this supervisor came up.
    pub started_at: Timestamp,
    catalog: RwLock<Arc<Catalog>>,
    itself: Weak<World>,
}

/// What a [`World`] is made from.
pub struct Parts {
    /// See [`World::store`].
    pub store: Store,
    /// See [`World::paths`].
    pub paths: Paths,
    /// See [`World::settings`].
    pub settings: Settings,
    /// See [`World::ao`].
    pub ao: PathBuf,
    /// See [`World::environment`].
    pub environment: BTreeMap<String, String>,
    /// See [`World::git`].
    pub git: Git,
    /// See [`World::panes`].
    pub panes: Panes,
    /// See [`World::hosts`].
    pub hosts: Hosts,
}

impl World {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let catalog = RwLock::new(Arc::new(catalog(&parts.paths)));
        let artifacts = Arc::new(ArtifactFiles::new(parts.paths.artifacts_dir()));
        let workflows = Workflows::new(parts.settings.limits.workflow_agents);
        Arc::new_cyclic(|itself| Self {
            store: parts.store,
            paths: parts.paths,
            settings: parts.settings,
            ao: parts.ao,
            environment: parts.environment,
            git: parts.git,
            repositories: RepositoryLocks::default(),
            panes: parts.panes,
            lanes: Lanes::default(),
            hosts: parts.hosts,
            dispatch: Dispatch::default(),
            evidence: Evidence::default(),
            listeners: Listeners::default(),
            report_clock: Clock::default(),
            ping_pong: Review::default(),
            queue: Queue::default(),
            readiness: Readiness::default(),
            reaper: Reaper::default(),
            interrupts: Interrupts::default(),
            flights: Flights::default(),
            permits: Permits::default(),
            artifacts,
            redactors: Redactors::default(),
            transcripts: Transcripts::default(),
            workflows,
            flows: Flows::default(),
            breakers: Breakers::default(),
            versions: Versions::default(),
            started_at: now(),
            catalog,
            itself: itself.clone(),
        })
    }

    /// The moment now, by the wall clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        now()
    }

    /// The agents, as their manifests were read last.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.read().expect("no reader of the catalog panics").clone()
    }

    /// Reads the manifests anew: a person may have changed one since.
    pub fn reload_catalog(&self) {
        let fresh = Arc::new(catalog(&self.paths));
        *self.catalog.write().expect("no reader of the catalog panics") = fresh;
    }

    /// Where `ao` is found first on a session's PATH.
    #[must_use]
    pub fn bin_dir(&self) -> PathBuf {
        self.paths.run().join("bin")
    }

    /// This, for a task that outlives the call; nothing while the supervisor goes down.
    #[must_use]
    pub fn shared(&self) -> Option<Arc<World>> {
        self.itself.upgrade()
    }
}

/// The built-in agents and the user's own. A directory that cannot be read costs the user's own
/// manifests, not the supervisor.
fn catalog(paths: &Paths) -> Catalog {
    let loaded = Catalog::load(&paths.agents_dir());
    let catalog = loaded.unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to read the agents' manifests");
        Catalog::built_in()
    });
    for problem in catalog.problems() {
        tracing::warn!(%problem, "a manifest is left out");
    }
    catalog
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
