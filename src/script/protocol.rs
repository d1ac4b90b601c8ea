//! What supervisor and `ao workflow-host` say to each other: one JSON object a line. The host
//! knows no database, no socket and no path: everything is a message.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest line in bytes: a result of 8 MiB in its longest JSON form.
pub const MAX_LINE: usize = 64 * 1024 * 1024;

/// What a script may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest time without an `await` that hands over, in milliseconds.
    pub slice_ms: u64,
    /// Memory of the engine, in bytes.
    pub memory: usize,
    /// Memory of the process, in bytes.
    pub process_memory: u64,
    /// Stack of the engine, in bytes.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self { slice_ms: 5000, memory: 128 * MIB, process_memory: 512 * MIB as u64, stack: MIB }
    }
}

/// A script to be run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// What it is called in errors.
    pub file: String,
    /// The script with its `meta` blanked.
    pub body: String,
    /// JSON text; absent: `undefined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<String>,
}

/// From the supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ToHost {
    /// The first message: what to run.
    Init {
        /// Version of this protocol: 1.
        v: u32,
        /// The script.
        program: Program,
        /// What it may use up.
        limits: Limits,
        /// Tokens that may be spent, if there is a limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<f64>,
        /// Compile only.
        #[serde(default)]
        check: bool,
    },
    /// What came of a call.
    Settle(Settled),
    /// The answer to a call of a workflow: run this in a context of its own.
    Child {
        /// The call.
        id: u64,
        /// The workflow's name, for its log lines.
        name: String,
        /// What its calls are counted under.
        scope: String,
        /// The script.
        program: Program,
    },
    /// End: reject what is pending.
    Abort {
        /// Why.
        reason: String,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The call.
    pub id: u64,
    /// Its value as JSON text, or its error.
    pub outcome: Result<Option<String>, Fault>,
    /// What has been spent until now.
    pub spent: f64,
}

/// An error that a script meets, or fails with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `TypeError`, `DeadlockError` …
    pub name: String,
    /// In words.
    pub message: String,
    /// Frames of the script, innermost first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// `FILE:LINE:COLUMN` of the innermost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// More, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<Value>>,
}

impl Fault {
    /// An error without a place.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into(), ..Self::default() }
    }
}

/// From the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum FromHost {
    /// The script was compiled; nothing of it has run.
    Compiled,
    /// It cannot be compiled; nothing of it has run.
    Rejected {
        /// 1, 2, 3 …
        line: u32,
        /// 1, 2, 3 …
        column: u32,
        /// Why.
        reason: String,
    },
    /// A call, to be settled under its number: 1, 2, 3 … in the order of the script.
    Call {
        /// Its number.
        id: u64,
        /// `agent`, `timer` or `workflow`.
        kind: String,
        /// Empty, or that of a called workflow.
        scope: String,
        /// What is asked.
        payload: Value,
        /// `FILE:LINE:COLUMN`
        site: Option<String>,
    },
    /// A timer that is no longer wanted.
    Clear {
        /// The call.
        id: u64,
    },
    /// Something to be shown: `phase`, `log`, `warn`, `drop`. Numbered, so that a repeated run of
    /// the same script tells nothing twice.
    Event {
        /// 1, 2, 3 …
        n: u64,
        /// Which kind.
        kind: String,
        /// Its fields.
        payload: Value,
    },
    /// Nothing left to do before the next settlement.
    Idle {
        /// Calls that wait.
        pending: usize,
        /// Bytes that the engine holds.
        memory: i64,
    },
    /// The script is over.
    Done {
        /// Its value as JSON text, or its error.
        outcome: Result<Option<String>, Fault>,
    },
}

/// Reads one message. `None` at the end.
///
/// # Errors
/// When the line is longer than [`MAX_LINE`], or no message.
pub fn read_line<T: serde::de::DeserializeOwned>(
    input: &mut impl BufRead,
) -> std::io::Result<Option<T>> {
    let mut line = Vec::new();
    input.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        let what = if line.len() > MAX_LINE { "a line is too long" } else { "a line is cut off" };
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, what));
    }
    serde_json::from_slice(&line).map(Some).map_err(std::io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settlement_comes_back_as_sent() {
        for outcome in [Ok(None), Ok(Some("\"x\\n\"".to_owned())), Err(Fault::new("E", "m"))] {
            let sent = ToHost::Settle(Settled { id: 7, outcome, spent: 2.5 });
            let mut line = serde_json::to_vec(&sent).unwrap();
            assert!(!line.contains(&b'\n'));
            line.push(b'\n');
            assert_eq!(read_line::<ToHost>(&mut line.as_slice()).unwrap(), Some(sent));
        }
    }

    #[test]
    fn what_is_no_line_is_refused() {
        assert!(read_line::<ToHost>(&mut &b"{\"t\":\"abort\""[..]).is_err());
        assert!(read_line::<ToHost>(&mut &b"\n"[..]).is_err());
        assert!(read_line::<ToHost>(&mut &b"{\"t\":\"x\"}\n"[..]).is_err());
        assert_eq!(read_line::<ToHost>(&mut &b""[..]).unwrap(), None);
    }
}
