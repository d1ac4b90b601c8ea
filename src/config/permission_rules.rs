//! `permissions.toml` in the configuration directory: a person's rules for what agents ask leave
//! for. Without it ao decides nothing by itself.

use std::path::Path;

use serde::Deserialize;

use super::ConfigError;
use super::toml_text::{parse_toml, read_text};
use crate::model::permission::{Answer, Rule};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    tool: String,
    input: Option<String>,
    project: Option<String>,
    answer: Word,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Allow,
    Deny,
}

/// Reads the rules, in their order; a missing file has none.
///
/// # Errors
/// With file and line of what is not understood: then no rule of it may count.
pub fn permission_rules(file: &Path) -> Result<Vec<Rule>, ConfigError> {
    let Some(text) = read_text(file)? else { return Ok(Vec::new()) };
    let parsed: File = parse_toml(file, &text)?;
    let rule = |entry: Entry| Rule {
        tool: entry.tool,
        input: entry.input,
        project: entry.project,
        answer: match entry.answer {
            Word::Allow => Answer::Allow,
            Word::Deny => Answer::Deny,
        },
        message: entry.message,
    };
    Ok(parsed.rule.into_iter().map(rule).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_have_a_line_and_no_rule_counts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("permissions.toml");
        assert_eq!(permission_rules(&file).unwrap(), []);
        let good = "[[rule]]\ntool = \"Bash\"\ninput = \"ls*\"\nanswer = \"allow\"\n";
        std::fs::write(&file, good).unwrap();
        let rules = permission_rules(&file).unwrap();
        assert_eq!((rules.len(), rules[0].answer), (1, Answer::Allow));
        std::fs::write(&file, format!("{good}[[rule]]\ntool = \"x\"\nanswer = \"maybe\"\n"))
            .unwrap();
        let error = permission_rules(&file).unwrap_err().to_string();
        assert!(error.contains("permissions.toml:7"), "{error}");
    }
}
