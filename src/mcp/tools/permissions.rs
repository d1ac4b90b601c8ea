//! permissions: what agents ask leave for, and the answers.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Deadline, Target};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::permit::{AnswerPermit, PermitAnswer, PermitList, PermitView};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Permissions {
    /// Without it: the open requests
    #[serde(default)]
    permit_id: Option<String>,
    /// allow or deny, this once
    #[serde(default)]
    answer: Option<String>,
    /// Why, for the agent
    #[serde(default)]
    message: Option<String>,
}

pub(super) async fn permissions(
    caller: Arc<Caller>,
    asked: Permissions,
) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let Some(id) = asked.permit_id else {
        let list: PermitList = client.get(&Target::new(&["permits"])).await?;
        return Ok(json!({"permits": list.permits.iter().map(view).collect::<Vec<_>>()}));
    };
    let body = AnswerPermit {
        answer: asked.answer.unwrap_or_default(),
        session: false,
        message: asked.message,
    };
    let answer: PermitAnswer =
        client.post(&Target::new(&["permits", &id]), &body, Deadline::Ordinary).await?;
    Ok(view(&answer.permit))
}

fn view(permit: &PermitView) -> Value {
    json!({
        "permit_id": permit.id,
        "agent_id": permit.session,
        "tool": permit.tool,
        "subject": permit.subject,
        "state": permit.state,
    })
}
