//! How an agent is typed to: what its screen shows, and how long it takes. The fields mean what
//! they mean to the session host.

use serde::Deserialize;

use crate::model::message::StopKey;
use crate::model::session::Activity;

/// How an agent is typed to.
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
    /// What it shows only while it works.
    pub busy: Vec<DialogRule>,
    /// What it shows whenever it takes a prompt, for composers without a mark of their own.
    pub ready: Vec<DialogRule>,
    /// Where drafts are seen.
    pub composer: Option<ComposerRule>,
    /// How a turn is stopped; none: it cannot be.
    pub interrupt: Option<InterruptRule>,
}

/// How a turn is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterruptRule {
    /// The keys for it, one after the other.
    pub keys: Vec<StopKey>,
    /// The keys that empty the composer, for an agent that puts the old prompt back into it.
    #[serde(default)]
    pub empties: Vec<StopKey>,
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
            busy: Vec::new(),
            ready: Vec::new(),
            composer: None,
            interrupt: None,
        }
    }
}

/// A text on the screen by which a situation is known.
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
    /// Does not count where the composer is seen, with anything but a numbered choice in it: for
    /// words that may be in what the agent said, too.
    #[serde(default)]
    pub unless_composer: bool,
}

/// By what an agent's title is read: the first list with a text that the title contains. A title
/// that none knows says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TitleRule {
    /// A person is needed.
    pub needs_permission: Vec<String>,
    /// It works.
    pub working: Vec<String>,
    /// It waits for a prompt.
    pub idle: Vec<String>,
}

impl TitleRule {
    /// What a title says.
    #[must_use]
    pub fn read(&self, title: &str) -> Activity {
        let has = |texts: &[String]| texts.iter().any(|text| title.contains(text.as_str()));
        match () {
            () if has(&self.needs_permission) => Activity::NeedsPermission,
            () if has(&self.working) => Activity::Working,
            () if has(&self.idle) => Activity::Idle,
            () => Activity::Unknown,
        }
    }
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
