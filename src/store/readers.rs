//! The connections that only read: each read is done at once, on the thread of whoever asks. It
//! waits for no commit, for in write-ahead mode readers and the writer do not stop each other.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::database::keep_plans;

/// As many as threads of the supervisor that may ask at a time.
const CONNECTIONS: usize = 2;
/// How long to wait for another program that holds the database locked.
const BUSY: Duration = Duration::from_secs(1);
/// Prepared statements that each keeps: more than there are questions.
const STATEMENTS: usize = 128;

/// Connections to the database; none once it is closed.
pub(super) struct Readers([Mutex<Option<Connection>>; CONNECTIONS]);

impl Readers {
    /// Of the database at `path`, which is there and in write-ahead mode.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let readers = Self(Default::default());
        for place in &readers.0 {
            *lock(place) = Some(connect(path)?);
        }
        Ok(readers)
    }

    /// Asks, all of it from one moment: what was committed before is seen.
    ///
    /// # Errors
    /// The query's own; [`StoreError::Stopped`] after [`Readers::close`].
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let free = self.0.iter().find_map(|place| place.try_lock().ok());
        let mut place = free.unwrap_or_else(|| lock(&self.0[0]));
        let db = place.as_mut().ok_or(StoreError::Stopped)?;
        // One transaction: one snapshot, and the locks are taken once and not for each query.
        let open = db.transaction()?;
        query(&open)
    }

    /// Ends them after the reads that are going on.
    pub(super) fn close(&self) {
        for place in &self.0 {
            lock(place).take();
        }
    }
}

/// A query that panicked has left nothing half done: it only read.
fn lock(place: &Mutex<Option<Connection>>) -> MutexGuard<'_, Option<Connection>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    keep_plans(&db)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_is_seen_and_nothing_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)").unwrap();
        let readers = Readers::open(&path).unwrap();
        let count = |db: &Connection| {
            Ok(db.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0))?)
        };
        writer.execute_batch("BEGIN; INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(readers.read(count).unwrap(), 0);
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(readers.read(count).unwrap(), 1);
        let change = |db: &Connection| Ok(db.execute("INSERT INTO t VALUES (2)", [])?);
        assert!(readers.read(change).is_err());
        readers.close();
        assert!(matches!(readers.read(count), Err(StoreError::Stopped)));
    }
}
