//! The settings file that a launch of Claude Code is given. It adds to the user's own settings and
//! lies outside the worktree, so that it never shows up as a change.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::agents::shell::shell_word;

/// The events that are asked for.
pub const HOOK_EVENTS: &[&str] = &[
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionRequest",
    "Notification",
    "Stop",
    "StopFailure",
    "SessionEnd",
    "SubagentStop",
    "PreCompact",
];

/// How long Claude Code waits for a hook, in seconds. Ours is back in a fraction of one; this is
/// for a machine that swaps.
const HOOK_TIMEOUT_S: u32 = 10;

/// The commands of `ao` that a session may use without being asked for leave: they say, ask and
/// look, and the supervisor knows who calls. What starts or ends something is not among them.
const ALLOWED_COMMANDS: &[&str] = &[
    "send", "report", "inbox", "messages", "status", "ls", "show", "wait", "result", "screen",
    "logs",
];

/// The same of the tools of `ao mcp`.
const ALLOWED_TOOLS: &[&str] = &[
    "send_message",
    "report",
    "submit_result",
    "inbox",
    "list_agents",
    "tasks",
    "task_add",
    "task_step",
    "wait_for_agent",
    "wait_for_any",
    "get_agent",
    "get_agent_activity",
    "workflow_status",
    "workflow_result",
];

/// The settings: hooks that call `ao` at this absolute path, leave for [`ALLOWED_COMMANDS`] and
/// [`ALLOWED_TOOLS`] and to read what ao itself wrote for the session into `generation_dir` (long
/// messages, a long task), and, when the person chose that mode, no warning about bypassed
/// permissions (it would wait for an answer). The hook of a permission request may wait that many
/// seconds for its answer.
#[must_use]
pub fn settings(ao: &str, generation_dir: &Path, bypass: bool, permission_wait_s: u32) -> Value {
    let hooks: Map<String, Value> = HOOK_EVENTS
        .iter()
        .map(|event| {
            let command = format!("{} hook claude {event}", shell_word(ao));
            let waits = if *event == "PermissionRequest" { permission_wait_s } else { 0 };
            let timeout = HOOK_TIMEOUT_S.saturating_add(waits);
            let hook = json!({"type": "command", "command": command, "timeout": timeout});
            ((*event).to_owned(), json!([{"hooks": [hook]}]))
        })
        .collect();
    let commands = ALLOWED_COMMANDS.iter().map(|command| format!("Bash(ao {command}:*)"));
    let tools = ALLOWED_TOOLS.iter().map(|tool| format!("mcp__ao__{tool}"));
    // Two slashes begin an absolute path there.
    let files = ["messages/**", "prompt.md"]
        .map(|name| format!("Read(/{})", generation_dir.join(name).display()));
    let allow: Vec<String> = commands.chain(tools).chain(files).collect();
    let mut settings = json!({"hooks": hooks, "permissions": {"allow": allow}});
    if bypass {
        settings["skipDangerousModePermissionPrompt"] = true.into();
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_calls_us() {
        let dir = Path::new("/d/sessions/shop-1/2");
        let settings = settings("/opt/it's here/$(x)/ao", dir, false, 600);
        for event in HOOK_EVENTS {
            let command = settings["hooks"][event][0]["hooks"][0]["command"].as_str().unwrap();
            assert_eq!(command, format!(r"'/opt/it'\''s here/$(x)/ao' hook claude {event}"));
        }
        let allowed = settings["permissions"]["allow"].as_array().unwrap();
        assert!(allowed.contains(&"Read(//d/sessions/shop-1/2/messages/**)".into()));
        assert!(settings.get("skipDangerousModePermissionPrompt").is_none());
    }
}
