//! send_message, inbox.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::agents::Policy;
use crate::client::{Deadline, Target};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::message::{MessageAnswer, MessageList, MessageView, Send};

/// How long an idle agent may take to a message before the answer says that it waits: so that who
/// waits for the agent next does not meet it idle still.
const TAKEN: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    agent_id: String,
    message: String,
    /// immediate [default]; deferred: when its turn has ended; on_demand: when it asks
    #[serde(default)]
    deliver: Option<Policy>,
    /// The message this one answers
    #[serde(default)]
    reply_to: Option<String>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn send(caller: Arc<Caller>, asked: Message) -> Result<Value, ToolError> {
    let client = caller.client_with(asked.idempotency_key).await?;
    // Only the word `orchestrator` needs a project, and only from a person.
    let is_word = asked.agent_id == "orchestrator" && caller.session().is_err();
    let project = if is_word { Some(caller.project(&client).await?) } else { None };
    let body = Send {
        text: asked.message,
        deliver: asked.deliver.map(Policy::wire),
        reply_to: asked.reply_to,
        project,
        ..Send::default()
    };
    let target = Target::new(&["sessions", &asked.agent_id, "messages"]);
    let sent: MessageAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    let mut message = sent.message;
    if message.policy == "immediate" && message.reason.is_none() {
        let target = Target::new(&["messages", &message.id, "wait"])
            .with("for", Some("submitted"))
            .with("timeout_s", Some(TAKEN.as_secs().to_string()));
        let taken: Result<MessageAnswer, _> = client.get(&target).await;
        let current = match taken {
            Ok(taken) => Some(taken.message),
            // It was accepted: whatever is wrong with looking on is no error of the call.
            Err(_) => {
                let now: Result<MessageAnswer, _> =
                    client.get(&Target::new(&["messages", &message.id])).await;
                now.ok().map(|answer| answer.message)
            }
        };
        message = current.unwrap_or(message);
    }
    Ok(told(&message))
}

fn told(message: &MessageView) -> Value {
    let mut value = json!({"message_id": message.id, "to": message.to, "state": message.state});
    if let Some(reason) = &message.reason {
        value["waits_for"] = reason.as_str().into();
    }
    value
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancel {
    agent_id: String,
    /// It is told why
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn cancel(caller: Arc<Caller>, asked: Cancel) -> Result<Value, ToolError> {
    let client = caller.client_with(asked.idempotency_key).await?;
    let why = asked.reason.map_or_else(String::new, |reason| format!(" Reason: {reason}"));
    let text = format!("Stop what you are doing and wait for new instructions.{why}");
    let body = Send { text, interrupt: true, ..Send::default() };
    let target = Target::new(&["sessions", &asked.agent_id, "messages"]);
    let sent: MessageAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    let target = Target::new(&["messages", &sent.message.id, "wait"])
        .with("for", Some("submitted"))
        .with("timeout_s", Some("5"));
    let taken: Result<MessageAnswer, _> = client.get(&target).await;
    let message = taken.map_or(sent.message, |taken| taken.message);
    let mut value = told(&message);
    value["interrupt"] = json!(message.interrupt);
    Ok(value)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inbox {}

pub(super) async fn inbox(caller: Arc<Caller>, _: Inbox) -> Result<Value, ToolError> {
    let id = caller.session()?;
    let client = caller.client().await?;
    let target = Target::new(&["sessions", &id, "inbox"]);
    let list: MessageList = client.post(&target, &json!({}), Deadline::Ordinary).await?;
    let messages: Vec<Value> = list
        .messages
        .iter()
        .map(|message| {
            json!({"message_id": message.id, "from": message.from, "message": message.body})
        })
        .collect();
    Ok(json!({"messages": messages}))
}
