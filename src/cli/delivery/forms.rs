//! The forms in which agents ask models: how a request is recognised, and how an answer is written,
//! whole or as server-sent events. As little of each as the agents' clients insist on.

use serde_json::{Map, Value, json};

/// A provider's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Anthropic's.
    Messages,
    /// OpenAI's older one.
    Completions,
    /// OpenAI's newer one.
    Responses,
    /// Google's.
    Generate,
}

/// What the model says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Words.
    Words(&'static str),
    /// A tool is to be run.
    Call(Call),
}

/// The call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    name: String,
    arguments: Value,
}

/// What the tools that run commands are called.
const SHELLS: &[&str] =
    &["Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell"];

/// The command that needs leave. It makes a file, by which it is seen to have run.
pub const COMMAND: &str = "touch ao-check-ran";

impl Form {
    /// That of a path; nothing for what asks no model.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
        match path {
            _ if path.ends_with("/messages") => Some(Self::Messages),
            _ if path.ends_with("/chat/completions") => Some(Self::Completions),
            _ if path.ends_with("/responses") => Some(Self::Responses),
            _ if path.ends_with("enerateContent") => Some(Self::Generate),
            _ => None,
        }
    }

    /// What only the result of a tool holds.
    #[must_use]
    pub fn result_mark(self) -> &'static str {
        match self {
            Self::Messages => "\"tool_result\"",
            Self::Completions => "\"tool_call_id\"",
            Self::Responses => "_call_output\"",
            Self::Generate => "\"functionResponse\"",
        }
    }

    /// Whether the answer is wanted piece by piece.
    #[must_use]
    pub fn is_streamed(self, path: &str, body: &str) -> bool {
        let asked = || serde_json::from_str::<Value>(body).is_ok_and(|body| body["stream"] == true);
        match self {
            Self::Generate => path.contains(":streamGenerateContent"),
            _ => asked(),
        }
    }

    /// The answer as it goes out, under an id of its own.
    #[must_use]
    pub fn write(self, answer: &Answer, streamed: bool, id: &str) -> String {
        let events = match self {
            Self::Messages => messages(answer),
            Self::Completions => completions(answer),
            Self::Responses => responses(answer),
            Self::Generate => vec![generate(answer)],
        };
        if streamed {
            let event = |event: &Value| match event["type"].as_str() {
                Some(kind) => format!("event: {kind}\ndata: {event}\n\n"),
                None => format!("data: {event}\n\n"),
            };
            let text = events.iter().map(event).collect::<String>().replace(ID, id);
            return if self == Self::Completions { text + "data: [DONE]\n\n" } else { text };
        }
        whole(self, answer).to_string().replace(ID, id)
    }
}

/// What other paths are answered with: lists of models, counts of tokens.
#[must_use]
pub fn other(path: &str) -> String {
    let model = json!({"id": "mock-model", "object": "model", "type": "model",
        "display_name": "mock-model", "created": 1_700_000_000, "owned_by": "ao"});
    match path {
        _ if path.contains("models") && !path.contains(':') => {
            json!({"object": "list", "data": [model], "has_more": false, "models": []}).to_string()
        }
        _ => json!({"input_tokens": 10, "totalTokens": 10}).to_string(),
    }
}

/// Whether the request is no turn of the conversation: what asks for a title has no tools.
#[must_use]
pub fn is_aside(body: &str) -> bool {
    let tools = serde_json::from_str::<Value>(body).ok().map(|body| body["tools"].clone());
    tools.and_then(|tools| tools.as_array().map(Vec::is_empty)).unwrap_or(true)
}

/// A call of the tool that runs commands, if the request declares one.
#[must_use]
pub fn shell(body: &str) -> Option<Call> {
    let body: Value = serde_json::from_str(body).ok()?;
    let mut tools = Vec::new();
    declared(&body["tools"], &mut tools);
    let named = |name: &&str| tools.iter().find(|tool| tool["name"] == **name);
    let tool = SHELLS.iter().find_map(named)?;
    let schema = ["input_schema", "parameters", "parametersJsonSchema"];
    let schema = schema.iter().map(|key| &tool[*key]).find(|value| value.is_object());
    let empty = Map::new();
    let fields = schema.and_then(|s| s["properties"].as_object()).unwrap_or(&empty);
    let mut arguments = Map::new();
    for required in schema.and_then(|s| s["required"].as_array()).into_iter().flatten() {
        let name = required.as_str().unwrap_or_default();
        arguments.insert(name.to_owned(), sample(&fields[name]));
    }
    let command = if fields.contains_key("cmd") { "cmd" } else { "command" };
    let is_list = fields.get(command).is_some_and(|field| field["type"] == "array");
    let value = if is_list { json!(["bash", "-lc", COMMAND]) } else { COMMAND.into() };
    arguments.insert(command.to_owned(), value);
    // A sandboxed one asks only when it is to leave its sandbox.
    for (name, value) in
        [("sandbox_permissions", "require_escalated"), ("justification", "a check")]
    {
        if fields.contains_key(name) {
            arguments.insert(name.to_owned(), value.into());
        }
    }
    let name = tool["name"].as_str().unwrap_or_default().to_owned();
    Some(Call { name, arguments: Value::Object(arguments) })
}

/// The declarations of tools in their several nestings.
fn declared<'a>(tools: &'a Value, found: &mut Vec<&'a Value>) {
    for tool in tools.as_array().into_iter().flatten() {
        match (&tool["function"], &tool["functionDeclarations"], &tool["tools"]) {
            (function @ Value::Object(_), _, _) => found.push(function),
            (_, list @ Value::Array(_), _) | (_, _, list @ Value::Array(_)) => {
                declared(list, found)
            }
            _ => found.push(tool),
        }
    }
}

fn sample(schema: &Value) -> Value {
    match (&schema["enum"][0], schema["type"].as_str()) {
        (first @ Value::String(_), _) => first.clone(),
        (_, Some("boolean" | "BOOLEAN")) => false.into(),
        (_, Some("integer" | "number" | "INTEGER" | "NUMBER")) => 1.into(),
        (_, Some("array" | "ARRAY")) => json!([]),
        (_, Some("object" | "OBJECT")) => json!({}),
        _ => "check".into(),
    }
}

/// Stands for the answer's id until it goes out.
const ID: &str = "{{answer}}";

fn whole(form: Form, answer: &Answer) -> Value {
    match form {
        Form::Messages => {
            json!({"id": ID, "type": "message", "role": "assistant", "model": "mock-model",
            "content": [block(answer, true)], "stop_reason": stop_reason(answer),
            "stop_sequence": null, "usage": {"input_tokens": 10, "output_tokens": 1}})
        }
        Form::Completions => {
            json!({"id": ID, "object": "chat.completion", "created": 1_700_000_000,
            "model": "mock-model", "usage": completion_usage(),
            "choices": [{"index": 0, "message": delta(answer), "finish_reason": finish(answer)}]})
        }
        Form::Responses => response(answer, "completed"),
        Form::Generate => generate(answer),
    }
}

fn stop_reason(answer: &Answer) -> &'static str {
    if matches!(answer, Answer::Call(_)) { "tool_use" } else { "end_turn" }
}

/// A part of an Anthropic message; its begin has nothing in it.
fn block(answer: &Answer, full: bool) -> Value {
    match answer {
        Answer::Words(words) => json!({"type": "text", "text": if full { words } else { "" }}),
        Answer::Call(call) => {
            let input = if full { call.arguments.clone() } else { json!({}) };
            json!({"type": "tool_use", "id": format!("toolu_{ID}"), "name": call.name, "input": input})
        }
    }
}

fn messages(answer: &Answer) -> Vec<Value> {
    let piece = match answer {
        Answer::Words(words) => json!({"type": "text_delta", "text": words}),
        Answer::Call(call) => {
            json!({"type": "input_json_delta", "partial_json": call.arguments.to_string()})
        }
    };
    let begun = json!({"id": ID, "type": "message", "role": "assistant", "model": "mock-model",
        "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 10, "output_tokens": 1}});
    vec![
        json!({"type": "message_start", "message": begun}),
        json!({"type": "content_block_start", "index": 0, "content_block": block(answer, false)}),
        json!({"type": "content_block_delta", "index": 0, "delta": piece}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "usage": {"output_tokens": 1},
            "delta": {"stop_reason": stop_reason(answer), "stop_sequence": null}}),
        json!({"type": "message_stop"}),
    ]
}

fn completion_usage() -> Value {
    json!({"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11})
}

fn finish(answer: &Answer) -> &'static str {
    if matches!(answer, Answer::Call(_)) { "tool_calls" } else { "stop" }
}

fn delta(answer: &Answer) -> Value {
    match answer {
        Answer::Words(words) => json!({"role": "assistant", "content": words}),
        Answer::Call(call) => json!({"role": "assistant", "content": null, "tool_calls": [{
            "index": 0, "id": format!("call_{ID}"), "type": "function",
            "function": {"name": call.name, "arguments": call.arguments.to_string()}}]}),
    }
}

fn completions(answer: &Answer) -> Vec<Value> {
    let chunk = |choices: Value, usage: Value| {
        json!({"id": ID, "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": "mock-model", "choices": choices, "usage": usage})
    };
    let choice = |delta: Value, reason: Value| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    vec![
        chunk(choice(delta(answer), Value::Null), Value::Null),
        chunk(choice(json!({}), finish(answer).into()), Value::Null),
        chunk(json!([]), completion_usage()),
    ]
}

fn item(answer: &Answer) -> Value {
    match answer {
        Answer::Words(words) => json!({"type": "message", "id": format!("msg_{ID}"),
            "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": words, "annotations": []}]}),
        Answer::Call(call) => json!({"type": "function_call", "id": format!("fc_{ID}"),
            "call_id": format!("call_{ID}"), "name": call.name, "status": "completed",
            "arguments": call.arguments.to_string()}),
    }
}

fn response(answer: &Answer, status: &str) -> Value {
    let done = status == "completed";
    let usage = json!({"input_tokens": 10, "output_tokens": 1, "total_tokens": 11,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}});
    json!({"id": format!("resp_{ID}"), "object": "response", "created_at": 1_700_000_000,
        "status": status, "model": "mock-model", "tool_choice": "auto", "tools": [],
        "parallel_tool_calls": false, "output": if done { json!([item(answer)]) } else { json!([]) },
        "usage": if done { usage } else { Value::Null }})
}

fn responses(answer: &Answer) -> Vec<Value> {
    let item = item(answer);
    let mut events = vec![
        json!({"type": "response.created", "response": response(answer, "in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
    ];
    if let Answer::Words(words) = answer {
        events.push(json!({"type": "response.output_text.delta", "output_index": 0,
            "content_index": 0, "item_id": item["id"], "delta": words}));
    }
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    events.push(json!({"type": "response.completed", "response": response(answer, "completed")}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}

fn generate(answer: &Answer) -> Value {
    let part = match answer {
        Answer::Words(words) => json!({"text": words}),
        Answer::Call(call) => json!({"functionCall": {"id": format!("call_{ID}"),
            "name": call.name, "args": call.arguments}}),
    };
    json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0,
            "finishReason": "STOP"}], "modelVersion": "mock-model", "responseId": ID,
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 1, "totalTokenCount": 11}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_says_what_it_is_told_to() {
        for (path, form) in [
            ("/v1/messages?beta=true", Form::Messages),
            ("/v1/chat/completions", Form::Completions),
            ("/v1/responses", Form::Responses),
            ("/v1beta/models/m:streamGenerateContent?alt=sse", Form::Generate),
        ] {
            assert_eq!(Form::of(path), Some(form), "{path}");
            for streamed in [false, true] {
                let said = form.write(&Answer::Words("some words"), streamed, "a1");
                assert!(said.contains("some words"), "{said}");
                let call = Call { name: "Bash".into(), arguments: json!({"command": COMMAND}) };
                let called = form.write(&Answer::Call(call), streamed, "a2");
                assert!(called.contains("Bash") && called.contains(COMMAND), "{called}");
                assert!(!called.contains(ID) && !said.contains(ID));
            }
        }
        assert_eq!(Form::of("/v1/models"), None);
    }

    #[test]
    fn the_shell_is_found_in_every_declaration() {
        let schema = json!({"properties": {"command": {"type": "string"}, "description": {"type": "string"}},
            "required": ["command", "description"]});
        for tools in [
            json!([{"name": "Read"}, {"name": "Bash", "input_schema": schema}]),
            json!([{"type": "function", "function": {"name": "bash", "parameters": schema}}]),
            json!([{"functionDeclarations": [{"name": "run_shell_command", "parameters": schema}]}]),
        ] {
            let call = shell(&json!({"tools": tools}).to_string()).unwrap();
            assert_eq!(call.arguments, json!({"command": COMMAND, "description": "check"}));
        }
        let escalates = json!({"properties": {"cmd": {}, "sandbox_permissions": {}}});
        let tools = json!([{"type": "function", "name": "exec_command", "parameters": escalates}]);
        let call = shell(&json!({"tools": tools}).to_string()).unwrap();
        assert_eq!(call.arguments["sandbox_permissions"], "require_escalated");
        assert_eq!(call.arguments["cmd"], COMMAND);
        assert_eq!(shell("{}"), None);
        assert!(is_aside("{}") && is_aside("{\"tools\":[]}"));
    }
}
