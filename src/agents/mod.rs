//! Agents as data: manifests say how a program is launched, told its task and typed to; a launch
//! plan is what that comes to for one launch. Also what agents' own hooks mean. Nothing here
//! starts a process; called by the services that launch sessions and by the hook.

mod abilities;
mod catalog;
pub mod claude;
mod error;
mod launch_plan;
mod manifest;
mod neutral;
mod program;
mod shell;
mod template;
mod version;

pub use abilities::{Abilities, Standing, standing};
pub use catalog::Catalog;
pub use error::AgentError;
pub use launch_plan::{GitDirs, LaunchPlan, LaunchRequest, check_options, launch_plan};
pub use manifest::{
    ComposerRule, ConversationScheme, DialogRule, EventRule, Hooks, IdleEvidence, Inject, Manifest,
    PermissionWords, PromptChannel, Ready, SystemPromptChannel,
};
pub use neutral::{Decision, NeutralAnswer, NeutralEvent};
pub use program::{find_program, new_conversation_id};
pub use version::meets;
