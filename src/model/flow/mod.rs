//! Flows: files that declare steps, and how whole results pass between them. Pure: reading and
//! checking a file, templates, conditions, folds, and which step is next.

mod budget;
mod check;
mod condition;
mod definition;
mod fault;
mod fold;
mod path;
mod read;
mod rehearse;
mod run_state;
mod schedule;
mod scope;
mod table;
mod template;

pub use budget::Spent;
pub use condition::{Condition, is_true};
pub use definition::{
    AgentStep, Arg, Budget, CommandStep, Flow, FoldMode, FoldStep, Foreach, GateStep, Isolation,
    Kind, OnFailure, Step, programs,
};
pub use fault::Fault;
pub use fold::{Folded, Input, fold};
pub use path::{Path, Root, Scope, Segment, resolve};
pub use read::read;
pub use rehearse::{Happening, Rehearsal, Work, rehearse};
pub use run_state::RunState;
pub use schedule::{Meaning, Next, Run, Standing, StepState, Verdict, meaning, next, verdict};
pub use scope::{StepResult, StepScope, bind};
pub use template::Template;
