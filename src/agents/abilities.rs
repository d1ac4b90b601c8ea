//! What ao can do with an agent, from its manifest alone: for people who choose one.

use serde::Serialize;

use super::manifest::{
    Hooks, IdleEvidence, Manifest, PromptChannel, SystemPromptChannel, TranscriptForm,
};
use super::version::meets;

/// What works with an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Abilities {
    /// By what its state is known: `hooks`, or `output` going quiet.
    pub activity: &'static str,
    /// Whether a message is known to have been submitted, and not only written.
    pub receipts: bool,
    /// By what an open dialog is known: `hooks and screen`, `hooks`, `screen`, `not known`.
    pub dialogs: &'static str,
    /// How it gets its task: `pasted`, `argument`, `file`.
    pub task: &'static str,
    /// How it gets its role: `argument`, `file`, `before the task`.
    pub role: &'static str,
    /// Whether its own conversation goes on after a restart.
    pub resume: bool,
    /// What its model calls cost is known for `each call`, as far as `hooks` tell, or `not known`.
    pub usage: &'static str,
    /// Whether it gets messages while it works, in the answers to its hooks.
    pub mail_at_work: bool,
    /// Whether it does one task without a terminal: `ao run-agent`, flows, workflows, subagents.
    pub one_task: bool,
    /// Whether its sessions are given ao's tools.
    pub tools: bool,
    /// Whether a model can be named.
    pub model: bool,
    /// The permission modes that can be named.
    pub permissions: Vec<String>,
}

impl Abilities {
    /// Those of the agent of this manifest.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let speaks = manifest.hooks != Hooks::None && manifest.idle_evidence == IdleEvidence::Hooks;
        let sees = !manifest.inject.dialog.is_empty();
        Self {
            activity: if speaks { "hooks" } else { "output" },
            receipts: speaks,
            dialogs: match (speaks, sees) {
                (true, true) => "hooks and screen",
                (true, false) => "hooks",
                (false, true) => "screen",
                (false, false) => "not known",
            },
            task: match manifest.prompt {
                PromptChannel::Paste => "pasted",
                PromptChannel::Argv => "argument",
                PromptChannel::File => "file",
            },
            role: match manifest.system_prompt {
                SystemPromptChannel::Argv => "argument",
                SystemPromptChannel::File => "file",
                SystemPromptChannel::Prompt => "before the task",
            },
            resume: manifest.can_resume(),
            usage: match (manifest.transcript, manifest.hooks) {
                (TranscriptForm::None, Hooks::Any) => "hooks",
                (TranscriptForm::None, _) => "not known",
                _ => "each call",
            },
            mail_at_work: !manifest.channels.hook.is_empty() || manifest.channels.side,
            one_task: manifest.has_one_shot(),
            tools: manifest.takes_tools(),
            model: manifest.takes_model(),
            permissions: manifest.permissions.keys().cloned().collect(),
        }
    }
}

/// How far a version can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// ao's own tests run this very version.
    Certified,
    /// New enough, and not the one that is tested.
    Untried,
    /// Older than what is known to work.
    TooOld,
    /// It does not say its version.
    Unknown,
}

/// The standing of a program that says this of its version.
#[must_use]
pub fn standing(manifest: &Manifest, said: &str) -> Standing {
    let is_it = |version: &String| {
        let words = said.split(|c: char| c.is_whitespace() || c == '(' || c == ',');
        words.map(|word| word.trim_end_matches('.')).any(|word| word == version)
    };
    if manifest.certified.iter().any(is_it) {
        return Standing::Certified;
    }
    match manifest.min_version.as_deref().map(|least| meets(said, least)) {
        Some(Some(true)) => Standing::Untried,
        Some(Some(false)) => Standing::TooOld,
        Some(None) | None => Standing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Catalog;

    #[test]
    fn a_command_promises_little() {
        let catalog = Catalog::built_in();
        let command = Abilities::of(catalog.get("command").unwrap());
        assert_eq!((command.activity, command.receipts, command.resume), ("output", false, false));
        assert_eq!(command.dialogs, "not known");
        let claude = Abilities::of(catalog.get("claude").unwrap());
        assert_eq!((claude.activity, claude.receipts, claude.resume), ("hooks", true, true));
        assert!(claude.permissions.contains(&"bypass".to_owned()));
        let of = |name: &str| Abilities::of(catalog.get(name).unwrap());
        let (pi, aider) = (of("pi"), of("aider"));
        assert_eq!([claude.one_task, pi.one_task, aider.one_task], [true, true, false]);
        assert_eq!([claude.tools, of("copilot").tools, pi.tools], [true, true, false]);
    }

    #[test]
    fn only_the_very_version_is_certified() {
        let catalog = Catalog::built_in();
        let claude = catalog.get("claude").unwrap();
        assert_eq!(standing(claude, "2.1.329 (Claude Code)"), Standing::Certified);
        assert_eq!(standing(claude, "2.1.330 (Claude Code)"), Standing::Untried);
        assert_eq!(standing(claude, "This is Claude Code 2.1.329."), Standing::Certified);
        assert_eq!(standing(claude, "1.0.9"), Standing::TooOld);
        assert_eq!(standing(claude, "hello"), Standing::Unknown);
    }
}
