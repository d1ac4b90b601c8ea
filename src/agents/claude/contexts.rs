//! What Claude Code's transcript tells of the answers that hooks gave it.

use serde_json::Value;

/// The texts that this line of a transcript shows to be in the conversation, where a hook brought
/// them there: the context after a tool, or the reason for which a turn went on.
#[must_use]
pub fn contexts(line: &str) -> Vec<String> {
    // Most lines are none of these, and some are large.
    if !line.contains("\"hook_additional_context\"") && !line.contains("\"hook_blocking_error\"") {
        return Vec::new();
    }
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let attachment = &line["attachment"];
    let texts = match attachment["type"].as_str() {
        Some("hook_additional_context") => attachment["content"].as_array().cloned(),
        Some("hook_blocking_error") if attachment["hookEvent"] == "Stop" => {
            Some(vec![attachment["blockingError"]["blockingError"].clone()])
        }
        _ => None,
    };
    let texts = texts.unwrap_or_default();
    texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_by_a_hook_is_found() {
        let tool = r#"{"parentUuid":"0f18","isSidechain":false,"attachment":{"type":"hook_additional_context","content":["[from shop-2] hint\nsecond line"],"hookName":"PostToolUse:Bash","toolUseID":"toolu_5","hookEvent":"PostToolUse"},"type":"attachment","uuid":"5cd5"}"#;
        assert_eq!(contexts(tool), ["[from shop-2] hint\nsecond line"]);
        let stop = r#"{"attachment":{"type":"hook_blocking_error","hookName":"Stop","toolUseID":"7cd4","hookEvent":"Stop","blockingError":{"blockingError":"[from shop-2] go on","command":"ao hook claude Stop"}},"type":"attachment"}"#;
        assert_eq!(contexts(stop), ["[from shop-2] go on"]);
    }

    #[test]
    fn what_only_speaks_of_it_is_not() {
        let said = r#"{"type":"user","message":{"role":"user","content":"\"hook_additional_context\" [from x] y"}}"#;
        let failed = r#"{"attachment":{"type":"hook_blocking_error","hookEvent":"PreToolUse","blockingError":{"blockingError":"no"}}}"#;
        let ran = r#"{"attachment":{"type":"hook_success","stdout":"hook_additional_context"}}"#;
        for line in [said, failed, ran, "{\"hook_additional_context\"", ""] {
            assert_eq!(contexts(line), Vec::<String>::new(), "{line}");
        }
    }
}
