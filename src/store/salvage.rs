//! Takes what can still be read out of a damaged database into a new one. For `ao doctor --rebuild`;
//! the damaged file is not touched, the caller gives a copy of it.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use super::database::connect;
use super::{StoreError, migrations};

/// Followers of the journal know its numbers. Rows that are lost had some; new ones must not get
/// the same.
const NUMBERS_SKIPPED: i64 = 1_000_000;

/// Makes the database `fresh` and copies into it every row of `damaged` that can be read. Returns
/// how many of which table.
pub fn salvage(damaged: &Path, fresh: &Path) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut db = connect(fresh)?;
    migrations::migrate(&mut db, 0)?;
    db.pragma_update(None, "foreign_keys", false)?;
    let mut copied = BTreeMap::new();
    let attached = db.execute("ATTACH ?1 AS old", [damaged.display().to_string()]);
    if attached.is_ok() && may_copy(&db) && is_readable(&db) {
        let tables = tables(&db)?;
        db.execute_batch("BEGIN")?;
        for table in tables {
            let rows = copy(&db, &table)?;
            copied.insert(table, rows);
        }
        db.execute_batch("COMMIT")?;
    }
    if attached.is_ok() {
        // As long as it is there, no statement is prepared without a look at its schema, which may
        // be what is damaged.
        db.execute_batch("DETACH old")?;
    }
    drop_what_makes_no_sense(&db)?;
    let seq: i64 = db.query_row(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'journal'), unixepoch())",
        [],
        |row| row.get(0),
    )?;
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'journal'", [])?;
    db.execute(
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('journal', ?1)",
        [seq + NUMBERS_SKIPPED],
    )?;
    Ok(copied)
}

/// A newer schema means something else by its columns.
fn may_copy(db: &Connection) -> bool {
    let version = db.query_row("PRAGMA old.user_version", [], |row| row.get::<_, u32>(0));
    version.is_ok_and(|version| version <= migrations::SCHEMA)
}

/// Without its schema nothing of it can be found.
fn is_readable(db: &Connection) -> bool {
    db.query_row("SELECT count(*) FROM old.sqlite_schema", [], |row| row.get::<_, u32>(0)).is_ok()
}

/// This schema's own tables.
fn tables(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut query = db.prepare(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names = query.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn columns(db: &Connection, schema: &str, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = db.prepare("SELECT name FROM pragma_table_info(?1, ?2)")?;
    query.query_map([table, schema], |row| row.get(0))?.collect()
}

/// From the front until a page cannot be read, then from the back: what is lost is in between.
fn copy(db: &Connection, table: &str) -> Result<u64, StoreError> {
    let Ok(old) = columns(db, "old", table) else { return Ok(0) };
    let mut shared = columns(db, "main", table)?;
    shared.retain(|column| old.contains(column));
    if shared.is_empty() {
        return Ok(0);
    }
    let names = shared.join(", ");
    let places = vec!["?"; shared.len()].join(", ");
    let mut put =
        db.prepare(&format!("INSERT OR IGNORE INTO main.{table} ({names}) VALUES ({places})"))?;
    let mut copied = 0;
    for order in ["", "ORDER BY rowid DESC"] {
        // A table without row numbers is read from the front alone.
        let all = format!("SELECT {names} FROM old.{table} NOT INDEXED {order}");
        let Ok(mut query) = db.prepare(&all) else { break };
        let mut rows = query.query([])?;
        loop {
            match rows.next() {
                // What the new table's checks refuse was damaged, too.
                Ok(Some(row)) => match values(row, shared.len()) {
                    Some(values) => {
                        copied += put.execute(params_from_iter(values)).unwrap_or(0) as u64;
                    }
                    None => continue,
                },
                Ok(None) => return Ok(copied),
                Err(_) => break,
            }
        }
    }
    Ok(copied)
}

/// A row's values; nothing where one is no text though it should be.
fn values(row: &Row<'_>, count: usize) -> Option<Vec<Value>> {
    (0..count)
        .map(|column| match row.get_ref(column).ok()? {
            ValueRef::Text(bytes) => Some(Value::Text(std::str::from_utf8(bytes).ok()?.to_owned())),
            other => Value::try_from(other).ok(),
        })
        .collect()
}

/// Rows that this ao does not understand, and rows that belong to none.
fn drop_what_makes_no_sense(db: &Connection) -> Result<(), StoreError> {
    let ids = |sql: &str| -> Result<Vec<String>, StoreError> {
        let mut query = db.prepare(sql)?;
        let ids = query.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    };
    for id in ids("SELECT id FROM projects")? {
        if !matches!(super::projects::find(db, &id), Ok(Some(_))) {
            db.execute("DELETE FROM projects WHERE id = ?1", [&id])?;
        }
    }
    for id in ids("SELECT id FROM sessions")? {
        if !matches!(super::sessions::find(db, &id), Ok(Some(_))) {
            db.execute("DELETE FROM sessions WHERE id = ?1", [&id])?;
        }
    }
    Ok(())
}

/// Takes out what belongs to a session or project that is not there, after everything that is known
/// of them from elsewhere has been put back. Returns how many messages that were.
pub fn drop_orphans(change: &super::Change<'_>) -> Result<u64, StoreError> {
    let tx = &change.tx;
    tx.execute("DELETE FROM sessions WHERE project NOT IN (SELECT id FROM projects)", [])?;
    let lost =
        tx.execute("DELETE FROM messages WHERE recipient NOT IN (SELECT id FROM sessions)", [])?;
    tx.execute("DELETE FROM notices WHERE project NOT IN (SELECT id FROM projects)", [])?;
    Ok(lost as u64)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::model::ids::{ProjectId, Timestamp};
    use crate::store::{Origin, Store, projects};

    #[tokio::test]
    async fn what_can_be_read_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let (old, fresh) = (dir.path().join("old.db"), dir.path().join("new.db"));
        let store = Store::open(&old, &dir.path().join("format")).unwrap();
        for n in 0..300 {
            let project = projects::Project {
                id: ProjectId::parse(format!("p{n}")).unwrap(),
                prefix: format!("p{n}"),
                path: format!("/somewhere/with/a/longer/path/{n}"),
                common_dir: format!("/somewhere/with/a/longer/path/{n}/.git"),
                default_branch: "main".to_owned(),
                agent: None,
                created_at: Timestamp(n),
                trusted: None,
                restore: false,
                open_network: false,
                permits: false,
            };
            let origin = Origin { request_id: None, now: Timestamp(n) };
            store.write(origin, move |c| projects::add(c, &project, 1)).await.unwrap();
        }
        store.close().await;
        let whole = salvage(&old, &fresh).unwrap();
        assert_eq!((whole["projects"], whole["journal"]), (300, 300));
        // Two pages of rows are lost: these come after those that the schema has made.
        let file = std::fs::OpenOptions::new().write(true).open(&old).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        for page in pages * 7 / 8..pages * 7 / 8 + 2 {
            file.write_all_at(&[0xab; 4096], page * 4096).unwrap();
        }
        let part = salvage(&old, &dir.path().join("part.db")).unwrap();
        assert!(part["projects"] + part["journal"] > 300, "{part:?}");
        // And where nothing can be read there is an empty one.
        std::fs::write(&old, "no database at all, but long enough to look like one").unwrap();
        let none = salvage(&old, &dir.path().join("none.db")).unwrap();
        assert_eq!(none.values().sum::<u64>(), 0);
    }
}
