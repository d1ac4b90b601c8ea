//! `ao one-shot DIR`: runs the order in DIR to its end and leaves the outcome there. Outlives
//! the supervisor; is the subreaper of all that the command starts, and ends it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::listener::{Audience, Deaf, Listener};
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
const MAX_RESULT: u64 = 64 * 1024 * 1024;
/// How long what the command has left running may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// The kernel's name of the process: callers below it are recognised as agents, not as the person.
const PROCESS_NAME: &std::ffi::CStr = c"ao-host";

/// Does it; returns the process's exit code.
///
/// # Errors
/// When the files of the run cannot be read or written.
pub fn wrap(dir: &Path, listener: Box<dyn Listener>) -> io::Result<u8> {
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
    let order: Order = serde_json::from_slice(&std::fs::read(files.order())?)?;
    if !order.in_session {
        rustix::thread::set_name(PROCESS_NAME)?;
    }
    // Any pid switches it on.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let me = ProcessId::current().map_err(io::Error::other)?;
    write_private(&files.started(), &serde_json::to_vec(&me)?).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let listener = if order.in_session { listener } else { Box::new(Deaf) };
        let audience = Audience::new(listener, order.in_session);
        let ended = converse(dir, &order, audience).await;
        let find = || process::descendants(me.pid);
        // What is left of it after that is found by its environment, by the supervisor.
        let _ = process::end(find, GRACE, GRACE).await;
        ended
    });
    let ended = ended.unwrap_or_else(|error| Ended::nothing("crash", error.to_string()));
    write_private(&files.outcome(), &serde_json::to_vec(&ended)?).map_err(io::Error::other)?;
    runtime.shutdown_background();
    // Outside of a session the outcome is all that counts.
    let failed = order.in_session && !matches!(ended.verdict, Verdict::Value { .. });
    Ok(u8::from(failed))
}

/// Turn after turn, until there is a result that is as it should be, or none will come.
async fn converse(dir: &Path, order: &Order, audience: Audience) -> io::Result<Ended> {
    let schema = order.schema.as_ref().map(Schema::compile).transpose();
    let schema = schema.map_err(io::Error::other)?;
    let mut turns = Turns::open(dir, order, audience)?;
    let mut tries = Tries::default();
    let mut prompt = asked(order);
    let verdict = loop {
        let turn = match turns.take(&prompt).await? {
            TurnEnd::Over(turn) => turn,
            TurnEnd::Nothing { why, message } => break Verdict::Nothing { why, message },
        };
        let Some(schema) = &schema else { break text(&turn, order) };
        let complaint = match tries.look(schema, &turn, order) {
            Ok(verdict) => break verdict,
            Err(complaint) => complaint,
        };
        // One that goes on remembers what it was asked for.
        let task = if turns.goes_on() { String::new() } else { format!("{}\n\n", asked(order)) };
        prompt = format!("{task}{complaint}\n{ANSWER}");
    };
    if !matches!(verdict, Verdict::Value { .. }) {
        turns.audience.paint(&format!("no result: {verdict:?}"));
    }
    let told = std::mem::take(&mut turns.told);
    Ok(Ended {
        verdict,
        output_tokens: told.output_tokens,
        tool_calls: told.tool_calls,
        tokens: told.tokens,
        model: told.model,
        conversation: told.conversation,
        warnings: told.warnings,
    })
}

/// How a result is to be given.
const ANSWER: &str = "Answer with one JSON value that meets the schema, or write it to the file \
                      named by AO_RESULT_FILE.";

/// The task, with the schema where the agent was not given it otherwise.
fn asked(order: &Order) -> String {
    match &order.schema {
        Some(schema) if order.in_session && !order.knows_schema => {
            format!("{}\n\n{ANSWER} The schema:\n{schema:#}", order.prompt)
        }
        _ => order.prompt.clone(),
    }
}

/// How often it has been asked again.
#[derive(Default)]
struct Tries {
    rejected: u32,
    nudges: u32,
}

impl Tries {
    /// The verdict on a turn's result, or what to tell the agent about it.
    fn look(&mut self, schema: &Schema, turn: &Turn, order: &Order) -> Result<Verdict, String> {
        let Some(value) = submitted(turn) else {
            if self.nudges >= MAX_NUDGES {
                return Ok(Verdict::Unfit { message: "no result was submitted".to_owned() });
            }
            self.nudges += 1;
            return Err("You have not submitted a result.".to_owned());
        };
        let faults = schema.faults(&value);
        if faults.is_empty() {
            return Ok(sized(value.to_string(), order));
        }
        self.rejected += 1;
        let (list, rejected) = (numbered(&faults), self.rejected);
        if rejected >= MAX_REJECTED {
            let message = format!("{rejected} results were refused, the last one: {list}");
            return Ok(Verdict::Unfit { message });
        }
        Err(format!("Your result was refused:\n{list}"))
    }
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
