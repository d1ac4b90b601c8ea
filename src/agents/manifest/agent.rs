//! One agent's manifest as it is read from its file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::channels::{
    Channels, ConversationScheme, Hooks, IdleEvidence, PermissionHook, PromptChannel, Ready,
    SystemPromptChannel, TranscriptForm,
};
use super::events::EventRule;
use super::headless::Headless;
use super::inject::{Inject, TitleRule};
use super::lines::LineRule;
use crate::agents::template::{ArgumentGroup, hook_events, uses};
use crate::config::{ConfigError, parse_toml};

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What it is called: a-z, 0-9 and -.
    pub name: String,
    /// In a few words, for lists.
    #[serde(default)]
    pub about: String,
    /// Its program: a name that is looked up on PATH or an absolute path. None: any command.
    pub binary: Option<String>,
    /// The oldest version that is known to work; asked by `BINARY --version`.
    pub min_version: Option<String>,
    /// The versions that ao's tests run it in.
    #[serde(default)]
    pub certified: Vec<String>,
    /// What ao cannot do with it, a sentence each.
    #[serde(default)]
    pub limits: Vec<String>,
    /// How to get it.
    #[serde(default)]
    pub install: String,
    /// The program's arguments.
    #[serde(default)]
    pub(in crate::agents) argv: Vec<ArgumentGroup>,
    /// The arguments that continue a conversation; none: it cannot.
    pub(in crate::agents) resume_argv: Option<Vec<ArgumentGroup>>,
    /// How it gets its task.
    pub prompt: PromptChannel,
    /// How it gets its role.
    pub system_prompt: SystemPromptChannel,
    /// What the file with its role is called in the directory of the launch, folder included.
    #[serde(default = "system_prompt_name")]
    pub(in crate::agents) system_prompt_name: String,
    /// Who names its conversations.
    #[serde(default)]
    pub conversation_id: ConversationScheme,
    /// What its hooks speak.
    #[serde(default)]
    pub hooks: Hooks,
    /// In whose form it records its conversation.
    #[serde(default)]
    pub transcript: TranscriptForm,
    /// What its lines mean, for one that is `lines`.
    #[serde(default, rename = "transcript_line")]
    pub transcript_lines: Vec<LineRule>,
    /// What its own hook events mean, for hooks that are `mapped`.
    #[serde(default)]
    pub events: BTreeMap<String, EventRule>,
    /// What says that it is idle.
    #[serde(default)]
    pub idle_evidence: IdleEvidence,
    /// What says first that it takes input.
    #[serde(default)]
    pub ready: Ready,
    /// Its permission modes: our name to its own words. A mode that asks nothing is never taken
    /// unless a person names it.
    #[serde(default)]
    pub permissions: BTreeMap<String, PermissionWords>,
    /// Variables of its environment.
    #[serde(default)]
    pub(in crate::agents) env: EnvironmentChanges,
    /// Files that a launch writes for it, outside the worktree.
    #[serde(default, rename = "file")]
    pub(in crate::agents) files: Vec<FileTemplate>,
    /// How it is typed to.
    #[serde(default)]
    pub inject: Inject,
    /// How it is pointed at a model on loopback, for a check.
    #[serde(default)]
    pub loopback: Loopback,
    /// What the title of its terminal says.
    #[serde(default)]
    pub title: TitleRule,
    /// Other ways to it than its terminal.
    #[serde(default)]
    pub channels: Channels,
    /// How its hook waits for the answer to a permission request.
    #[serde(default)]
    pub permission_hook: PermissionHook,
    /// Its one-shot mode; none: it has no such mode that ao knows.
    pub headless: Option<Headless>,
}

/// An agent's own words for a permission mode.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum PermissionWords {
    /// One argument.
    One(String),
    /// Several arguments, where the mode stands alone.
    Many(Vec<String>),
}

impl PermissionWords {
    /// The arguments.
    #[must_use]
    pub fn words(&self) -> &[String] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Many(words) => words,
        }
    }
}

/// Changes of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::agents) struct EnvironmentChanges {
    pub(in crate::agents) set: BTreeMap<String, String>,
    /// Set only in a worktree that was made for the session, in a repository that a person has
    /// registered: the place for an agent's "do you trust this folder".
    pub(in crate::agents) set_in_own_worktree: BTreeMap<String, String>,
    pub(in crate::agents) unset: Vec<String>,
}

/// How an agent is set up in a home of its own with a model on loopback. `{url}` stands for the
/// model's address, `{world}` in files for the folder that home and repository are in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Loopback {
    /// Files of the home and what is in them.
    pub files: BTreeMap<String, String>,
    /// Variables.
    pub env: BTreeMap<String, String>,
}

/// A file of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::agents) struct FileTemplate {
    /// Its name in the directory of the launch; `{file.NAME}` is its path.
    pub(in crate::agents) name: String,
    /// What is in it, with `{name:json}` for values.
    pub(in crate::agents) text: String,
}

fn system_prompt_name() -> String {
    "system-prompt.md".to_owned()
}

impl Manifest {
    /// Whether nothing but its screen says that it takes input: its first hook comes before.
    #[must_use]
    pub fn is_seen_to_be_ready(&self) -> bool {
        let composer = self.inject.composer.as_ref();
        self.ready == Ready::Screen && composer.is_some_and(|composer| composer.required)
    }

    /// Reads a manifest; `file` is only for errors.
    ///
    /// # Errors
    /// With the line of what is not understood or does not fit together.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let manifest: Self = parse_toml(file, text)?;
        let keys: Keys = parse_toml(file, text)?;
        manifest.check().map_err(|(key, message)| ConfigError::Text {
            file: file.to_owned(),
            line: line_of(text, &keys, key),
            message,
        })?;
        Ok(manifest)
    }

    /// Whether it can continue a conversation.
    #[must_use]
    pub fn can_resume(&self) -> bool {
        self.resume_argv.is_some()
    }

    /// Whether it can be given one task without a terminal. Any command can.
    #[must_use]
    pub fn has_one_shot(&self) -> bool {
        self.headless.is_some() || self.binary.is_none()
    }

    /// Whether it takes a model's name.
    #[must_use]
    pub fn takes_model(&self) -> bool {
        self.takes("model")
    }

    /// Whether its launch has a place for ao's tools.
    #[must_use]
    pub fn takes_tools(&self) -> bool {
        ["mcp_servers", "toolbox"].iter().any(|place| self.takes(place))
    }

    /// Whether its sandbox can be opened to the network, and with that to ao's socket.
    #[must_use]
    pub fn has_closed_network(&self) -> bool {
        self.takes("open_network")
    }

    /// Its own events that it is asked to tell, each once, in the manifest's order.
    #[must_use]
    pub fn told_events(&self) -> Vec<String> {
        let mut events: Vec<String> = Vec::new();
        for event in self.templates().flat_map(hook_events) {
            if !events.contains(&event) {
                events.push(event);
            }
        }
        events
    }

    /// What its hooks are called by `ao hook`.
    #[must_use]
    pub fn dialect(&self) -> &str {
        if self.hooks == Hooks::Any { "any" } else { &self.name }
    }

    /// Whether a value has a place in the launch.
    pub(in crate::agents) fn takes(&self, placeholder: &str) -> bool {
        self.templates().any(|template| uses(template, placeholder))
    }

    /// Every text with places for values.
    fn templates(&self) -> impl Iterator<Item = &str> {
        let groups = self.argv.iter().flat_map(ArgumentGroup::arguments);
        let set = self.env.set.values().chain(self.env.set_in_own_worktree.values());
        let files = self.files.iter().map(|file| &file.text);
        groups.chain(set).chain(files).map(String::as_str)
    }
}

/// The top-level keys with their places, for what is checked after reading.
type Keys = BTreeMap<Spanned<String>, toml::Value>;

/// The line, from 1, of a key; the first one if it is not there.
fn line_of(text: &str, keys: &Keys, key: &str) -> usize {
    let found = keys.keys().find(|k| k.get_ref() == key);
    let offset = found.map_or(0, |k| k.span().start).min(text.len());
    text.as_bytes()[..offset].iter().filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = \"x\"\nbinary = \"x\"\n";

    fn mistake(text: &str) -> String {
        Manifest::parse(Path::new("x.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_have_a_line() {
        let paste = "prompt = \"paste\"\nsystem_prompt = \"file\"\n";
        for (rest, expected) in [
            (format!("{paste}argv = [\"{{modle}}\"]\n"), "x.toml:5: {modle} is not a placeholder"),
            (format!("{paste}argv = [\"-m={{model}}\"]\n"), "x.toml:5: \"-m={model}\": a placeh"),
            (format!("{paste}hooks = \"claude\"\n"), "x.toml:5: argv has no {settings_file}"),
            (format!("{paste}resume_argv = [\"-r\"]\n"), "x.toml:5: it has no {conversation_id}"),
            (format!("{paste}colour = 1\n"), "x.toml:5: unknown field `colour`"),
            ("prompt = \"argv\"\nsystem_prompt = \"file\"\n".into(), "x.toml:3: argv has no {prom"),
            ("prompt = \"shout\"\nsystem_prompt = \"file\"\n".into(), "x.toml:3: unknown variant"),
            (format!("{paste}[inject]\nsettle = 3\n"), "x.toml:6: unknown field `settle`"),
            (format!("{paste}hooks = \"mapped\"\n"), "x.toml:5: there are no [events]"),
            (format!("{paste}transcript = \"lines\"\n"), "x.toml:5: there are no [[transcript_"),
            (
                format!("{paste}transcript = \"lines\"\n[[transcript_line]]\nis = \"turn\"\n"),
                "x.toml:6: turn needs the field \"name\"",
            ),
            (
                format!("{paste}[events]\nDone = {{ is = \"over\" }}\n"),
                "x.toml:5: Done: \"over\" is not a neutral event",
            ),
            (
                format!("{paste}[[file]]\nname = \"../x\"\ntext = \"\"\n"),
                "x.toml:5: \"../x\" is not a plain file name",
            ),
            (format!("{paste}[env.set]\nX = \"{{file.none}}\"\n"), "x.toml:5: there is no file"),
        ] {
            let error = mistake(&format!("{HEAD}{rest}"));
            assert!(error.starts_with(expected), "{rest}: {error}");
        }
        let error = mistake(&format!("name = \"X Y\"\nbinary = \"x\"\n{paste}"));
        assert!(error.starts_with("x.toml:1: a name has only"), "{error}");
    }

    #[test]
    fn braces_that_are_no_placeholder_are_text() {
        let text = format!(
            "{HEAD}prompt = \"paste\"\nsystem_prompt = \"prompt\"\nargv = ['{{\"a\":1}}', '{{}}']\n"
        );
        Manifest::parse(Path::new("x.toml"), &text).unwrap();
    }
}
