//! What can go wrong with the store.

use std::path::PathBuf;

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer ao wrote this data directory. Nothing in it has been touched.
    #[error("the data directory has format {found}, this ao knows formats up to {known}")]
    Newer {
        /// The format found.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// The file is not a database of ao, or it is damaged. It has been left as it is.
    #[error("{path} is damaged or not a database of ao: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
    /// No room to write.
    #[error("no space left for the database")]
    NoSpace,
    /// Another program holds the database.
    #[error("another program holds the database locked")]
    Busy,
    /// A row that should be there is not.
    #[error("no {what} {id:?}")]
    NotFound {
        /// `project`, `session`, `message`.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// A row that must be the only one exists already.
    #[error("{what} {id:?} exists already")]
    Exists {
        /// `project`, `session`, `prefix`, `path`.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// The key has been used for another request.
    #[error("the idempotency key {key:?} was used for another request")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// It is larger than what is kept.
    #[error("it has {bytes} bytes, {limit} are the most that is kept")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A recipient's queue is full.
    #[error("{limit} messages wait for {recipient} already")]
    QueueFull {
        /// The session.
        recipient: String,
        /// The limit.
        limit: u32,
    },
    /// A parent has as many subagents at work as it may.
    #[error("{parent} has {limit} subagents that are not over already")]
    SubagentsFull {
        /// Whose.
        parent: String,
        /// The limit.
        limit: u32,
    },
    /// Messages come too fast.
    #[error(transparent)]
    TooFast(#[from] crate::model::message::TooFast),
    /// The lifecycle does not know this change.
    #[error(transparent)]
    Transition(#[from] crate::model::session::IllegalTransition),
    /// A message's state does not lead to the one asked for.
    #[error("message {id} is {from} and cannot become {to}")]
    MessageState {
        /// The message.
        id: String,
        /// Its state.
        from: &'static str,
        /// The state asked for.
        to: &'static str,
    },
    /// A workflow run's state does not lead to the one asked for.
    #[error("the run {id} is {from} and cannot become {to}")]
    RunState {
        /// The run.
        id: String,
        /// Its state.
        from: &'static str,
        /// The state asked for.
        to: &'static str,
    },
    /// The row has changed since it was seen.
    #[error("stale version: expected {expected}, found {found}")]
    Stale {
        /// The version that was seen; 0 for none.
        expected: u32,
        /// The version it has; 0 for none.
        found: u32,
    },
    /// A task's state does not allow what was asked.
    #[error("{id}: {refused}")]
    TaskState {
        /// The task.
        id: String,
        /// Why not.
        refused: crate::model::board::Refused,
    },
    /// A task would wait for itself.
    #[error("it would wait for itself: {}", arrows(.way))]
    TaskCycle {
        /// From the task to itself.
        way: Vec<crate::model::board::TaskId>,
    },
    /// A board has as many open tasks as it may have.
    #[error("{project} has {limit} tasks that are not over, its limit")]
    BoardFull {
        /// The project.
        project: String,
        /// The limit.
        limit: u32,
    },
    /// A scratchpad has as many keys as it may have.
    #[error("the scratchpad has {limit} keys, its limit")]
    ScratchpadFull {
        /// The limit.
        limit: u32,
    },
    /// What a column holds makes no sense to this ao.
    #[error("the database has a {what} that this ao does not understand: {value}")]
    Value {
        /// Which column.
        what: &'static str,
        /// What it holds.
        value: String,
    },
    /// Anything else that SQLite says.
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// Files beside the database.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The thread that writes is gone; only a new start helps.
    #[error("the store has stopped")]
    Stopped,
}

fn arrows(way: &[crate::model::board::TaskId]) -> String {
    way.iter().map(ToString::to_string).collect::<Vec<_>>().join(" -> ")
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
        };
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => {
                Self::Damaged { path: PathBuf::from("ao.db"), reason: error.to_string() }
            }
            Some(DiskFull) => Self::NoSpace,
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            _ => Self::Sqlite(error),
        }
    }
}
