//! Makes a new database of what can be read of the damaged one, the sessions' cards and their hosts,
//! and puts it in the damaged one's place, which is kept. The caller holds the data directory's lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::{Paths, create_private_dir};
use crate::host::ControlKey;
use crate::model::ids::Timestamp;
use crate::services::ServiceError;
use crate::store::{self, Origin, Store, StoreError, projects};
use crate::workspace;

use super::Card;
use super::readopt::{Evidence, Put};

/// What came of it.
#[derive(Debug, Clone)]
pub struct Rebuilt {
    /// Where the damaged file lies now; nothing where there was none.
    pub kept: Option<PathBuf>,
    /// Rows that could be read, by table.
    pub rows: BTreeMap<String, u64>,
    /// Sessions that live, by id.
    pub live: Vec<String>,
    /// Sessions that the damaged file no longer had, by id.
    pub put_back: Vec<String>,
    /// What a person should look at, a sentence each.
    pub notices: Vec<String>,
}

/// Does it. Until the last step nothing in the data directory has changed but a folder of drafts.
pub async fn rebuild(paths: &Paths, key: &ControlKey) -> Result<Rebuilt, ServiceError> {
    let drafts = paths.data().join("rebuild");
    let _ = std::fs::remove_dir_all(&drafts);
    create_private_dir(&drafts)?;
    let done = in_drafts(paths, key, &drafts).await;
    // What is left there are copies.
    let _ = std::fs::remove_dir_all(&drafts);
    done
}

async fn in_drafts(
    paths: &Paths,
    key: &ControlKey,
    drafts: &Path,
) -> Result<Rebuilt, ServiceError> {
    let (read, fresh) = (drafts.join("read.db"), drafts.join("fresh.db"));
    let database = paths.database();
    copy_all(&database, &read)?;
    let rows = store::salvage(&read, &fresh)?;
    let (cards, unread) = Card::all(paths);
    let mut notices: Vec<String> =
        unread.iter().map(|file| format!("{} is not understood", file.display())).collect();
    let mut evidence = Vec::new();
    for card in cards {
        evidence.push(Evidence::gather(paths, key, card).await?);
    }
    let live = evidence.iter().filter(|it| it.lives()).map(|it| it.card.id().to_string());
    let live = live.collect();
    let (put_back, lost) = merge(&fresh, drafts, evidence).await?;
    if lost > 0 {
        notices.push(format!("messages whose session is not known any more: {lost}"));
    }
    let kept = put_aside(&database, now())?;
    std::fs::rename(&fresh, &database)
        .map_err(|source| ServiceError::File { path: database.clone(), source })?;
    Ok(Rebuilt { kept, rows, live, put_back, notices })
}

/// Writes what the cards and hosts know into the new database; returns the ids of sessions that it
/// did not have, and how many messages belong to nobody.
async fn merge(
    fresh: &Path,
    drafts: &Path,
    evidence: Vec<Evidence>,
) -> Result<(Vec<String>, u64), ServiceError> {
    let store = Store::open(fresh, &drafts.join("format"))?;
    let origin = Origin { request_id: None, now: now() };
    let merged = store.write(origin, move |change| {
        let mut back = Vec::new();
        for it in &evidence {
            if it.put(change)? == Put::Back {
                back.push(it.card.id().to_string());
            }
        }
        let lost = store::drop_orphans(change)?;
        for project in projects::list(change.db())? {
            let used = highest_number(&project, change)?;
            projects::skip_numbers(change, &project.id, used)?;
        }
        let data = serde_json::json!({ "sessions": back });
        change.record("database.rebuilt", None, None, &data)?;
        Ok((back, lost))
    });
    let merged = merged.await?;
    store.close().await;
    Ok(merged)
}

/// The highest number of a worker of the project, by its sessions and by the repository's branches.
fn highest_number(
    project: &projects::Project,
    change: &store::Change<'_>,
) -> Result<u32, StoreError> {
    let start = format!("{}-", project.prefix);
    let number = |id: &str| id.strip_prefix(&start)?.parse::<u32>().ok();
    let sessions = store::sessions::list(change.db(), Some(project.id.as_str()), true)?;
    let of_sessions = sessions.iter().filter_map(|session| number(session.id.as_str())).max();
    let branches = workspace::local_branches(Path::new(&project.path)).unwrap_or_default();
    let of_branches =
        branches.iter().filter_map(|branch| number(branch.strip_prefix("worker/")?)).max();
    Ok(of_sessions.max(of_branches).unwrap_or(0))
}

/// The files that a database is made of.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn part(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Copies a database with what belongs to it; what is missing is left out.
fn copy_all(from: &Path, to: &Path) -> Result<(), ServiceError> {
    // The shared memory is made anew from the log.
    for suffix in &PARTS[..2] {
        let (from, to) = (part(from, suffix), part(to, suffix));
        match std::fs::copy(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ServiceError::File { path: from, source }),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Renames the damaged files, byte for byte as they are: `ao.db.damaged-<time>` and what belongs to
/// it.
fn put_aside(database: &Path, now: Timestamp) -> Result<Option<PathBuf>, ServiceError> {
    let aside = database.with_extension(format!("db.damaged-{}", now.0));
    // The log first: a database without it is refused as much as a damaged one.
    for suffix in PARTS.iter().rev() {
        let (from, to) = (part(database, suffix), part(&aside, suffix));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ServiceError::File { path: from, source }),
            Ok(()) => {}
        }
    }
    Ok(aside.exists().then_some(aside))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
