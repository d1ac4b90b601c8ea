//! Argument templates. A placeholder is a whole argument, so a value is always exactly one
//! argument of the program and never read by a shell.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a manifest may write as `{name}`.
const PLACEHOLDERS: &[&str] = &[
    "prompt",
    "prompt_file",
    "system_prompt",
    "system_prompt_file",
    "model",
    "permission",
    "conversation_id",
    "settings_file",
    "session_id",
    "project_id",
    "worktree",
    "generation_dir",
];

/// Arguments that stand or fall together: a group is left out when a value in it is absent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum ArgumentGroup {
    One(String),
    Many(Vec<String>),
}

impl ArgumentGroup {
    pub(super) fn arguments(&self) -> &[String] {
        match self {
            Self::One(argument) => std::slice::from_ref(argument),
            Self::Many(arguments) => arguments,
        }
    }

    pub(super) fn uses(&self, placeholder: &str) -> bool {
        self.arguments().iter().any(|a| known_placeholder(a) == Some(placeholder))
    }
}

/// The arguments with values in their places.
pub(super) fn fill(
    groups: &[ArgumentGroup],
    values: &BTreeMap<&'static str, String>,
) -> Vec<String> {
    let filled = |argument: &String| match known_placeholder(argument) {
        Some(name) => values.get(name).cloned(),
        None => Some(argument.clone()),
    };
    let groups = groups
        .iter()
        .filter_map(|group| group.arguments().iter().map(filled).collect::<Option<Vec<String>>>());
    groups.flatten().collect()
}

/// The name of the placeholder that an argument is.
pub(super) fn known_placeholder(argument: &str) -> Option<&'static str> {
    let name = argument.strip_prefix('{')?.strip_suffix('}')?;
    PLACEHOLDERS.iter().copied().find(|known| *known == name)
}

/// Whether an argument is `{word}`.
pub(super) fn looks_like_placeholder(argument: &str) -> bool {
    let name = argument.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

/// Whether a placeholder is somewhere inside an argument.
pub(super) fn embeds_placeholder(argument: &str) -> bool {
    PLACEHOLDERS.iter().any(|name| argument.contains(&format!("{{{name}}}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_or_fall_together() {
        let group = |arguments: &[&str]| {
            ArgumentGroup::Many(arguments.iter().map(ToString::to_string).collect())
        };
        let groups = [
            ArgumentGroup::One("-x".into()),
            group(&["--model", "{model}"]),
            group(&["--perm", "{permission}"]),
            ArgumentGroup::One("{prompt}".into()),
        ];
        let values =
            BTreeMap::from([("model", "m o".to_owned()), ("prompt", "$(x)\n{model}".to_owned())]);
        assert_eq!(fill(&groups, &values), ["-x", "--model", "m o", "$(x)\n{model}"]);
        assert_eq!(fill(&groups, &BTreeMap::new()), ["-x"]);
    }
}
