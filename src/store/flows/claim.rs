//! Who does a step: taken by comparing its version, under a lease. Of any number who want it at the
//! same time exactly one gets it.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use crate::model::flow::Standing;
use crate::model::ids::Timestamp;
use crate::store::{Change, StoreError};

/// A step that can be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub idx: u32,
    /// The version that was seen.
    pub version: u32,
}

/// What can be begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ready {
    /// Now, in the order of the file.
    pub now: Vec<Candidate>,
    /// When the next one can, which waits for its next attempt.
    pub next_at: Option<Timestamp>,
}

/// A step that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Its number.
    pub idx: u32,
    /// The version that it has now.
    pub version: u32,
    /// The number of the attempt that begins.
    pub attempt: u32,
    /// Attempts that count, this one included.
    pub tries: u32,
    /// Attempts that were lost with their processes.
    pub lost: u32,
}

impl Claim {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            idx: row.get("idx")?,
            version: row.get("version")?,
            attempt: row.get("attempt")?,
            tries: row.get("tries")?,
            lost: row.get("lost")?,
        })
    }
}

/// The first `limit` steps that can be begun now. What it costs depends on these, not on how many
/// steps there are.
pub fn ready(db: &Connection, run: &str, now: Timestamp, limit: u32) -> Result<Ready, StoreError> {
    let sql = "SELECT idx, version FROM flow_steps \
               WHERE run = ?1 AND state = 'pending' AND waits = 0 AND not_before <= ?2 \
               ORDER BY idx LIMIT ?3";
    let read = |row: &Row<'_>| Ok(Candidate { idx: row.get(0)?, version: row.get(1)? });
    let mut query = db.prepare_cached(sql)?;
    let found = query.query_map((run, now.0, limit), read)?.collect::<Result<_, _>>()?;
    let sql = "SELECT min(not_before) FROM flow_steps \
               WHERE run = ?1 AND state = 'pending' AND waits = 0 AND not_before > ?2";
    let next_at: Option<i64> = match limit {
        // Nobody has a place for it before something ends, which makes somebody look again.
        0 => None,
        _ => db.prepare_cached(sql)?.query_row((run, now.0), |row| row.get(0))?,
    };
    Ok(Ready { now: found, next_at: next_at.map(Timestamp) })
}

/// Takes the step, if it is as it was seen; nothing where somebody else was first. `owner` is the
/// supervisor whose lease it is.
pub fn claim(
    change: &Change<'_>,
    run: &str,
    wanted: Candidate,
    owner: &str,
) -> Result<Option<Claim>, StoreError> {
    let sql = "UPDATE flow_steps SET state = 'running', version = version + 1, \
               attempt = attempt + 1, tries = tries + 1, lease_owner = ?4, \
               started_at = coalesce(started_at, ?5), error = NULL \
               WHERE run = ?1 AND idx = ?2 AND version = ?3 AND state = 'pending' AND waits = 0 \
               RETURNING idx, version, attempt, tries, lost, step";
    let params = rusqlite::params![run, wanted.idx, wanted.version, owner, change.now().0];
    let taken: Option<(Claim, String)> = change
        .tx
        .prepare_cached(sql)?
        .query_row(params, |row| Ok((Claim::read(row)?, row.get("step")?)))
        .optional()?;
    let Some((claim, step)) = taken else { return Ok(None) };
    journal(change, run, &step, json!({ "state": "running", "attempt": claim.attempt }))?;
    Ok(Some(claim))
}

/// Takes over what others have in hand: those whose lease is not `owner`'s. A lease ends with its
/// supervisor; whoever calls this has the data directory's lock, so that the others are gone.
pub fn adopt(change: &Change<'_>, run: &str, owner: &str) -> Result<Vec<Claim>, StoreError> {
    let sql = "UPDATE flow_steps SET version = version + 1, lease_owner = ?2 \
               WHERE run = ?1 AND state = 'running' AND lease_owner IS NOT ?2 \
               RETURNING idx, version, attempt, tries, lost";
    let mut query = change.tx.prepare_cached(sql)?;
    let mut all: Vec<Claim> =
        query.query_map((run, owner), Claim::read)?.collect::<Result<_, _>>()?;
    all.sort_unstable_by_key(|claim| claim.idx);
    Ok(all)
}

/// The step was taken and nothing was begun for it: as if it had not been taken. The number of the
/// attempt is not used again.
pub fn put_back(change: &Change<'_>, run: &str, claim: Claim) -> Result<(), StoreError> {
    let sql = "UPDATE flow_steps SET state = 'pending', version = version + 1, \
               tries = tries - 1, lease_owner = NULL \
               WHERE run = ?1 AND idx = ?2 AND version = ?3 AND state = 'running' RETURNING step";
    let step: Option<String> = change
        .tx
        .prepare_cached(sql)?
        .query_row((run, claim.idx, claim.version), |row| row.get(0))
        .optional()?;
    match step {
        Some(step) => journal(change, run, &step, json!({ "state": "pending" })),
        None => Ok(()),
    }
}

/// How many steps are where.
pub fn standing(db: &Connection, run: &str) -> Result<Standing, StoreError> {
    let sql = "SELECT state, on_failure, count(*) FROM flow_steps \
               WHERE run = ?1 GROUP BY state, on_failure";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([run])?;
    let mut standing = Standing::default();
    while let Some(row) = rows.next()? {
        let (state, on_failure): (String, String) = (row.get(0)?, row.get(1)?);
        let count = row.get::<_, i64>(2)?.unsigned_abs();
        match (state.as_str(), on_failure.as_str()) {
            ("running", _) => standing.running += count,
            ("pending", _) => standing.waiting += count,
            ("waiting_gate", _) => standing.gates += count,
            ("failed", "fail") => standing.failed += count,
            ("cancelled", _) => standing.cancelled += count,
            _ => {}
        }
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM flow_steps \
               WHERE run = ?1 AND state = 'pending' AND waits = 0)";
    let any_ready: bool = db.prepare_cached(sql)?.query_row([run], |row| row.get(0))?;
    // One is as good as many: it says that the run can go on.
    standing.ready = u64::from(any_ready);
    standing.waiting -= standing.ready;
    Ok(standing)
}

/// A step's row in the journal.
pub(super) fn journal(
    change: &Change<'_>,
    run: &str,
    step: &str,
    mut data: serde_json::Value,
) -> Result<(), StoreError> {
    let sql = "SELECT project FROM flow_runs WHERE id = ?1";
    let project: String = change.tx.prepare_cached(sql)?.query_row([run], |row| row.get(0))?;
    data["run"] = json!(run);
    data["step"] = json!(step);
    change.record("flow.step", Some(&project), None, &data)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::model::flow::{StepState, Verdict};
    use crate::model::ids::ProjectId;
    use crate::store::flows::{End, New, NewStep, add, finish};
    use crate::store::{Origin, Store, projects};

    fn origin() -> Origin {
        Origin { request_id: None, now: Timestamp(1) }
    }

    async fn store_with(dir: &std::path::Path, steps: u32) -> Store {
        let store = Store::open(&dir.join("ao.db"), &dir.join("format")).unwrap();
        let project = projects::Project {
            id: ProjectId::parse("shop").unwrap(),
            prefix: "shop".to_owned(),
            path: "/shop".to_owned(),
            common_dir: "/shop/.git".to_owned(),
            default_branch: "main".to_owned(),
            agent: None,
            created_at: Timestamp(0),
            trusted: None,
            restore: false,
            open_network: false,
            permits: false,
        };
        let step =
            |n: u32| NewStep { id: format!("s{n}"), on_failure: "fail", depends_on: Vec::new() };
        let text = String::new;
        let new = New {
            id: "fl-000000".to_owned(),
            project: "shop".to_owned(),
            name: "t".to_owned(),
            file: text(),
            text: text(),
            args: text(),
            options: text(),
            started_by: "person".to_owned(),
            steps: (0..steps).map(step).collect(),
        };
        let made = store.write(origin(), move |change| {
            projects::add(change, &project, 1)?;
            add(change, &new)
        });
        made.await.unwrap();
        store
    }

    /// G14: 200 ready steps, six claimers with connections of their own: each step once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn g14_of_six_claimers_exactly_one_gets_each_step() {
        let dir = tempfile::tempdir().unwrap();
        let first = store_with(dir.path(), 200).await;
        let claims: std::sync::Arc<Vec<AtomicU32>> =
            std::sync::Arc::new((0..200).map(|_| AtomicU32::new(0)).collect());
        let mut claimers = Vec::new();
        for n in 0..6 {
            let store = match n {
                0 => first.clone(),
                _ => Store::open(&dir.path().join("ao.db"), &dir.path().join("format")).unwrap(),
            };
            let claims = claims.clone();
            claimers.push(tokio::spawn(async move {
                let owner = format!("claimer-{n}");
                loop {
                    let read = store.read(|db| ready(db, "fl-000000", Timestamp(1), 8));
                    let seen = read.await.unwrap().now;
                    // Others may have taken all of them meanwhile; nobody gives one back.
                    let Some(step) = seen.get(n % seen.len().max(1)).copied() else { return };
                    let owner = owner.clone();
                    let taken = store
                        .write(origin(), move |change| {
                            let Some(taken) = claim(change, "fl-000000", step, &owner)? else {
                                return Ok(None);
                            };
                            let end = End::default();
                            finish(change, "fl-000000", taken, StepState::Done, &end)?;
                            Ok(Some(taken))
                        })
                        .await
                        .unwrap();
                    if let Some(taken) = taken {
                        claims[taken.idx as usize].fetch_add(1, Ordering::Relaxed);
                    }
                }
            }));
        }
        for claimer in claimers {
            claimer.await.unwrap();
        }
        assert!(claims.iter().all(|count| count.load(Ordering::Relaxed) == 1));
        let standing = first.read(|db| standing(db, "fl-000000")).await.unwrap();
        assert_eq!(standing.verdict(), Verdict::Completed);
    }
}
