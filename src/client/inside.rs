//! Whether this process is part of a session: then it may not start a supervisor, which would end
//! with the session.

use crate::config::Environment;
use crate::process::{ProcessError, ProcessId, ancestors, name, read_environ};

/// What the kernel calls a session host, which names itself so.
const HOST_NAME: &str = "ao-host";
/// How often the row of ancestors is read again when one of them ended meanwhile.
const TRIES: usize = 5;

/// Whether the environment says so, or an ancestor is a session host or was started with a
/// session's mark. Where the ancestors cannot be read the environment alone decides.
#[must_use]
pub fn inside_session(environment: &Environment) -> bool {
    environment.get("AO_SESSION_ID").is_some()
        || (0..TRIES).find_map(|_| below_host().ok()).unwrap_or(false)
}

fn below_host() -> Result<bool, ProcessError> {
    for ancestor in ancestors(ProcessId::current()?)? {
        if name(ancestor)?.as_deref() == Some(HOST_NAME) {
            return Ok(true);
        }
        // Another user's ancestor (init, say) cannot be read, and is none of our sessions.
        let marks = read_environ(ancestor, &["AO_SESSION_ID", "AO_GENERATION"]);
        if marks.is_ok_and(|marks| marks.is_some_and(|marks| marks.len() == 2)) {
            return Ok(true);
        }
    }
    Ok(false)
}
