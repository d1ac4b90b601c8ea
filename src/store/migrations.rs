//! The schema's history. A migration that has been released is never edited; a new one is added at
//! the end, with the next number.

use rusqlite::Connection;

use super::StoreError;

/// Marks the file as ours in SQLite's header: "ao\0\1".
const APPLICATION_ID: i32 = 0x616f_0001;

/// Every migration, the first one first.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_waiting.sql"),
    include_str!("migrations/0003_hook_events.sql"),
    include_str!("migrations/0004_trust_restore_starts.sql"),
    include_str!("migrations/0005_traces.sql"),
    include_str!("migrations/0006_channels.sql"),
    include_str!("migrations/0007_message_queries.sql"),
    include_str!("migrations/0008_workflows.sql"),
    include_str!("migrations/0009_board.sql"),
    include_str!("migrations/0010_open_network.sql"),
    include_str!("migrations/0011_conversation_of.sql"),
    include_str!("migrations/0012_one_shot.sql"),
    include_str!("migrations/0013_interrupts.sql"),
    include_str!("migrations/0014_signals.sql"),
    include_str!("migrations/0015_workflow_sessions.sql"),
    include_str!("migrations/0016_permits.sql"),
    include_str!("migrations/0017_flows.sql"),
    include_str!("migrations/0018_subagents.sql"),
    include_str!("migrations/0019_limited.sql"),
    include_str!("migrations/0020_untried.sql"),
    include_str!("migrations/0021_by_host.sql"),
    include_str!("migrations/0022_transcript_model.sql"),
    include_str!("migrations/0023_workflow_costs.sql"),
];

/// The newest schema this ao knows.
pub const SCHEMA: u32 = MIGRATIONS.len() as u32;

/// The schema of an open database, 0 for an empty one. Refuses a newer one, and a file that
/// another program made.
pub fn schema_of(db: &Connection) -> Result<u32, StoreError> {
    let application: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let empty: bool =
        db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if !empty && application != APPLICATION_ID {
        return Err(StoreError::Value {
            what: "mark of another program",
            value: format!("application id {application:#x}"),
        });
    }
    if found > SCHEMA {
        return Err(StoreError::Newer { found, known: SCHEMA });
    }
    Ok(found)
}

/// Brings the database from `found` to [`SCHEMA`], each step in a transaction of its own.
pub fn migrate(db: &mut Connection, found: u32) -> Result<(), StoreError> {
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let tx = db.transaction()?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", index as u32 + 1)?;
        tx.commit()?;
    }
    Ok(())
}
