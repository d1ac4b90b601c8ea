//! What a task has come to, for who may read its session's output.

use crate::agents::oneshot::{Ended, Verdict};
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, sessions};
use crate::wire::session::OutcomeView;

/// The outcome of the task; its state is `running` as long as there is none.
pub async fn outcome(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<OutcomeView, ServiceError> {
    let session = sessions::load(world, id).await?;
    request.allow(world, Verb::ReadOutput, session.target()).await?;
    if session.one_shot.is_none() {
        let text = format!("{id} does no single task: it has no outcome");
        return Err(ServiceError::Usage(text));
    }
    let ended = super::ended(world, &session);
    Ok(view(session.id.to_string(), session.branch.clone(), ended))
}

fn view(session: String, branch: String, ended: Option<Ended>) -> OutcomeView {
    let mut view = OutcomeView { session, branch, ..OutcomeView::default() };
    let Some(ended) = ended else {
        view.state = "running".to_owned();
        return view;
    };
    (view.tool_calls, view.tokens) = (ended.tool_calls, serde_json::json!(ended.tokens));
    (view.conversation, view.warnings) = (ended.conversation, ended.warnings);
    match ended.verdict {
        Verdict::Value { json } => {
            view.state = "done".to_owned();
            view.result = serde_json::from_str(&json).ok();
        }
        Verdict::Nothing { why, message } => {
            (view.state, view.why, view.message) = ("failed".to_owned(), Some(why), Some(message));
        }
        Verdict::Unfit { message } => {
            view.state = "failed".to_owned();
            (view.why, view.message) = (Some("schema".to_owned()), Some(message));
        }
    }
    view
}
