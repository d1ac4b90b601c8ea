//! A tool call's row.

use rusqlite::Row;

use crate::model::ids::{Generation, ProjectId, SessionId, Timestamp};
use crate::model::trace::{Body, Call, Outcome, Source};
use crate::store::StoreError;
use crate::store::sessions::Session;

/// Whose calls are told of.
#[derive(Debug, Clone)]
pub struct Teller {
    /// The session.
    pub session: SessionId,
    /// Its project.
    pub project: ProjectId,
    /// Its role: `orchestrator` or `worker`.
    pub role: &'static str,
    /// The launch that tells.
    pub generation: Generation,
    /// The agent's name.
    pub agent: String,
    /// The agent's own conversation.
    pub chat: Option<String>,
}

impl Teller {
    /// The session's current generation; `chat` where the report names the conversation.
    #[must_use]
    pub fn of(session: &Session, chat: Option<&str>) -> Self {
        Self {
            session: session.id.clone(),
            project: session.project.clone(),
            role: session.kind.as_str(),
            generation: session.generation,
            agent: session.agent.clone(),
            chat: chat.map(str::to_owned).or_else(|| session.conversation.clone()),
        }
    }
}

/// A call as it is stored.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Its number; larger ones were seen later.
    pub id: i64,
    /// The session.
    pub session: String,
    /// The project.
    pub project: String,
    /// The launch.
    pub generation: u32,
    /// The agent's name.
    pub agent: String,
    /// The agent's own conversation.
    pub chat: Option<String>,
    /// The turn, from 1.
    pub turn: u32,
    /// The call itself.
    pub call: Call,
    /// Tokens of the message that asked for it, on its first call only: what was not read from the
    /// cache, output included.
    pub tokens_used: Option<u64>,
    /// Of the same, what was read from the cache.
    pub cache_tokens: Option<u64>,
    /// Of the same, reasoning.
    pub reasoning_tokens: Option<u64>,
}

pub(super) const COLUMNS: &str = "id, session_id, project_id, generation, agent_kind, chat_id, \
    turn_number, tool_use_id, chain, parent_tool_use_id, message_id, tool_name, input, \
    input_bytes, input_sha, output, output_bytes, output_sha, started_at, finished_at, run_ms, \
    tokens_used, cache_tokens, reasoning_tokens, error, outcome, source";

impl Trace {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let (outcome, source): (String, String) = (row.get("outcome")?, row.get("source")?);
        let (Some(outcome), Some(source)) = (Outcome::parse(&outcome), Source::parse(&source))
        else {
            return Ok(Err(StoreError::Value { what: "trace", value: outcome }));
        };
        let number = |name: &str| row.get::<_, Option<i64>>(name).map(|n| n.map(i64::unsigned_abs));
        let time = |name: &str| row.get::<_, Option<i64>>(name).map(|at| at.map(Timestamp));
        let chain: String = row.get("chain")?;
        let call = Call {
            call_id: row.get("tool_use_id")?,
            tool: row.get("tool_name")?,
            chain: Some(chain).filter(|chain| !chain.is_empty()),
            parent: row.get("parent_tool_use_id")?,
            message: row.get("message_id")?,
            input: body(row, "input", "input_bytes", "input_sha")?,
            output: body(row, "output", "output_bytes", "output_sha")?,
            started_at: time("started_at")?,
            finished_at: time("finished_at")?,
            run_ms: number("run_ms")?,
            error: row.get("error")?,
            outcome,
            source,
        };
        Ok(Ok(Self {
            id: row.get("id")?,
            session: row.get("session_id")?,
            project: row.get("project_id")?,
            generation: row.get("generation")?,
            agent: row.get("agent_kind")?,
            chat: row.get("chat_id")?,
            turn: row.get("turn_number")?,
            call,
            tokens_used: number("tokens_used")?,
            cache_tokens: number("cache_tokens")?,
            reasoning_tokens: number("reasoning_tokens")?,
        }))
    }
}

fn body(row: &Row<'_>, text: &str, bytes: &str, sha: &str) -> rusqlite::Result<Option<Body>> {
    let Some(text) = row.get::<_, Option<String>>(text)? else { return Ok(None) };
    let bytes = row.get::<_, Option<i64>>(bytes)?.map_or(0, i64::unsigned_abs);
    let cut = bytes > text.len() as u64;
    Ok(Some(Body { text, bytes, sha: row.get(sha)?, cut }))
}

#[cfg(test)]
mod tests {
    use crate::store::{Store, StoreError};

    /// Scripts may read the table by these names.
    #[tokio::test]
    async fn the_table_has_its_promised_columns() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("ao.db"), &dir.path().join("format")).unwrap();
        let columns: Vec<String> = store
            .read(|db| {
                let mut query = db.prepare("SELECT name FROM pragma_table_xinfo('tool_traces')")?;
                let rows = query.query_map([], |row| row.get(0))?;
                rows.map(|row| row.map_err(StoreError::from)).collect()
            })
            .await
            .unwrap();
        for column in [
            "id",
            "session_id",
            "chat_id",
            "turn_number",
            "tool_name",
            "input",
            "output",
            "started_at",
            "finished_at",
            "latency_ms",
            "tokens_used",
            "cache_tokens",
            "reasoning_tokens",
            "error",
            "outcome",
        ] {
            assert!(columns.iter().any(|found| found == column), "{column}: {columns:?}");
        }
    }
}
