//! By which ways an agent is told things, and tells them.

use serde::Deserialize;

use crate::model::message::Boundary;

/// Ways to an agent beside typing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channels {
    /// When it takes a text from the answer to its hook and the model sees it: after a tool, or at
    /// the end of a turn, which then goes on with it.
    pub hook: Vec<Boundary>,
    /// A program of its own, a plugin that ao gives it, reads its mail by `ao listen`.
    pub side: bool,
}

/// How an agent's hook waits for the answer to a permission request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PermissionHook {
    /// How long at most, in seconds; then the dialog is left to whoever sits at the terminal. 0:
    /// only a rule can answer.
    pub wait_s: u32,
    /// Its dialog is there meanwhile. Where it is not, the hook waits only if an orchestrator may
    /// answer: a person at the terminal would wait for nothing.
    pub shows_dialog: bool,
}

impl Default for PermissionHook {
    fn default() -> Self {
        Self { wait_s: 600, shows_dialog: true }
    }
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
    /// In a file: at `{system_prompt_file}`, and in `AO_SYSTEM_PROMPT_FILE`.
    File,
    /// Before its task.
    Prompt,
}

/// Who names an agent's conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConversationScheme {
    /// We do, with a UUID at `{conversation_id}`, or with a file that all its launches share at
    /// `{conversation_file}`.
    Uuid,
    /// It does, and its hooks say so.
    Hook,
    /// Nobody.
    #[default]
    None,
}

/// In whose form an agent's hooks tell `ao hook NAME EVENT` what happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hooks {
    /// Claude Code's. With `{settings_file}` in the arguments they are set up by that file,
    /// otherwise by the `{hook.EVENT}` of the manifest.
    Claude,
    /// Its own, as the manifest's `[events]` say.
    Mapped,
    /// The neutral form, by itself.
    Any,
    /// It has none.
    #[default]
    None,
}

/// In whose form an agent records its conversation, in the file that its hooks name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TranscriptForm {
    /// Claude Code's: calls of tools and models.
    Claude,
    /// Codex's: calls of models.
    Codex,
    /// Gemini CLI's: calls of tools and models.
    Gemini,
    /// A JSON object a line, which means what the manifest's `[[transcript_line]]` say.
    Lines,
    /// It is not read.
    #[default]
    None,
}

/// What says that an agent is idle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleEvidence {
    /// Its hooks, and nothing else is believed.
    Hooks,
    /// A terminal without output for a while, until it has spoken by hooks.
    #[default]
    Quiet,
}

/// What says first that an agent takes input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// Its hooks, or without hooks its terminal that has gone quiet.
    #[default]
    Hook,
    /// Its screen: an empty composer, no dialog. For an agent whose hooks are silent until its
    /// first prompt.
    Screen,
}
