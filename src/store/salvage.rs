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
    if let Some(old) = readable(damaged) {
        let tables = tables(&db)?;
        let change = db.transaction()?;
        for Table { name, columns } in tables {
            // What cannot be read is what is lost.
            let rows = copy(&old, &change, &name, columns).unwrap_or(0);
            copied.insert(name, rows);
        }
        change.commit()?;
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

/// The damaged database, if anything of it can be found: its schema can be read, and is not a newer
/// one, which would mean something else by its columns. By a connection of its own: what is attached
/// to another one can spoil what that one writes.
fn readable(damaged: &Path) -> Option<Connection> {
    let old = Connection::open(damaged).ok()?;
    let number = |sql: &str| old.query_row(sql, [], |row| row.get::<_, u32>(0)).ok();
    number("SELECT count(*) FROM sqlite_schema")?;
    (number("PRAGMA user_version")? <= migrations::SCHEMA).then_some(old)
}

struct Table {
    name: String,
    columns: Vec<String>,
}

/// This schema's own tables.
fn tables(db: &Connection) -> Result<Vec<Table>, StoreError> {
    let mut query = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names = query.query_map([], |row| row.get::<_, String>(0))?;
    let table = |name: String| -> rusqlite::Result<Table> {
        Ok(Table { columns: columns(db, &name)?, name })
    };
    Ok(names.map(|name| table(name?)).collect::<Result<_, _>>()?)
}

fn columns(db: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = db.prepare("SELECT name FROM pragma_table_info(?1)")?;
    query.query_map([table], |row| row.get(0))?.collect()
}

/// From the front until a page cannot be read, then from the back: what is lost is in between.
fn copy(
    old: &Connection,
    db: &Connection,
    table: &str,
    mut shared: Vec<String>,
) -> rusqlite::Result<u64> {
    let known = columns(old, table)?;
    shared.retain(|column| known.contains(column));
    if shared.is_empty() {
        return Ok(0);
    }
    let names = shared.join(", ");
    let places = vec!["?"; shared.len()].join(", ");
    let mut put =
        db.prepare(&format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"))?;
    let mut copied = 0;
    for order in ["", "ORDER BY rowid DESC"] {
        // A table without row numbers is read from the front alone.
        let all = format!("SELECT {names} FROM {table} NOT INDEXED {order}");
        let Ok(mut query) = old.prepare(&all) else { break };
        let Ok(mut rows) = query.query([]) else { break };
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
        // Two pages of rows are lost.
        let sound = std::fs::read(&old).unwrap();
        let rows = |page: &[u8]| page.windows(10).filter(|text| text == b"/somewhere").count();
        // 13: a page that holds rows (the file format's "leaf table b-tree page").
        let holds = |page: &[u8]| page[0] == 13 && rows(page) > 10;
        let pages = sound.chunks(4096).enumerate().filter(|(_, page)| holds(page));
        let lost: Vec<u64> = pages.map(|(at, _)| at as u64).skip(4).take(2).collect();
        let file = std::fs::OpenOptions::new().write(true).open(&old).unwrap();
        for page in lost {
            file.write_all_at(&[0xab; 4096], page * 4096).unwrap();
        }
        let part = salvage(&old, &dir.path().join("part.db")).unwrap();
        let kept = part["projects"] + part["journal"];
        assert!((400..600).contains(&kept), "{part:?}");
        // Whichever page is lost, the schema's among them, there is a database.
        for (n, page) in (0..sound.len() / 4096).step_by(9).enumerate() {
            let mut damaged = sound.clone();
            damaged[page * 4096..(page + 1) * 4096].fill(0xab);
            std::fs::write(&old, damaged).unwrap();
            salvage(&old, &dir.path().join(format!("{n}.db"))).unwrap();
        }
        // And where nothing can be read there is an empty one.
        std::fs::write(&old, "no database at all, but long enough to look like one").unwrap();
        let none = salvage(&old, &dir.path().join("none.db")).unwrap();
        assert_eq!(none.values().sum::<u64>(), 0);
    }
}
