//! The version of the data directory, in a file of its own, so that a newer directory is refused
//! before its database is opened.

use std::path::Path;

use super::{SCHEMA, StoreError};

/// Reads `<data dir>/format` and refuses a newer one. Call under the data directory's lock.
pub fn check_format(file: &Path) -> Result<(), StoreError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StoreError::File { path: file.to_owned(), source }),
    };
    let found: u32 = text.trim().parse().map_err(|_| StoreError::Damaged {
        path: file.to_owned(),
        reason: "it should hold a number".to_owned(),
    })?;
    if found > SCHEMA {
        return Err(StoreError::Newer { found, known: SCHEMA });
    }
    Ok(())
}
