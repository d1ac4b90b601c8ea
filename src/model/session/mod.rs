//! A session: what it is, where it stands in its life, what it is doing, what to call that.

mod activity;
mod kind;
mod phase;
mod reconcile;
mod relaunch;
mod report;
mod status;

pub use activity::{Activity, ActivityFact, ActivitySource};
pub use kind::Kind;
pub use phase::{EndReason, Ender, IllegalTransition, Phase, PhaseEvent, Step};
pub use reconcile::{HostTrace, Takeover, Traces, end_of, takeover};
pub use relaunch::{ComeBack, Ensure, come_back, ensure};
pub use report::{ReportFact, ReportState};
pub use status::{Status, StatusFacts, StatusView, derive};
