//! An agent asks leave for a tool call, and its hook would wait for the answer.

use std::time::Duration;

use serde_json::Value;

use crate::config::permission_rules;
use crate::model::permission::{Answer, Rule, State, decide as by_rules, subject};
use crate::services::{ServiceError, World, lanes, projects, secret};
use crate::store::permits::{self, Decision, Permit};
use crate::store::sessions::Session;
use crate::store::{Change, Origin, StoreError};
use crate::wire::hook::HookAnswer;

use super::decide::{decide, left};

/// Most of what a tool is about to do that is kept, in characters.
const SHOWN: usize = 2000;

/// Records the request and says what the hook is to do: hand on an answer that is there, wait for
/// one, or leave the dialog alone. A request that does not wait is not recorded.
pub async fn ask(
    world: &World,
    session: &Session,
    asked: &Value,
) -> Result<HookAnswer, ServiceError> {
    if asked.get("waits") != Some(&Value::Bool(true)) {
        return Ok(HookAnswer::default());
    }
    let project = projects::load(world, session.project.as_str()).await?;
    let (permit, rule) = digest(world, session, asked).await?;
    let wait = wait_limit(world, session, project.permits);
    let id = permit.id.clone();
    if wait.is_some() {
        // Before anybody can know of it, and answer.
        world.permits.expect(&id);
    }
    let origin = Origin { request_id: None, now: world.now() };
    let keep = move |change: &Change<'_>| keep(change, permit, rule, wait.is_none());
    let permit = world.store.write(origin, keep).await?;
    let answer = HookAnswer { permit: Some(id.clone()), ..HookAnswer::default() };
    let decision = match (permit.state, wait) {
        (State::Allowed, _) => "allow",
        (State::Denied, _) => "deny",
        (State::Open, Some(wait)) => {
            if project.permits {
                super::tell::orchestrator(world, &project, &permit).await?;
            }
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            return Ok(HookAnswer { wait_ms: Some(wait_ms), ..answer });
        }
        _ => return Ok(answer),
    };
    Ok(HookAnswer { decision: Some(decision.to_owned()), reason: permit.message, ..answer })
}

/// The request without secrets, and the rule that decides it. Rules are compared with what the tool
/// is really about to do.
async fn digest(
    world: &World,
    session: &Session,
    asked: &Value,
) -> Result<(Permit, Option<Rule>), ServiceError> {
    let Some(shared) = world.shared() else { return Err(lanes::CutOff.into()) };
    let (session, asked) = (session.clone(), asked.clone());
    let digest = move || {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        let rules = permission_rules(&shared.paths.permissions_file()).unwrap_or_else(|error| {
            tracing::warn!(%error, "no rule for permission requests counts");
            Vec::new()
        });
        let (tool, input) = (text("tool"), &asked["input"]);
        let rule = by_rules(&rules, session.project.as_str(), &tool, &subject(input)).cloned();
        let shown = subject(&shared.redactors.of(&shared, &session).value(input));
        let permit = Permit {
            id: secret::permit_id(),
            session: session.id.to_string(),
            project: session.project.to_string(),
            generation: session.generation.0,
            call_id: text("call_id"),
            tool,
            subject: shown.chars().take(SHOWN).collect(),
            state: State::Open,
            for_session: false,
            by: None,
            message: None,
            notice: None,
            asked_at: shared.now(),
            decided_at: None,
        };
        (permit, rule)
    };
    Ok(tokio::task::spawn_blocking(digest).await.map_err(|_| lanes::CutOff)?)
}

/// How long its hook is to wait for an answer; nothing where it is to leave the dialog at once.
fn wait_limit(world: &World, session: &Session, let_by_project: bool) -> Option<Duration> {
    let catalog = world.catalog();
    let hook = &catalog.get(&session.agent).ok()?.permission_hook;
    let useful = hook.wait_s > 0 && (hook.shows_dialog || let_by_project);
    useful.then(|| Duration::from_secs(hook.wait_s.into()))
}

fn keep(
    change: &Change<'_>,
    mut permit: Permit,
    rule: Option<Rule>,
    leaves: bool,
) -> Result<Permit, StoreError> {
    let (session, tool) = (permit.session.clone(), permit.tool.clone());
    // Some have no id of their own: the call is the one that has begun.
    if let Some(call) = permits::running_call(change.db(), &session, &tool)? {
        permit.call_id = call;
    }
    permits::ask(change, &permit)?;
    let decision = match rule {
        Some(rule) => Some(Decision {
            state: if rule.answer == Answer::Allow { State::Allowed } else { State::Denied },
            for_session: false,
            by: "rule".to_owned(),
            message: rule.message,
        }),
        None => {
            let standing = permits::standing(change.db(), &session, permit.generation, &tool)?;
            let again = |before: Permit| Decision {
                state: before.state,
                for_session: false,
                by: before.by.unwrap_or_default(),
                message: before.message,
            };
            standing.map(again).or_else(|| leaves.then(left))
        }
    };
    if let Some(decision) = &decision {
        decide(change, &permit.id, decision)?;
    }
    let id = permit.id.clone();
    Ok(permits::find(change.db(), &id)?.unwrap_or(permit))
}
