//! Templates of arguments, variables and files. `{name}` stands for a whole argument or variable,
//! so that a value is always exactly one argument and never read by a shell; inside a longer text
//! only `{name:json}` does, a quoted literal that JSON, JavaScript and TOML all read the same way.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What a manifest may write as `{name}`; beside these `{hook.EVENT}`, the shell command by which
/// an agent tells of an event, and `{file.NAME}`, the path of a file of the manifest.
const PLACEHOLDERS: &[&str] = &[
    "prompt",
    "prompt_file",
    "system_prompt",
    "system_prompt_file",
    "system_prompt_dir",
    "model",
    "permission",
    "conversation_file",
    "conversation_id",
    "settings_file",
    "session_id",
    "project_id",
    "worktree",
    "trusted_repository",
    "git_dir",
    "git_common_dir",
    "open_network",
    "generation_dir",
    "schema",
    "schema_file",
    "record_file",
    "effort",
    "ao",
    "toolbox",
    "toolbox_enabled",
    "mcp_servers",
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
        self.arguments().iter().any(|argument| uses(argument, placeholder))
    }
}

/// What the placeholders stand for in one launch.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    words: BTreeMap<String, Vec<String>>,
    flags: BTreeSet<&'static str>,
}

impl Values {
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.words.insert(name.to_owned(), vec![value]);
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.words.remove(name);
    }

    /// A value that is `true`, and inside a text without quotes.
    pub(super) fn set_flag(&mut self, name: &'static str) {
        self.set_raw(name, "true".to_owned());
    }

    /// A value that stands inside a text as it is: `true`, an object.
    pub(super) fn set_raw(&mut self, name: &'static str, value: String) {
        self.words.insert(name.to_owned(), vec![value]);
        self.flags.insert(name);
    }

    /// A value that is several arguments where it stands alone.
    pub(super) fn set_words(&mut self, name: &str, words: Vec<String>) {
        self.words.insert(name.to_owned(), words);
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        match self.words.get(name)?.as_slice() {
            [word] => Some(word),
            _ => None,
        }
    }

    /// The name of the value that is this whole argument.
    pub(super) fn name_of(&self, argument: &str) -> Option<&str> {
        let is_it = |words: &[String]| words.iter().any(|word| word == argument);
        self.words.iter().find(|(_, words)| is_it(words)).map(|(name, _)| name.as_str())
    }

    /// The arguments with values in their places.
    pub(super) fn arguments(&self, groups: &[ArgumentGroup]) -> Vec<String> {
        let group = |group: &ArgumentGroup| {
            let words = group.arguments().iter().map(|argument| self.words_of(argument));
            words.collect::<Option<Vec<Vec<String>>>>()
        };
        groups.iter().filter_map(group).flatten().flatten().collect()
    }

    fn words_of(&self, argument: &str) -> Option<Vec<String>> {
        match whole(argument) {
            Some(name) => self.words.get(name).cloned(),
            None => self.embedded(argument).map(|text| vec![text]),
        }
    }

    /// A variable's value; `None` when a value in it is absent.
    pub(super) fn variable(&self, template: &str) -> Option<String> {
        match whole(template) {
            Some(name) => self.get(name).map(str::to_owned),
            None => self.embedded(template),
        }
    }

    /// A text with literals for every `{name:json}`; `None` when a value in it is absent.
    pub(super) fn embedded(&self, template: &str) -> Option<String> {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        for (at, name, end) in literals(template) {
            let begin = template.len() - rest.len();
            text.push_str(&template[begin..at]);
            let value = self.get(name)?;
            if self.flags.contains(name) {
                text.push_str(value);
            } else {
                text.push_str(&serde_json::Value::from(value).to_string());
            }
            rest = &template[end..];
        }
        text.push_str(rest);
        Some(text)
    }
}

/// Whether the template has a place for the value.
pub(super) fn uses(template: &str, name: &str) -> bool {
    whole(template) == Some(name) || literals(template).any(|(_, found, _)| found == name)
}

/// The mistake in an argument or a variable, if there is one.
pub(super) fn mistake(template: &str) -> Option<String> {
    let word = template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let looks = |name: &&str| !name.is_empty() && name.bytes().all(is_name_byte);
    if word.filter(looks).is_some_and(|name| !is_known(name)) {
        return Some(format!("{template} is not a placeholder"));
    }
    let embedded = || PLACEHOLDERS.iter().any(|name| template.contains(&format!("{{{name}}}")));
    if whole(template).is_none() && embedded() {
        return Some(format!("{template:?}: a placeholder is an argument of its own"));
    }
    literal_mistake(template)
}

/// The mistake in a file's text, if there is one; braces are its own, but for `{name:json}`.
pub(super) fn literal_mistake(text: &str) -> Option<String> {
    let unknown = literals(text).find(|(_, name, _)| !is_known(name))?;
    Some(format!("{{{}:json}} is not a placeholder", unknown.1))
}

/// The events of all `{hook.EVENT}` in a template.
pub(super) fn hook_events(template: &str) -> Vec<String> {
    let names = whole(template).into_iter().chain(literals(template).map(|(_, name, _)| name));
    names.filter_map(|name| name.strip_prefix("hook.")).map(str::to_owned).collect()
}

/// The name of the placeholder that a template is.
fn whole(template: &str) -> Option<&str> {
    let name = template.strip_prefix('{')?.strip_suffix('}')?;
    is_known(name).then_some(name)
}

fn is_known(name: &str) -> bool {
    let of = |kind: &str| name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty());
    PLACEHOLDERS.contains(&name) || of("hook.") || of("file.")
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Every `{name:json}`: where it begins, its name, where it ends.
fn literals(text: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    const END: &str = ":json}";
    text.match_indices(END).filter_map(|(colon, _)| {
        let begin = text[..colon].rfind('{')?;
        let name = &text[begin + 1..colon];
        let is_name = !name.is_empty() && name.bytes().all(is_name_byte);
        is_name.then_some((begin, name, colon + END.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let mut values = Values::default();
        for (name, value) in pairs {
            values.set(name, (*value).to_owned());
        }
        values
    }

    fn group(arguments: &[&str]) -> ArgumentGroup {
        ArgumentGroup::Many(arguments.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn groups_stand_or_fall_together() {
        let groups = [
            ArgumentGroup::One("-x".into()),
            group(&["--model", "{model}"]),
            group(&["--perm", "{permission}"]),
            ArgumentGroup::One("{prompt}".into()),
        ];
        let some = values(&[("model", "m o"), ("prompt", "$(x)\n{model}")]);
        assert_eq!(some.arguments(&groups), ["-x", "--model", "m o", "$(x)\n{model}"]);
        assert_eq!(Values::default().arguments(&groups), ["-x"]);
        let mut several = Values::default();
        several.set_words("permission", vec!["-a".into(), "never".into()]);
        let alone = [ArgumentGroup::One("{permission}".into())];
        assert_eq!(several.arguments(&alone), ["-a", "never"]);
    }

    #[test]
    fn inside_a_text_a_value_is_a_literal() {
        let values = values(&[("worktree", "/a \"b\"\\\n"), ("model", "m")]);
        let text = "c=[{worktree:json},{model:json}] {model} {}";
        assert_eq!(values.embedded(text).unwrap(), "c=[\"/a \\\"b\\\"\\\\\\n\",\"m\"] {model} {}");
        let toml: toml::Table = values.embedded("x={worktree:json}").unwrap().parse().unwrap();
        assert_eq!(toml["x"].as_str(), Some("/a \"b\"\\\n"));
        assert_eq!(values.embedded("{git_dir:json}"), None);
        assert_eq!(values.variable("{model}").as_deref(), Some("m"));
        assert_eq!(values.variable("{prompt}"), None);
        let mut flagged = Values::default();
        assert_eq!(flagged.embedded("n={open_network:json}"), None);
        flagged.set_flag("open_network");
        assert_eq!(flagged.embedded("n={open_network:json}").as_deref(), Some("n=true"));
        assert_eq!(hook_events("a={hook.Stop:json},{hook.Start:json}"), ["Stop", "Start"]);
    }

    #[test]
    fn mistakes_are_named() {
        for good in ["-x", "{model}", "{}", "{\"a\":1}", "a={worktree:json}", "{hook.X}", "{a b}"] {
            assert_eq!(mistake(good), None, "{good}");
        }
        for bad in ["{modle}", "-m={model}", "a={modle:json}", "{hook.}"] {
            assert!(mistake(bad).is_some(), "{bad}");
        }
        assert_eq!(literal_mistake("({client}) => {model}"), None);
        assert!(literal_mistake("x = {clint:json}").is_some());
    }
}
