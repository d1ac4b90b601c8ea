//! What of a tool call is kept: its report without secrets, large bodies as artifacts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::agents::ToolReport;
use crate::host::Launch;
use crate::model::ids::{Generation, SessionId};
use crate::model::trace::{Body, Redactor, Sighting, Source};
use crate::services::{World, sessions};
use crate::store::artifacts::ArtifactFiles;
use crate::store::sessions::Session;

/// Largest body that is kept in its row, in bytes.
const INLINE: usize = 16 * 1024;
/// What of a larger one stays in its row, in bytes.
const HEAD: usize = 2 * 1024;
/// Longest error text that is kept, in characters.
const MAX_ERROR: usize = 2000;

/// What each live session's secrets are, read once for each launch.
#[derive(Default)]
pub struct Redactors {
    known: Mutex<HashMap<SessionId, (Generation, Arc<Redactor>)>>,
}

impl Redactors {
    /// For the session's current generation. Blocks on the disk the first time.
    pub fn of(&self, world: &World, session: &Session) -> Arc<Redactor> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((generation, redactor)) = lock().get(&session.id)
            && *generation == session.generation
        {
            return redactor.clone();
        }
        let file = sessions::launch_file(world, session, session.generation);
        // Without the file there are still the patterns.
        let env = Launch::read(&file).map(|launch| launch.env).unwrap_or_default();
        let own = world.settings.traces.redact.clone();
        let redactor = Arc::new(Redactor::new(&env, own));
        lock().insert(session.id.clone(), (session.generation, redactor.clone()));
        redactor
    }

    /// The session is over.
    pub fn forget(&self, session: &SessionId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}

/// Makes reports ready for the store. Blocks on the disk.
pub struct Keeper {
    redactor: Arc<Redactor>,
    files: Arc<ArtifactFiles>,
}

impl Keeper {
    /// For the session's current generation. Blocks on the disk.
    #[must_use]
    pub fn of(world: &World, session: &Session) -> Self {
        let redactor = world.redactors.of(world, session);
        Self { redactor, files: world.artifacts.clone() }
    }

    /// The report as it is kept.
    #[must_use]
    pub fn sighting(&self, report: ToolReport, source: Source) -> Sighting {
        let error = report
            .error
            .map(|error| self.redactor.text(&error).chars().take(MAX_ERROR).collect::<String>());
        Sighting {
            call_id: report.call_id,
            tool: report.tool,
            chain: report.chain,
            parent: report.parent,
            message: report.message,
            input: report.input.as_ref().and_then(|value| self.body(value)),
            output: report.output.as_ref().and_then(|value| self.body(value)),
            started_at: report.started_at,
            finished_at: report.finished_at,
            run_ms: report.run_ms,
            error,
            outcome: report.outcome,
            source,
        }
    }

    /// The value as JSON text; nothing for one that the hook left out because of its size.
    #[must_use]
    pub fn body(&self, value: &Value) -> Option<Body> {
        if value.is_null() || value.get("omitted_bytes").is_some() {
            return None;
        }
        let text = self.redactor.value(value).to_string();
        let bytes = text.len() as u64;
        if text.len() <= INLINE {
            return Some(Body { text, bytes, sha: None, cut: false });
        }
        let stored = self.files.put(text.as_bytes());
        if let Err(error) = &stored {
            tracing::warn!(%error, bytes, "a body of a tool call is kept only in part");
        }
        let sha = stored.ok().map(|stored| stored.sha256);
        let head = text[..text.floor_char_boundary(HEAD)].to_owned();
        Some(Body { text: head, bytes, sha, cut: true })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keeper() -> (tempfile::TempDir, Keeper) {
        let dir = tempfile::tempdir().unwrap();
        let files = Arc::new(ArtifactFiles::new(dir.path().join("artifacts")));
        (dir, Keeper { redactor: Arc::default(), files })
    }

    #[test]
    fn large_bodies_are_artifacts_without_secrets() {
        let (_dir, keeper) = keeper();
        let value = json!({ "stdout": format!("API_KEY=abcdef\n{}", "é".repeat(20_000)) });
        let body = keeper.body(&value).unwrap();
        assert!(body.cut && body.text.len() <= HEAD && body.bytes > 40_000);
        assert!(body.text.contains("[redacted]") && !body.text.contains("abcdef"));
        let whole = keeper.files.read(&body.sha.unwrap()).unwrap();
        assert_eq!(whole.len() as u64, body.bytes);
        assert!(!String::from_utf8(whole).unwrap().contains("abcdef"));
    }

    #[test]
    fn small_bodies_stay_in_their_row() {
        let (dir, keeper) = keeper();
        let body = keeper.body(&json!("hello")).unwrap();
        assert_eq!((body.text.as_str(), body.cut, body.sha), ("\"hello\"", false, None));
        assert_eq!(keeper.body(&json!({ "omitted_bytes": 9 })), None);
        assert_eq!(keeper.body(&Value::Null), None);
        assert!(!dir.path().join("artifacts").exists());
    }
}
