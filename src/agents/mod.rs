//! Agents as data: manifests say how a program is launched, told its task and typed to; a launch
//! plan is what that comes to for one launch. Also what agents' own hooks mean. Only `oneshot`, and the
//! question for a version, start processes; called by the services that launch agents and by the hook.

mod abilities;
mod catalog;
mod checked;
pub mod claude;
pub mod codex;
mod error;
pub mod gemini;
pub mod headless;
mod launch_plan;
mod manifest;
mod neutral;
pub mod oneshot;
mod program;
mod record;
mod shell;
mod template;
mod transcript;
mod transcript_reader;
mod version;

pub use abilities::{Abilities, Standing, standing};
pub use catalog::Catalog;
pub use checked::{Check, Report, remember, remembered};
pub use error::AgentError;
pub use launch_plan::{
    CONVERSATION, GitDirs, LaunchPlan, LaunchRequest, Turns, check_options, launch_plan,
};
pub use manifest::{
    Channels, ComposerRule, ConversationScheme, DialogRule, EventRule, Headless, Hooks,
    IdleEvidence, Inject, InterruptRule, Loopback, Manifest, PermissionHook, PermissionWords,
    PromptChannel, Ready, SystemPromptChannel, TitleRule, TranscriptForm,
};
pub use neutral::{Decision, NeutralAnswer, NeutralEvent};
pub use program::{find_program, new_conversation_id};
pub use record::{Entry, ModelReport, ToolReport};
pub use transcript::Transcript;
pub use transcript_reader::TranscriptReader;
pub use version::{ask, meets};
