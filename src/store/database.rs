//! The connection that changes facts: one thread that owns it, asked by messages. A commit takes
//! one fsync; reads do not wait for it (`readers`).

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{oneshot, watch};

use super::change::{Change, Origin};
use super::readers::Readers;
use super::{StoreError, journal, migrations};

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

enum Job {
    Work(Work),
    Close(oneshot::Sender<()>),
}

/// How long to wait for another program that holds the database locked.
const BUSY: Duration = Duration::from_secs(5);
/// Prepared statements that are kept: more than there are, so that none is prepared twice.
const STATEMENTS: usize = 128;

/// A handle on the open database. Cheap to clone; the thread ends with the last handle.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    newest: watch::Receiver<u64>,
    newest_sender: Arc<watch::Sender<u64>>,
}

impl Store {
    /// Opens or creates the database at `path` (mode 0600) and brings it to this schema, after a
    /// copy beside it (`ao.db.before-<n>`) where it had an older one. `format` is written last:
    /// where it is, there has been a database, and a missing or empty one is not made anew.
    pub fn open(path: &Path, format: &Path) -> Result<Self, StoreError> {
        let used = format.exists();
        if used && std::fs::metadata(path).map_or(0, |facts| facts.len()) == 0 {
            return Err(gone(path, "it is missing or empty, and this data directory has had one"));
        }
        let mut db = connect(path)?;
        let found = migrations::schema_of(&db).map_err(|error| damaged(path, error))?;
        if used && found == 0 {
            return Err(gone(path, "it is empty, and this data directory has had another one"));
        }
        if found > 0 && found < migrations::SCHEMA {
            super::backup::before_migration(&db, path)?;
        }
        migrations::migrate(&mut db, found)?;
        readable(&db).map_err(|error| damaged(path, error))?;
        write_format(format)?;
        let newest = journal::newest(&db)?;
        let readers = Arc::new(Readers::open(path)?);
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (newest_sender, newest) = watch::channel(newest);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                for job in inbox {
                    match job {
                        Job::Work(work) => work(&mut db),
                        Job::Close(closed) => {
                            drop(db);
                            // Whoever asked may have given up.
                            let _ = closed.send(());
                            return;
                        }
                    }
                }
            })
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Self { jobs, readers, newest, newest_sender: newest_sender.into() })
    }

    /// Reads, all of it from one moment, on the thread of whoever asks. What has an index takes less
    /// than a millisecond; a list or a sum over everything holds that thread up for longer.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError>,
    {
        // Who reads again and again lets others have their turn.
        tokio::task::coop::consume_budget().await;
        self.readers.read(query)
    }

    /// Changes facts in one transaction, durable when this returns `Ok`.
    pub async fn write<T, F>(&self, origin: Origin, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Change<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let newest = self.newest_sender.clone();
        self.run(move |db| {
            let open = Change::new(db.transaction()?, origin);
            let done = change(&open)?;
            let seq = journal::newest(&open.tx)?;
            open.commit()?;
            newest.send_if_modified(|last| std::mem::replace(last, seq) != seq);
            Ok(done)
        })
        .await
    }

    /// The number of the newest journal row; changes after every commit that wrote one.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    /// Closes the database after what has been asked so far: all of it is then in the one file.
    /// What is asked later fails with [`StoreError::Stopped`].
    pub async fn close(&self) {
        // The last connection brings everything into the one file.
        self.readers.close();
        let (closed, done) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).is_ok() {
            // An error means that the thread is gone, and the connection with it.
            let _ = done.await;
        }
    }

    async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |db| {
            // Nobody waits any more when the request was given up; the work is done all the same.
            let _ = answer.send(work(db));
        });
        self.jobs.send(Job::Work(work)).map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)?
    }
}

pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let file = |source| StoreError::File { path: path.to_owned(), source };
    create_private(path).map_err(file)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    keep_plans(&db)?;
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                    PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216;";
    db.execute_batch(settings).map_err(|error| damaged(path, error.into()))?;
    let check: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| damaged(path, error.into()))?;
    if check != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), reason: check });
    }
    Ok(db)
}

/// Has a statement's plan depend on its text alone. Else SQLite prepares one anew for each value that
/// it is given, where a partial index might fit that value.
pub(super) fn keep_plans(db: &Connection) -> Result<(), StoreError> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Makes the file with mode 0600 before SQLite does, which also gives `-wal` and `-shm` that mode.
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

fn damaged(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Sqlite(error) => {
            StoreError::Damaged { path: path.to_owned(), reason: error.to_string() }
        }
        StoreError::Value { what, value } => {
            StoreError::Damaged { path: path.to_owned(), reason: format!("{what}: {value}") }
        }
        other => other,
    }
}

fn gone(path: &Path, reason: &str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}

/// SQLite's own check does not look into the values: every project and session must make sense.
fn readable(db: &Connection) -> Result<(), StoreError> {
    super::projects::list(db)?;
    super::sessions::list(db, None, true).map(drop)
}

fn write_format(file: &Path) -> Result<(), StoreError> {
    let wanted = format!("{}\n", migrations::SCHEMA);
    if std::fs::read_to_string(file).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    crate::config::write_private(file, wanted.as_bytes()).map_err(|error| StoreError::File {
        path: PathBuf::from(file),
        source: std::io::Error::other(error),
    })
}
