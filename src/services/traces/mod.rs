//! Tool calls and tokens: taken from hooks when they happen and from the agents' own transcripts a
//! little later, without secrets, large bodies as artifacts. Read by `ao trace` and `ao usage`.

mod find;
mod hook;
mod keep;
mod list;
mod retention;
mod transcript;
mod watches;

pub use find::find;
pub use hook::{HookTrace, apply, of_hook};
pub use keep::{Keeper, Redactors};
pub use list::list;
pub use retention::keep_bounds;
pub use transcript::{Transcripts, follow};
