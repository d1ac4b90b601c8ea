//! Claude Code's hook payloads as neutral events, and neutral answers as what it reads from a
//! hook's standard output.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::agents::neutral::{Decision, NeutralAnswer, NeutralEvent};

/// Arguments and results of tools are handed on up to this size, in bytes of JSON. What is larger
/// is read from the transcript.
const VALUE_LIMIT: usize = 1 << 20;

/// The tool by which it asks a person something.
const QUESTION: &str = "AskUserQuestion";

/// What a hook's payload means; `None` if it means nothing to us. Fields that are not there are
/// left out: the payload differs between versions.
#[must_use]
pub fn neutral(event: &str, payload: &Value) -> Option<NeutralEvent> {
    let text = |key: &str| payload.get(key).and_then(Value::as_str).map(str::to_owned);
    let tool = || text("tool_name").unwrap_or_default();
    let neutral = match event {
        // In the middle of a turn, as often as not: no word of a start.
        "SessionStart" if text("source").as_deref() == Some("compact") => {
            NeutralEvent::Compacted {}
        }
        "PreCompact" => NeutralEvent::Compacted {},
        "SessionStart" => NeutralEvent::SessionStarted {
            conversation_id: text("session_id"),
            takes_context: Vec::new(),
        },
        // Qwen Code tells the results of its tools in the same way, without a text.
        "UserPromptSubmit" => NeutralEvent::PromptSubmitted {
            text: text("prompt").filter(|prompt| !prompt.is_empty())?,
        },
        "PreToolUse" => NeutralEvent::ToolStarted {
            tool: tool(),
            call_id: call_id(payload),
            input: value(payload, "tool_input"),
        },
        "PostToolUse" | "PostToolUseFailure" => NeutralEvent::ToolEnded {
            tool: tool(),
            call_id: call_id(payload),
            output: value(payload, "tool_response"),
            error: text("error"),
            // What a subagent is told it keeps to itself, and an interrupted turn does not go on.
            takes_context: text("agent_id").is_none() && !is_true(payload, "is_interrupt"),
            run_ms: payload.get("duration_ms").and_then(Value::as_u64),
        },
        "PermissionRequest" if tool() == QUESTION => NeutralEvent::QuestionAsked {
            call_id: call_id(payload),
            tool: tool(),
            input: value(payload, "tool_input"),
        },
        "PermissionRequest" => NeutralEvent::PermissionAsked {
            call_id: call_id(payload),
            tool: tool(),
            input: value(payload, "tool_input"),
            waits: true,
        },
        "Stop" | "StopFailure" => turn_ended(event == "StopFailure", payload),
        "SubagentStop" => NeutralEvent::SubagentEnded { chain: text("agent_id") },
        "SessionEnd" => NeutralEvent::SessionEnded {
            reason: text("reason"),
            conversation_id: text("session_id"),
        },
        // Notification repeats seconds later what PermissionRequest and Stop have said, and may be
        // out of date.
        _ => return None,
    };
    Some(neutral)
}

fn turn_ended(failed: bool, payload: &Value) -> NeutralEvent {
    let text = |key: &str| payload.get(key).and_then(Value::as_str).map(str::to_owned);
    NeutralEvent::TurnEnded {
        text: text("last_assistant_message"),
        usage: None,
        error: failed.then(|| text("error").unwrap_or_else(|| "unknown".into())),
        // One text at the end of a turn; what waits behind it comes as prompts of their own, so
        // that a person sees each and no turn is continued for ever.
        takes_context: !failed && !is_true(payload, "stop_hook_active"),
        background: if failed { 0 } else { subagents(payload) },
    }
}

/// How many subagents go on when the turn has ended. Other tasks in the background, a server say,
/// may run for ever, and are not counted.
fn subagents(payload: &Value) -> u32 {
    let tasks = payload.get("background_tasks").and_then(Value::as_array);
    let is_agent = |task: &&Value| {
        let kind = task.get("type").and_then(Value::as_str).unwrap_or_default();
        let status = task.get("status").and_then(Value::as_str).unwrap_or("running");
        kind.contains("agent") && status == "running"
    };
    tasks.map_or(0, |tasks| tasks.iter().filter(is_agent).count().try_into().unwrap_or(u32::MAX))
}

fn is_true(payload: &Value, key: &str) -> bool {
    payload.get(key) == Some(&Value::Bool(true))
}

/// Where in its work the agent was when the hook ran: its conversation, the turn, the subagent and
/// the transcript that tells of it. Fields that the payload does not have are left out.
#[must_use]
pub fn situation(payload: &Value) -> Map<String, Value> {
    let text = |key: &str| payload.get(key).and_then(Value::as_str);
    let mut situation = Map::new();
    let mut say = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            situation.insert(name.to_owned(), value.into());
        }
    };
    say("conversation_id", text("session_id"));
    say("turn", text("prompt_id").or_else(|| text("turn_id")));
    say("chain", text("agent_id"));
    let session = text("transcript_path");
    let of_subagent = text("agent_id")
        .zip(session)
        .and_then(|(agent, session)| super::transcript::of_subagent(Path::new(session), agent));
    say("transcript", session);
    say("chain_transcript", of_subagent.as_deref().and_then(Path::to_str));
    situation
}

/// The call that a payload is about. A permission request has no id of its own in all versions:
/// then its prompt's and tool's name stand for it.
fn call_id(payload: &Value) -> String {
    let text = |key: &str| payload.get(key).and_then(Value::as_str);
    match text("tool_use_id") {
        Some(id) => id.to_owned(),
        None => {
            let prompt = text("prompt_id").unwrap_or_default();
            format!("{prompt}/{}", text("tool_name").unwrap_or_default())
        }
    }
}

/// A value, or its size if it is too large to hand on.
fn value(payload: &Value, key: &str) -> Option<Value> {
    let value = payload.get(key)?;
    let bytes = value.to_string().len();
    Some(if bytes <= VALUE_LIMIT { value.clone() } else { json!({"omitted_bytes": bytes}) })
}

/// What a hook prints, and its exit code. The code is always 0: a hook of ours never fails its
/// agent. An answer that the event cannot carry is dropped.
#[must_use]
pub fn answer(event: &str, answer: &NeutralAnswer) -> (String, i32) {
    let printed = match (event, answer.decision, &answer.context) {
        ("UserPromptSubmit", Some(Decision::Block | Decision::Deny), _) => {
            Some(json!({"decision": "block", "reason": reason(answer)}))
        }
        ("PermissionRequest", Some(Decision::Allow), _) => {
            Some(specific(event, "decision", json!({"behavior": "allow"})))
        }
        ("PermissionRequest", Some(Decision::Deny | Decision::Block), _) => {
            let decision = json!({"behavior": "deny", "message": reason(answer)});
            Some(specific(event, "decision", decision))
        }
        // Blocking the stop with a text is how it is made to go on with that text.
        ("Stop", _, Some(context)) => Some(json!({"decision": "block", "reason": context})),
        (
            "SessionStart" | "UserPromptSubmit" | "PostToolUse" | "PostToolUseFailure",
            _,
            Some(context),
        ) => Some(specific(event, "additionalContext", context.as_str().into())),
        _ => None,
    };
    // Nothing at all rather than an empty object: plain output of some hooks becomes context.
    (printed.map(|p| p.to_string()).unwrap_or_default(), 0)
}

fn reason(answer: &NeutralAnswer) -> &str {
    answer.reason.as_deref().unwrap_or("refused by ao")
}

fn specific(event: &str, key: &str, content: Value) -> Value {
    let mut inner = json!({"hookEventName": event});
    inner[key] = content;
    json!({"hookSpecificOutput": inner})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payload with the fields that all of them have.
    fn payload(event: &str, fields: &Value) -> Value {
        let mut payload = json!({
            "session_id": "8a2f0c1e-0b4c-4d8e-9f10-2b1d7f0e5a11",
            "transcript_path": "/home/u/.claude/projects/-w/8a2f0c1e.jsonl",
            "cwd": "/w",
            "prompt_id": "p-7",
            "permission_mode": "manual",
            "hook_event_name": event,
        });
        for (key, value) in fields.as_object().unwrap() {
            payload[key] = value.clone();
        }
        payload
    }

    fn read(event: &str, fields: &Value) -> Option<NeutralEvent> {
        neutral(event, &payload(event, fields))
    }

    #[test]
    fn a_turn_with_a_permission() {
        let conversation = Some("8a2f0c1e-0b4c-4d8e-9f10-2b1d7f0e5a11".to_owned());
        let start = read("SessionStart", &json!({"source": "startup", "model": "sonnet"}));
        assert_eq!(
            start,
            Some(NeutralEvent::SessionStarted {
                conversation_id: conversation.clone(),
                takes_context: Vec::new(),
            })
        );
        let prompt = read("UserPromptSubmit", &json!({"prompt": "[from a-1] hi\nthere"}));
        let expected = NeutralEvent::PromptSubmitted { text: "[from a-1] hi\nthere".into() };
        assert_eq!(prompt, Some(expected));
        let input = json!({"command": "echo a > f"});
        let fields = json!({"tool_name": "Bash", "tool_input": input, "tool_use_id": "toolu_1"});
        let tool = || "Bash".to_owned();
        let before = read("PreToolUse", &fields).unwrap();
        let expected = NeutralEvent::ToolStarted {
            tool: tool(),
            call_id: "toolu_1".into(),
            input: Some(input.clone()),
        };
        assert_eq!(before, expected);
        let asked = read("PermissionRequest", &json!({"tool_name": "Bash", "tool_input": input}));
        let expected = NeutralEvent::PermissionAsked {
            call_id: "p-7/Bash".into(),
            tool: tool(),
            input: Some(input),
            waits: true,
        };
        assert_eq!(asked, Some(expected));
        let fields = json!({"tool_name": "Bash", "tool_use_id": "toolu_1", "duration_ms": 4,
            "tool_response": {"stdout": "", "interrupted": false}});
        let after = read("PostToolUse", &fields).unwrap();
        assert!(
            matches!(after, NeutralEvent::ToolEnded { error: None, ref call_id, run_ms: Some(4), .. }
            if call_id == "toolu_1")
        );
        let failed = read(
            "PostToolUseFailure",
            &json!({"tool_name": "Bash",
            "tool_use_id": "toolu_2", "error": "Exit code 1"}),
        );
        assert!(matches!(failed, Some(NeutralEvent::ToolEnded { error: Some(_), .. })));
        let stop =
            read("Stop", &json!({"last_assistant_message": "done", "stop_hook_active": false}));
        let expected = NeutralEvent::TurnEnded {
            text: Some("done".into()),
            usage: None,
            error: None,
            takes_context: true,
            background: 0,
        };
        assert_eq!(stop, Some(expected));
        let failure = read("StopFailure", &json!({"error": "server_error"}));
        let expected = NeutralEvent::TurnEnded {
            text: None,
            usage: None,
            error: Some("server_error".into()),
            takes_context: false,
            background: 0,
        };
        assert_eq!(failure, Some(expected));
        let end = read("SessionEnd", &json!({"reason": "prompt_input_exit"}));
        let expected = NeutralEvent::SessionEnded {
            reason: Some("prompt_input_exit".into()),
            conversation_id: conversation,
        };
        assert_eq!(end, Some(expected));
    }

    #[test]
    fn a_context_is_for_the_agent_itself_and_for_a_turn_that_goes_on() {
        let takes = |event: &str, fields: Value| match read(event, &fields) {
            Some(
                NeutralEvent::ToolEnded { takes_context, .. }
                | NeutralEvent::TurnEnded { takes_context, .. },
            ) => takes_context,
            other => panic!("{other:?}"),
        };
        let tool = json!({"tool_name": "Bash", "tool_use_id": "toolu_1"});
        assert!(takes("PostToolUse", tool.clone()));
        assert!(takes(
            "PostToolUseFailure",
            json!({"error": "Exit code 1", "is_interrupt": false})
        ));
        assert!(!takes("PostToolUseFailure", json!({"error": "", "is_interrupt": true})));
        let of_subagent = json!({"agent_id": "a342055ffadbd6ef9", "agent_type": "Explore"});
        assert!(!takes("PostToolUse", of_subagent));
        assert!(takes("Stop", json!({"stop_hook_active": false})));
        assert!(!takes("Stop", json!({"stop_hook_active": true})));
        assert!(!takes("StopFailure", json!({"error": "server_error"})));
    }

    #[test]
    fn questions_subagents_and_compaction_are_what_they_are() {
        let asks = json!({"tool_name": "AskUserQuestion", "tool_input": {"questions": []}});
        let asked = read("PermissionRequest", &asks);
        assert!(matches!(asked, Some(NeutralEvent::QuestionAsked { .. })), "{asked:?}");
        let ended = read("SubagentStop", &json!({"agent_id": "a1"}));
        assert_eq!(ended, Some(NeutralEvent::SubagentEnded { chain: Some("a1".into()) }));
        assert_eq!(read("PreCompact", &json!({})), Some(NeutralEvent::Compacted {}));
        let start = read("SessionStart", &json!({"source": "compact"}));
        assert_eq!(start, Some(NeutralEvent::Compacted {}), "in the middle of a turn");
        let tasks = json!([{"id": "a1", "type": "subagent", "status": "running"},
            {"type": "shell", "status": "running"}, {"type": "subagent", "status": "completed"}]);
        let stop = read("Stop", &json!({"background_tasks": tasks}));
        assert!(matches!(stop, Some(NeutralEvent::TurnEnded { background: 1, .. })), "{stop:?}");
    }

    #[test]
    fn what_says_nothing_new_is_nothing() {
        for kind in ["permission_prompt", "idle_prompt"] {
            assert_eq!(read("Notification", &json!({"notification_type": kind})), None);
        }
        for event in ["SomethingNew", ""] {
            assert_eq!(read(event, &json!({})), None);
        }
        for odd in [Value::Null, json!([]), json!("x"), json!({"prompt": 3})] {
            assert_eq!(neutral("UserPromptSubmit", &odd), None);
            // Still a stop, whatever else it says.
            assert!(neutral("Stop", &odd).is_some());
        }
    }

    #[test]
    fn the_situation_is_told_with_it() {
        let plain = situation(&payload("Stop", &json!({})));
        assert_eq!(plain["turn"], "p-7");
        assert_eq!(plain["transcript"], "/home/u/.claude/projects/-w/8a2f0c1e.jsonl");
        assert!(!plain.contains_key("chain"));
        let inner = situation(&payload("PreToolUse", &json!({"agent_id": "a1"})));
        assert_eq!(
            inner["chain_transcript"],
            "/home/u/.claude/projects/-w/8a2f0c1e/subagents/agent-a1.jsonl"
        );
        assert!(situation(&Value::Null).is_empty());
    }

    #[test]
    fn large_values_are_left_out() {
        let fields = json!({"tool_name": "Write", "tool_input": {"content": "x".repeat(1 << 20)}});
        let Some(NeutralEvent::ToolStarted { input: Some(input), .. }) =
            read("PreToolUse", &fields)
        else {
            panic!("a tool started");
        };
        assert!(input["omitted_bytes"].as_u64().unwrap() > 1 << 20);
    }

    #[test]
    fn answers_are_in_its_own_form() {
        let nothing = NeutralAnswer::default();
        for event in super::super::HOOK_EVENTS {
            assert_eq!(answer(event, &nothing), (String::new(), 0));
        }
        let block = NeutralAnswer {
            decision: Some(Decision::Block),
            reason: Some("seen".into()),
            context: None,
        };
        assert_eq!(answer("UserPromptSubmit", &block).0, r#"{"decision":"block","reason":"seen"}"#);
        let context = NeutralAnswer { context: Some("news".into()), ..NeutralAnswer::default() };
        let (printed, _) = answer("PostToolUse", &context);
        let printed: Value = serde_json::from_str(&printed).unwrap();
        let expected = json!({"hookSpecificOutput":
            {"hookEventName": "PostToolUse", "additionalContext": "news"}});
        assert_eq!(printed, expected);
        assert_eq!(answer("Stop", &context).0, r#"{"decision":"block","reason":"news"}"#);
        assert_eq!(answer("SessionEnd", &context), (String::new(), 0));
        let deny = NeutralAnswer { decision: Some(Decision::Deny), ..NeutralAnswer::default() };
        let (printed, code) = answer("PermissionRequest", &deny);
        let printed: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(printed["hookSpecificOutput"]["decision"]["behavior"], "deny");
        assert_eq!(code, 0);
        assert_eq!(answer("Stop", &deny), (String::new(), 0), "nothing to go on with");
    }
}
