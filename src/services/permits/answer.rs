//! Somebody answers a request.

use crate::model::permission::State;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects, sessions};
use crate::store::Change;
use crate::store::permits::Decision;
use crate::wire::permit::{AnswerPermit, PermitAnswer};

use super::decide::decide;
use super::wait::load;

/// Longest reason in characters.
const MAX_MESSAGE: usize = 1000;

/// Answers an open request whose agent waits. One that holds for the whole launch is a rule, and
/// only a person makes rules.
pub async fn answer(
    world: &World,
    request: &Request,
    id: &str,
    answer: AnswerPermit,
) -> Result<PermitAnswer, ServiceError> {
    let permit = load(world, id).await?;
    let session = sessions::load(world, &permit.session).await?;
    let project = projects::load(world, &permit.project).await?;
    let verb = Verb::AnswerPermit { let_by_project: project.permits };
    request.allow(world, verb, session.target()).await?;
    if answer.session {
        request.allow(world, Verb::Administer, Target::machine()).await?;
    }
    let body = format!("{id} {} {}", answer.answer, answer.session);
    if request.was_done(world, "answer_permit", &body).await? {
        return Ok(PermitAnswer { permit: super::view(world, permit) });
    }
    let decision = decision(request, answer)?;
    if permit.state == State::Open && !world.permits.waits(id) {
        let why = format!("its agent does not wait for ao; only {}'s terminal can", session.id);
        return Err(ServiceError::PermitOver { id: id.to_owned(), why });
    }
    let key = id.to_owned();
    let write = move |change: &Change<'_>| decide(change, &key, &decision);
    let decided = world.store.write(request.origin(world.now()), write).await?;
    let now = load(world, id).await?;
    if !decided {
        let by = now.by.as_deref().unwrap_or("nobody");
        let why = format!("it was {} by {by}", now.state.as_str());
        return Err(ServiceError::PermitOver { id: id.to_owned(), why });
    }
    request.note_done(world, "answer_permit", &body, id).await?;
    Ok(PermitAnswer { permit: super::view(world, now) })
}

fn decision(request: &Request, answer: AnswerPermit) -> Result<Decision, ServiceError> {
    let state = match answer.answer.as_str() {
        "allow" => State::Allowed,
        "deny" => State::Denied,
        other => return Err(ServiceError::Usage(format!("{other:?}: answer allow or deny"))),
    };
    let long = |text: &String| text.chars().count() > MAX_MESSAGE || text.contains('\0');
    if answer.message.as_ref().is_some_and(long) {
        let text = format!("the message has over {MAX_MESSAGE} characters, or a NUL character");
        return Err(ServiceError::Usage(text));
    }
    let by = request.caller.name().to_owned();
    Ok(Decision { state, for_session: answer.session, by, message: answer.message })
}
