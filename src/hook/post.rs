//! The call to the supervisor, within what is left of the budget.

use std::time::Duration;

use super::Caller;
use crate::client::{Address, Client, ClientError, Deadline, Target};
use crate::wire::error::ErrorCode;
use crate::wire::hook::{Hook, HookAnswer};

/// What came of the call.
pub enum Outcome {
    /// The supervisor has it.
    Answered(HookAnswer),
    /// The supervisor wants it neither now nor later: an older generation, say.
    Refused,
    /// It may not have it.
    Away,
}

/// Tells the supervisor; never starts one.
pub fn post(caller: &Caller, hook: &Hook, within: Duration) -> Outcome {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Outcome::Away;
    };
    let address = Address::new(caller.paths.clone(), &caller.environment);
    let client = Client::new(address).within(within);
    let target = Target::new(&["sessions", caller.session.as_str(), "hook"]);
    match runtime.block_on(client.post(&target, hook, Deadline::Ordinary)) {
        Ok(answer) => Outcome::Answered(answer),
        Err(ClientError::Refused(error)) if is_final(error.code) => Outcome::Refused,
        Err(_) => Outcome::Away,
    }
}

/// What comes after the supervisor's own limit, for its answer to arrive.
const SLACK: Duration = Duration::from_secs(5);

/// The answer to a permission request, once it is there; an empty one when there is none within the
/// time, or the supervisor goes away.
pub fn wait(caller: &Caller, permit: &str, limit: Duration) -> HookAnswer {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return HookAnswer::default();
    };
    let address = Address::new(caller.paths.clone(), &caller.environment);
    let client = Client::new(address).within(limit.saturating_add(SLACK));
    let ms = limit.as_millis().to_string();
    let target = Target::new(&["permits", permit, "wait"]).with("ms", Some(ms));
    let answer = runtime.block_on(client.get_within(&target, Deadline::Unlimited));
    answer.unwrap_or_default()
}

/// Whether asking again later would give the same refusal.
fn is_final(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Usage
            | ErrorCode::Refused
            | ErrorCode::NotFound
            | ErrorCode::NotRunning
            | ErrorCode::Conflict
            | ErrorCode::Forbidden
            | ErrorCode::Unverified
    )
}
