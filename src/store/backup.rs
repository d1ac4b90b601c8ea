//! The copy of the database that is made before its schema is changed: `ao.db.before-<n>`, of which
//! the newest few are kept.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{StoreError, migrations};

/// Copies that are kept.
const KEPT: usize = 3;

/// Copies the open database beside `path`, consistent as a reader sees it, mode 0600; then takes the
/// oldest copies away.
pub(super) fn before_migration(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let to = named(path, migrations::SCHEMA);
    let file = |source| StoreError::File { path: to.clone(), source };
    super::database::create_private(&to).map_err(file)?;
    db.backup("main", &to, None::<fn(rusqlite::backup::Progress)>)?;
    let copies: Vec<u32> =
        (1..=migrations::SCHEMA).rev().filter(|schema| named(path, *schema).exists()).collect();
    for schema in copies.into_iter().skip(KEPT) {
        // One that cannot be taken away is in nobody's way.
        let _ = std::fs::remove_file(named(path, schema));
    }
    Ok(())
}

fn named(path: &Path, schema: u32) -> PathBuf {
    path.with_extension(format!("db.before-{schema}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_copies_are_kept_and_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ao.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE kept (word TEXT); INSERT INTO kept VALUES ('yes')").unwrap();
        before_migration(&db, &path).unwrap();
        let copy = Connection::open(named(&path, migrations::SCHEMA)).unwrap();
        let word: String = copy.query_row("SELECT word FROM kept", [], |row| row.get(0)).unwrap();
        assert_eq!(word, "yes");
    }
}
