//! A session: what it is, where it stands in its life, what it is doing, what to call that.

mod activity;
mod alarm;
mod kind;
mod one_shot;
mod phase;
mod reconcile;
mod relaunch;
mod report;
mod restart;
mod signals;
mod status;

pub use activity::{Activity, ActivityFact, ActivitySource};
pub use alarm::{Look, is_alarm};
pub use kind::Kind;
pub use one_shot::{EFFORTS, OneShot};
pub use phase::{EndReason, Ender, IllegalTransition, Phase, PhaseEvent, Step};
pub use reconcile::{HostTrace, Takeover, Traces, end_of, is_lost, takeover};
pub use relaunch::{ComeBack, Ensure, come_back, ensure};
pub use report::{ReportFact, ReportState};
pub use restart::{AfterExit, Exit, after_exit, with_start};
pub use signals::{SETTLING_MS, SILENCE_MS, Signals};
pub use status::{Status, StatusFacts, StatusView, derive};
