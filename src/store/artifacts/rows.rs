//! The rows: which artifacts there are, and who holds on to each.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::model::ids::Timestamp;
use crate::store::{Change, StoreError};

use super::files::Stored;

/// Keeps the artifact for as long as `holder` does not let go. Holding it twice is holding it once.
pub fn hold(change: &Change<'_>, stored: &Stored, holder: &str) -> Result<(), StoreError> {
    let bytes = i64::try_from(stored.bytes).unwrap_or(i64::MAX);
    change
        .tx
        .prepare_cached(
            "INSERT INTO artifacts (sha256, bytes, made_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO NOTHING",
        )?
        .execute((&stored.sha256, bytes, change.now().0))?;
    change
        .tx
        .prepare_cached(
            "INSERT INTO artifact_holds (sha256, holder) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute((&stored.sha256, holder))?;
    Ok(())
}

/// Lets go of everything that `holder` holds.
pub fn let_go(change: &Change<'_>, holder: &str) -> Result<(), StoreError> {
    change.tx.prepare_cached("DELETE FROM artifact_holds WHERE holder = ?1")?.execute([holder])?;
    Ok(())
}

/// Forgets what was made before `before` and nobody holds; returns the names of all that is left,
/// for [`super::ArtifactFiles::remove_unknown`].
pub fn sweep(change: &Change<'_>, before: Timestamp) -> Result<BTreeSet<String>, StoreError> {
    change.tx.execute(
        "DELETE FROM artifacts WHERE made_at < ?1 AND NOT EXISTS \
         (SELECT 1 FROM artifact_holds WHERE artifact_holds.sha256 = artifacts.sha256)",
        [before.0],
    )?;
    names(&change.tx)
}

fn names(db: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let mut query = db.prepare_cached("SELECT sha256 FROM artifacts")?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Origin, Store};

    #[tokio::test]
    async fn what_is_held_stays() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("ao.db"), &dir.path().join("format")).unwrap();
        let stored = |digit: &str| Stored { sha256: digit.repeat(64), bytes: 1 };
        let origin = |at| Origin { request_id: None, now: Timestamp(at) };
        let kept = store
            .write(origin(10), move |change| {
                for (digit, holder) in [("a", "trace:1"), ("a", "trace:2"), ("b", "trace:1")] {
                    hold(change, &stored(digit), holder)?;
                    hold(change, &stored(digit), holder)?;
                }
                let_go(change, "trace:1")?;
                sweep(change, Timestamp(10))
            })
            .await
            .unwrap();
        assert_eq!(kept.len(), 2, "nothing is forgotten in its first hour");
        let kept =
            store.write(origin(20), move |change| sweep(change, Timestamp(11))).await.unwrap();
        assert_eq!(kept.into_iter().collect::<Vec<_>>(), ["a".repeat(64)]);
    }
}
