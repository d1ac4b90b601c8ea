//! `ao workflow-agent DIR`: runs the order in DIR to its end and leaves the outcome there. Outlives
//! the supervisor; is the subreaper of all that the command starts, and ends it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::order::{Ended, Files, Order, Verdict};
use super::turn::{Turn, TurnEnd, Turns};
use crate::config::write_private;
use crate::model::workflow::Schema;
use crate::process::{self, ProcessId};

/// Exit code of a wrapper that found another one at work: EX_TEMPFAIL.
pub(super) const BUSY: i32 = 75;
/// Results that do not meet the schema, before it is given up.
const MAX_REJECTED: u32 = 5;
/// Times that a missing result is asked for.
const MAX_NUDGES: u32 = 1;
/// Largest result in bytes, where the order does not say.
const MAX_RESULT: u64 = 8 * 1024 * 1024;
/// How long what the command has left running may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// The kernel's name of the process: callers below it are recognised as agents, not as the person.
const PROCESS_NAME: &std::ffi::CStr = c"ao-host";

/// Does it; returns the process's exit code.
///
/// # Errors
/// When the files of the run cannot be read or written.
pub fn wrap(dir: &Path) -> io::Result<u8> {
    let files = Files(dir);
    let lock = File::options().create(true).append(true).open(files.lock())?;
    if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(BUSY as u8);
    }
    if files.outcome().exists() {
        return Ok(0);
    }
    if files.started().exists() {
        // An earlier one has begun and is gone: nothing is begun twice.
        return Ok(1);
    }
    rustix::thread::set_name(PROCESS_NAME)?;
    // Any pid switches it on.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let me = ProcessId::current().map_err(io::Error::other)?;
    write_private(&files.started(), &serde_json::to_vec(&me)?).map_err(io::Error::other)?;
    let order: Order = serde_json::from_slice(&std::fs::read(files.order())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let ended = converse(dir, &order).await;
        let find = || process::descendants(me.pid);
        // What is left of it after that is found by its environment, by the supervisor.
        let _ = process::end(find, GRACE, GRACE).await;
        ended
    });
    let ended = ended.unwrap_or_else(|error| Ended::nothing("crash", error.to_string()));
    write_private(&files.outcome(), &serde_json::to_vec(&ended)?).map_err(io::Error::other)?;
    runtime.shutdown_background();
    Ok(0)
}

/// Turn after turn, until there is a result that is as it should be, or none will come.
async fn converse(dir: &Path, order: &Order) -> io::Result<Ended> {
    let schema = order.schema.as_ref().map(Schema::compile).transpose();
    let schema = schema.map_err(io::Error::other)?;
    let mut turns = Turns::open(dir, order)?;
    let (mut rejected, mut nudges) = (0, 0);
    let mut prompt = order.prompt.clone();
    let verdict = loop {
        let turn = match turns.take(&prompt).await? {
            TurnEnd::Over(turn) => turn,
            TurnEnd::Nothing { why, message } => break Verdict::Nothing { why, message },
        };
        let Some(schema) = &schema else { break text(&turn, order) };
        let complaint = match submitted(&turn) {
            None if nudges >= MAX_NUDGES => {
                break Verdict::Unfit { message: "no result was submitted".to_owned() };
            }
            None => {
                nudges += 1;
                "You have not submitted a result.".to_owned()
            }
            Some(value) => {
                let faults = schema.faults(&value);
                if faults.is_empty() {
                    break sized(value.to_string(), order);
                }
                rejected += 1;
                let list = numbered(&faults);
                if rejected >= MAX_REJECTED {
                    let message = format!("{rejected} results were refused, the last one: {list}");
                    break Verdict::Unfit { message };
                }
                format!("Your result was refused:\n{list}")
            }
        };
        prompt = format!(
            "{}\n\n{complaint}\nAnswer with one JSON value that meets the schema, or write it to \
             the file named by AO_RESULT_FILE.",
            order.prompt
        );
    };
    Ok(Ended { verdict, output_tokens: turns.output_tokens, tool_calls: turns.tool_calls })
}

/// Without a schema the result is what was put out, without the line end.
fn text(turn: &Turn, order: &Order) -> Verdict {
    let value = match &turn.submitted {
        Some(value) => value.clone(),
        None => turn.output.trim_end_matches(['\n', '\r']).into(),
    };
    sized(value.to_string(), order)
}

fn sized(json: String, order: &Order) -> Verdict {
    let limit = order.max_result.unwrap_or(MAX_RESULT);
    if json.len() as u64 > limit {
        let message = format!("the result has {} bytes, {limit} are allowed", json.len());
        return Verdict::Nothing { why: "result_too_large".to_owned(), message };
    }
    Verdict::Value { json }
}

/// The result: what was submitted, else the one JSON object that was put out.
fn submitted(turn: &Turn) -> Option<serde_json::Value> {
    if let Some(value) = &turn.submitted {
        return Some(value.clone());
    }
    let begin = turn.output.find('{')?;
    let end = turn.output.rfind('}')?;
    serde_json::from_str(turn.output.get(begin..=end)?).ok()
}

fn numbered(faults: &[String]) -> String {
    let lines = faults.iter().enumerate().map(|(n, fault)| format!("{}. {fault}", n + 1));
    lines.collect::<Vec<_>>().join("\n")
}
