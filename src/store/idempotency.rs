//! Keys that make a repeated request the same request. Unique per caller, kept for ever: a row has
//! about 150 bytes.

use rusqlite::OptionalExtension;

use super::{Change, StoreError};

/// A caller's key with what it stands for.
#[derive(Debug, Clone)]
pub struct Key {
    /// Who calls.
    pub caller: String,
    /// The key.
    pub key: String,
    /// SHA-256 of verb and body, in hex.
    pub request: String,
}

/// What an earlier request with this key made, or nothing. The same key with another request is
/// an error.
pub fn find(change: &Change<'_>, key: &Key) -> Result<Option<String>, StoreError> {
    let found: Option<(String, String)> = change
        .tx
        .query_row(
            "SELECT request, subject FROM idempotency WHERE caller = ?1 AND key = ?2",
            (&key.caller, &key.key),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    match found {
        Some((request, subject)) if request == key.request => Ok(Some(subject)),
        Some(_) => Err(StoreError::KeyReused { key: key.key.clone() }),
        None => Ok(None),
    }
}

/// Remembers what the request with this key made.
pub fn keep(change: &Change<'_>, key: &Key, subject: &str) -> Result<(), StoreError> {
    change.tx.execute(
        "INSERT INTO idempotency (caller, key, request, subject, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (&key.caller, &key.key, &key.request, subject, change.now().0),
    )?;
    Ok(())
}

/// Does `work` once for this key and answers with what it came to; nothing where it was done
/// before. Without a key it is always done.
pub fn once<T>(
    change: &Change<'_>,
    key: Option<&Key>,
    subject: &str,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    if let Some(key) = key
        && find(change, key)?.is_some()
    {
        return Ok(None);
    }
    let done = work()?;
    if let Some(key) = key {
        keep(change, key, subject)?;
    }
    Ok(Some(done))
}
