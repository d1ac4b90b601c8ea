//! A change in the making: a transaction, and who asked for it. Facts and their journal rows
//! become durable together or not at all.

use rusqlite::Transaction;
use serde_json::Value;

use crate::model::ids::Timestamp;

use super::StoreError;

/// Who caused a change, and when.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The request, where there is one.
    pub request_id: Option<String>,
    /// The moment that the change's rows carry.
    pub now: Timestamp,
}

/// An open transaction. Dropped without a commit it leaves no trace.
pub struct Change<'a> {
    pub(super) tx: Transaction<'a>,
    origin: Origin,
}

impl<'a> Change<'a> {
    pub(super) fn new(tx: Transaction<'a>, origin: Origin) -> Self {
        Self { tx, origin }
    }

    /// The moment of the change.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.origin.now
    }

    /// For reading within the change.
    #[must_use]
    pub fn db(&self) -> &rusqlite::Connection {
        &self.tx
    }

    /// Adds a row to the journal.
    pub fn record(
        &self,
        kind: &str,
        project: Option<&str>,
        session: Option<&str>,
        data: &Value,
    ) -> Result<(), StoreError> {
        self.tx
            .prepare_cached(
                "INSERT INTO journal (at, kind, project, session, request_id, data) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                self.origin.now.0,
                kind,
                project,
                session,
                self.origin.request_id.as_deref(),
                data.to_string(),
            ))?;
        Ok(())
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().map_err(StoreError::from)
    }
}
