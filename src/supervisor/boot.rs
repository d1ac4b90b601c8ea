//! Everything between the start of the process and the first request.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Environment, Paths, Settings, ZellijMode, create_private_dir};
use crate::host::ControlKey;
use crate::panes::{Viewer, Zellij};
use crate::process::{self, ProcessId};
use crate::services::breakers::Breakers;
use crate::services::lanes::CutOff;
use crate::services::panes::Panes;
use crate::services::{
    Hosts, Parts, Request, ServiceError, World, flows, hooks, orchestrator, rebuild, sessions,
    subagents, workflows,
};
use crate::store::{Origin, Store, StoreError, check_format, messages};
use crate::workspace::Git;

use super::SupervisorError;
use super::lock::{self, Lock};

/// What has been made of the data directory.
pub struct Booted {
    /// For the services.
    pub world: Arc<World>,
    /// Keeps other supervisors away.
    pub lock: Lock,
}

/// Directories, lock, store, key, zellij. Nothing of the data directory is touched before the lock
/// is held and its format is known. `after` is the supervisor that crashed, for one that follows it.
pub async fn boot(
    environment: &Environment,
    after: Option<u32>,
) -> Result<Booted, SupervisorError> {
    refuse_inside_session()?;
    let paths = Paths::resolve(environment)?;
    let settings = Settings::load(&paths.config_file(), environment)?;
    create_private_dir(paths.data())?;
    let lock = lock::take(&paths.lock_file(), paths.data(), after)?;
    check_format(&paths.format_file())?;
    paths.create()?;
    paths.record_run_dir()?;
    let store = Store::open(&paths.database(), &paths.format_file())?;
    let key = control_key(&paths.control_key())?;
    let ao = std::env::current_exe().map_err(SupervisorError::file("/proc/self/exe"))?;
    let variables = scrubbed(environment);
    let panes = panes(&settings, &paths, &variables).await;
    let world = World::new(Parts {
        store,
        ao,
        environment: variables,
        git: Git::find(environment).map_err(ServiceError::from)?,
        panes,
        hosts: Hosts::new(key),
        paths,
        settings,
    });
    refuse_lost_writes(&world).await?;
    link_ao(&world.bin_dir(), &world.ao)?;
    Ok(Booted { world, lock })
}

/// A sound database can still have lost what was written last: its log was deleted, or an older copy
/// was put in its place. Sessions that it does not know would be taken for strangers' processes.
async fn refuse_lost_writes(world: &World) -> Result<(), SupervisorError> {
    let known = world.store.read(|db| crate::store::sessions::list(db, None, true)).await?;
    let lacking = rebuild::lacking(&world.paths, &known);
    let Some(first) = lacking.first() else { return Ok(()) };
    let reason = format!("it lacks launches that were recorded ({}: {first} …)", lacking.len());
    Err(StoreError::Damaged { path: world.paths.database(), reason }.into())
}

/// How long sessions may take to be compared with the world before requests are taken all the same:
/// a host that does not answer costs five seconds, a repository that is locked two minutes.
const PATIENCE: Duration = Duration::from_secs(8);

/// Compares the records with the world and wakes whoever has mail. Called with the lock held; when
/// it returns, requests are taken.
pub async fn reconcile(world: Arc<World>) -> Result<(), SupervisorError> {
    let done = take_over(&world).await;
    world.readiness.open();
    done
}

async fn take_over(world: &Arc<World>) -> Result<(), SupervisorError> {
    let request = Request::of_supervisor();
    let origin: Origin = request.origin(world.now());
    world
        .store
        .write(origin, |change| {
            change.record(
                "supervisor.started",
                None,
                None,
                &serde_json::json!({
                    "version": env!("CARGO_PKG_VERSION"),
                    "pid": std::process::id(),
                }),
            )
        })
        .await?;
    // First of all: what an agent said meanwhile decides whether anything may be typed into it.
    hooks::replay_all(world).await?;
    let (shared, asked) = (world.clone(), request.clone());
    let adopting = tokio::spawn(async move { sessions::adopt(&shared, &asked).await });
    match tokio::time::timeout(PATIENCE, adopting).await {
        Ok(adopted) => adopted.map_err(|_| ServiceError::from(CutOff))??,
        Err(_) => {
            tracing::warn!("some sessions take long to be taken over; the others are not held up")
        }
    }
    sessions::finish_cut_off(world, &request).await?;
    orchestrator::finish_cut_off(world, &request).await?;
    crate::services::messages::seek_all_evidence(world).await?;
    Breakers::load(world).await?;
    workflows::recover(world).await?;
    subagents::recover(world).await?;
    flows::recover(world).await?;
    let waiting = world.store.read(messages::recipients_waiting).await?;
    for recipient in waiting {
        if let Ok(id) = crate::model::ids::SessionId::parse(recipient) {
            world.dispatch.wake(world, &id);
        }
    }
    Ok(())
}

/// The key that opens the hosts' control side; made at the first start.
pub(super) fn control_key(path: &Path) -> Result<ControlKey, SupervisorError> {
    if !path.exists() {
        ControlKey::random()?.write_new(path)?;
    }
    Ok(ControlKey::read(path)?)
}

/// A supervisor inside a session would die with it, and would be told apart from no agent.
pub(super) fn refuse_inside_session() -> Result<(), SupervisorError> {
    let above = process::ancestors(ProcessId::current()?)?;
    for process in above {
        if process::name(process)?.as_deref() == Some(crate::host::serve::PROCESS_NAME) {
            return Err(SupervisorError::InsideSession);
        }
    }
    Ok(())
}

fn scrubbed(environment: &Environment) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = environment
        .variables()
        .iter()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
        .collect();
    process::scrub(&mut variables);
    variables
}

async fn panes(settings: &Settings, paths: &Paths, variables: &BTreeMap<String, String>) -> Panes {
    let zellij = match settings.zellij {
        ZellijMode::Off => Err("zellij is switched off (setting `zellij`)".to_owned()),
        ZellijMode::Auto => {
            let path = variables.get("PATH").map(OsString::from);
            Zellij::find(path.as_deref(), settings.zellij_path.as_deref())
                .await
                .map_err(|error| format!("no panes: {error}"))
        }
    };
    let viewer = Viewer {
        program: paths.run().join("bin").join("ao"),
        arguments: vec!["attach".to_owned(), "--pane".to_owned()],
        environment: [
            ("AO_DATA_DIR", paths.data()),
            ("AO_CONFIG_DIR", paths.config()),
            ("AO_SOCKET", paths.socket()),
        ]
        .into_iter()
        .map(|(name, path)| (OsString::from(name), OsString::from(path)))
        .collect(),
    };
    Panes::new(zellij, viewer, paths.zellij_dir())
}

/// Makes `<run dir>/bin/ao` point at this program: the one that sessions find first on their PATH.
pub(super) fn link_ao(bin: &Path, ao: &Path) -> Result<(), SupervisorError> {
    create_private_dir(bin)?;
    let link = bin.join("ao");
    if std::fs::read_link(&link).is_ok_and(|target| target == ao) {
        return Ok(());
    }
    let fresh: PathBuf = bin.join(format!(".ao-{}", std::process::id()));
    let _ = std::fs::remove_file(&fresh);
    symlink(ao, &fresh).map_err(SupervisorError::file(&fresh))?;
    std::fs::rename(&fresh, &link).map_err(SupervisorError::file(&link))
}
