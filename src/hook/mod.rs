//! The face that agents' hooks call: `ao hook AGENT EVENT`, the agent's own JSON on standard input,
//! what the agent expects on standard output. Back within 300 ms, and never an error for the agent:
//! what the supervisor cannot take now is kept for it. Called by `main.rs`.

mod input;
mod listener;
mod post;
mod spool;
mod translate;

use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::config::{Environment, Paths};
use crate::model::ids::{Generation, SessionId};
use crate::wire::hook::{Hook, HookAnswer};
use translate::{Dialect, Neutral};

pub use listener::listener;

/// How long an agent waits for its hook at most. What is left after reading goes to the call.
const BUDGET: Duration = Duration::from_millis(300);

/// Whose hook this is, from the environment that its session was started with.
struct Caller {
    environment: Environment,
    paths: Paths,
    session: SessionId,
    generation: Generation,
}

/// Tells the supervisor of one event and answers the agent; returns the process's exit code.
#[must_use]
pub fn run(agent: &str, event: &str) -> u8 {
    let (begun, at) = (Instant::now(), SystemTime::now());
    let payload = input::read(BUDGET);
    let caller = Caller::of_process();
    let manifests = caller.as_ref().map(|caller| caller.paths.agents_dir()).unwrap_or_default();
    let dialect = Dialect::of(agent, &manifests);
    // Events that mean nothing to ao are nobody's business.
    let neutral = translate::neutral(&dialect, event, &payload);
    let asked = neutral.clone();
    let answer = match (&caller, neutral) {
        (Some(caller), Some(event)) => answered(caller, told(caller, event, begun.elapsed(), at)),
        _ => HookAnswer::default(),
    };
    let settled = settled(asked, &answer);
    let (text, code) = translate::answer(&dialect, event, &answer);
    let printed = text.is_empty() || print(&text).is_ok();
    // An agent that does not read its hook's answer has no use for it; but what was not handed to
    // it must not count as handed.
    if let (Some(caller), Some(message), true) = (&caller, answer.message, printed) {
        let data = serde_json::json!({ "message": message });
        let given = Neutral { event: "context-given".to_owned(), data };
        told(caller, given, Duration::ZERO, SystemTime::now());
    }
    if let (Some(caller), Some(settled), true) = (&caller, settled, printed) {
        told(caller, settled, Duration::ZERO, SystemTime::now());
    }
    code
}

/// The answer to a permission request that is not decided yet: waited for as long as the supervisor
/// says. Where none comes, the dialog is left to whoever sits at the terminal.
fn answered(caller: &Caller, answer: HookAnswer) -> HookAnswer {
    match (&answer.permit, answer.wait_ms) {
        (Some(permit), Some(ms)) => post::wait(caller, permit, Duration::from_millis(ms)),
        _ => answer,
    }
}

/// What is told once the agent has the answer to its request: the dialog is closed.
fn settled(asked: Option<Neutral>, answer: &HookAnswer) -> Option<Neutral> {
    let asked = asked.filter(|event| event.event == "permission-asked")?;
    let decision = answer.decision.as_deref().filter(|_| answer.permit.is_some())?;
    let data = serde_json::json!({
        "tool": asked.data["tool"],
        "call_id": asked.data["call_id"],
        "decision": decision,
    });
    Some(Neutral { event: "permission-settled".to_owned(), data })
}

fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Tells the supervisor within what is left of the budget, or keeps the event for it.
fn told(caller: &Caller, event: Neutral, used: Duration, at: SystemTime) -> HookAnswer {
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let hook = Hook {
        generation: caller.generation.0,
        event: event.event,
        data: event.data,
        id: event_id(),
        at: u64::try_from(at).ok(),
    };
    let left = BUDGET.saturating_sub(used);
    match post::post(caller, &hook, left) {
        post::Outcome::Answered(answer) => answer,
        post::Outcome::Refused => HookAnswer::default(),
        post::Outcome::Away => {
            // Where even this fails there is nobody to tell: the agent must not suffer for it.
            let _ = spool::keep(caller, &hook);
            HookAnswer::default()
        }
    }
}

/// By which the event is known when it was told and kept as well: the supervisor's answer may have
/// come too late.
fn event_id() -> Option<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

impl Caller {
    /// `None` outside of every session: then there is nothing to tell.
    fn of_process() -> Option<Self> {
        let environment = Environment::of_process();
        let session = SessionId::parse(environment.get("AO_SESSION_ID")?.to_str()?).ok()?;
        let generation = environment.get("AO_GENERATION")?.to_str()?.parse().ok()?;
        let paths = Paths::resolve_recorded(&environment).ok()?;
        Some(Self { paths, session, generation: Generation(generation), environment })
    }
}
