//! The canonical orchestrator of a project: always the same id, one at a time, launched anew from
//! every state.

mod cut_off;
mod ensure;
mod flight;
mod list;
mod relaunch;
mod stop;

pub use cut_off::finish_cut_off;
pub use ensure::ensure;
pub use flight::Flights;
pub use list::list;
pub use stop::stop;

/// What came of a request, and lines for a person.
struct Done {
    outcome: Outcome,
    notices: Vec<String>,
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, notices: Vec::new() }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The live one was left as it is.
    Reused,
    /// There was none, or it was over.
    Started,
    /// The live one was ended, a new generation runs.
    Relaunched,
}

impl Outcome {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reused => "reused",
            Self::Started => "started",
            Self::Relaunched => "relaunched",
        }
    }
}
