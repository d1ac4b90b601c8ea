//! The manifest of an agent: a TOML file, built in or the user's own, that says how its program is
//! launched, given its task, typed to and understood.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::model::message::Boundary;

use super::template::{ArgumentGroup, known_placeholder, looks_like_placeholder};
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
    /// The program's arguments.
    #[serde(default)]
    pub(super) argv: Vec<ArgumentGroup>,
    /// The arguments that continue a conversation; none: it cannot.
    pub(super) resume_argv: Option<Vec<ArgumentGroup>>,
    /// How it gets its task.
    pub prompt: PromptChannel,
    /// How it gets its role.
    pub system_prompt: SystemPromptChannel,
    /// Who names its conversations.
    #[serde(default)]
    pub conversation_id: ConversationScheme,
    /// What its hooks speak.
    #[serde(default)]
    pub hooks: Hooks,
    /// What says that it is idle.
    #[serde(default)]
    pub idle_evidence: IdleEvidence,
    /// Its permission modes: our name to its own.
    #[serde(default)]
    pub permissions: BTreeMap<String, String>,
    /// Variables of its environment.
    #[serde(default)]
    pub(super) env: EnvironmentChanges,
    /// How it is typed to.
    #[serde(default)]
    pub inject: Inject,
    /// Other ways to it than its terminal.
    #[serde(default)]
    pub channels: Channels,
}

/// Ways to an agent beside typing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channels {
    /// When it takes a text from the answer to its hook and the model sees it: after a tool, or at
    /// the end of a turn, which then goes on with it.
    pub hook: Vec<Boundary>,
}

/// How an agent gets its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptChannel {
    /// In its arguments, at `{prompt}`.
    Argv,
    /// In a file whose path is in its arguments, at `{prompt_file}`.
    File,
    /// Pasted when it is ready.
    Paste,
}

/// How an agent gets its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SystemPromptChannel {
    /// In its arguments, at `{system_prompt}`.
    Argv,
    /// In a file: at `{system_prompt_file}` in its arguments, and in `AO_SYSTEM_PROMPT_FILE`.
    File,
    /// Before its task.
    Prompt,
}

/// Who names an agent's conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConversationScheme {
    /// We do, with a UUID at `{conversation_id}`.
    Uuid,
    /// It does, and its first hook says so.
    Hook,
    /// Nobody.
    #[default]
    None,
}

/// What an agent's hooks speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hooks {
    /// Claude Code's events; set up through its settings file.
    Claude,
    /// The neutral form, by itself.
    Any,
    /// It has none.
    #[default]
    None,
}

/// What says that an agent is idle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleEvidence {
    /// Its hooks.
    Hooks,
    /// A terminal without output for a while.
    #[default]
    Quiet,
}

/// Changes of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EnvironmentChanges {
    pub(super) set: BTreeMap<String, String>,
    /// Set only in a worktree that was made for the session, in a repository that a person has
    /// registered: the place for an agent's "do you trust this folder".
    pub(super) set_in_own_worktree: BTreeMap<String, String>,
    pub(super) unset: Vec<String>,
}

/// How an agent is typed to. The fields mean what they mean to the session host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inject {
    /// Between the paste and Enter, in milliseconds.
    pub settle_ms: u64,
    /// Longest text that is pasted whole, in characters; what is longer goes into a file.
    pub inline_limit: usize,
    /// A person must have been quiet for so long, in milliseconds.
    pub human_quiet_ms: u64,
    /// It must be the terminal's foreground process group.
    pub require_foreground: bool,
    /// Nothing is typed while it has not asked for bracketed paste.
    pub bracketed_only: bool,
    /// Situations in which Enter would answer a question.
    pub dialog: Vec<DialogRule>,
    /// Where drafts are seen.
    pub composer: Option<ComposerRule>,
}

impl Default for Inject {
    fn default() -> Self {
        Self {
            // Less loses the Enter of some agents; more only costs time.
            settle_ms: 300,
            inline_limit: 3500,
            human_quiet_ms: 2000,
            require_foreground: true,
            bracketed_only: false,
            dialog: Vec::new(),
            composer: None,
        }
    }
}

/// A text on the screen by which a dialog is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialogRule {
    /// What it is called where it is shown as a reason.
    pub name: String,
    /// Matches where a row contains it.
    pub text: String,
    /// Looked for in this many rows from the bottom of what is not blank; 0: all.
    #[serde(default)]
    pub last_rows: u16,
}

/// Where an agent shows what is typed but not submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComposerRule {
    /// What its row starts with.
    pub prompts: Vec<String>,
    /// What it shows when empty, matched as beginnings.
    pub placeholders: Vec<String>,
    /// Looked for in this many rows from the bottom of what is not blank; 0: all.
    pub last_rows: u16,
    /// Nothing is typed while no composer is seen.
    pub required: bool,
}

impl Manifest {
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

    /// What does not fit together: the key to blame and the mistake.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.name.is_empty() || !self.name.bytes().all(plain) {
            return Err(("name", "a name has only a-z, 0-9 and -".into()));
        }
        if self.binary.as_deref().is_some_and(str::is_empty) {
            return Err(("binary", "it is a program's name, or left out".into()));
        }
        if self.binary.is_none() && (!self.argv.is_empty() || self.resume_argv.is_some()) {
            return Err(("argv", "arguments need a binary".into()));
        }
        check_arguments("argv", &self.argv)?;
        check_arguments("resume_argv", self.resume_argv.as_deref().unwrap_or_default())?;
        for (channel, needed, key) in [
            (self.prompt == PromptChannel::Argv, "prompt", "prompt"),
            (self.prompt == PromptChannel::File, "prompt_file", "prompt"),
            (self.system_prompt == SystemPromptChannel::Argv, "system_prompt", "system_prompt"),
            (self.hooks == Hooks::Claude, "settings_file", "hooks"),
            (
                self.conversation_id == ConversationScheme::Uuid,
                "conversation_id",
                "conversation_id",
            ),
        ] {
            if channel && !self.takes(needed) {
                return Err((key, format!("argv has no {{{needed}}} for it")));
            }
        }
        let resumes =
            |groups: &Vec<ArgumentGroup>| groups.iter().any(|g| g.uses("conversation_id"));
        if self.resume_argv.as_ref().is_some_and(|groups| !resumes(groups)) {
            return Err(("resume_argv", "it has no {conversation_id}".into()));
        }
        Ok(())
    }

    /// Whether a value has a place in the arguments.
    pub(super) fn takes(&self, placeholder: &str) -> bool {
        self.argv.iter().any(|group| group.uses(placeholder))
    }
}

fn check_arguments(
    key: &'static str,
    groups: &[ArgumentGroup],
) -> Result<(), (&'static str, String)> {
    for argument in groups.iter().flat_map(ArgumentGroup::arguments) {
        if looks_like_placeholder(argument) && known_placeholder(argument).is_none() {
            return Err((key, format!("{argument} is not a placeholder")));
        }
        if known_placeholder(argument).is_none() && super::template::embeds_placeholder(argument) {
            return Err((key, format!("{argument:?}: a placeholder is an argument of its own")));
        }
    }
    Ok(())
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
