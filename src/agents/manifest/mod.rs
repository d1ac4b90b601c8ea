//! The manifest of an agent: a TOML file, built in or the user's own, that says how its program is
//! launched, given its task, typed to and understood.

mod agent;
mod channels;
mod check;
mod events;
mod headless;
mod inject;
mod lines;
mod pick;
mod tokens;

pub use agent::{Loopback, Manifest, PermissionWords};
pub use channels::{
    Channels, ConversationScheme, Hooks, IdleEvidence, PermissionHook, PromptChannel, Ready,
    SystemPromptChannel, TranscriptForm,
};
pub use events::EventRule;
pub use headless::Headless;
pub use inject::{ComposerRule, DialogRule, Inject, InterruptRule, TitleRule};
pub use lines::{LineRule, entries};
pub(super) use pick::{Conditions, field};
pub(super) use tokens::CacheCount;
