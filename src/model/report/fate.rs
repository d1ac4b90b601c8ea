//! Whether a report is still worth its words when it is about to be written.

use crate::model::session::{EndReason, ReportState};

/// What has happened to its worker since the report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Since<'a> {
    /// What the worker has reported last, if that is newer.
    pub newer: Option<ReportState>,
    /// Why the worker is over, or about to be.
    pub end: Option<&'a EndReason>,
}

/// Why a report is not written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// The worker has reported something since that takes it back.
    Superseded,
    /// Nobody can act on it: the worker has been ended.
    Ended,
}

impl Outdated {
    /// The word in the store and the journal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Ended => "ended",
        }
    }
}

/// What becomes of a report of `state`: told, with a remark on the worker's end where it matters,
/// or left out.
pub fn fate(state: ReportState, since: Since<'_>) -> Result<Option<String>, Outdated> {
    if since.newer.is_some_and(|newer| takes_back(newer, state)) {
        return Err(Outdated::Superseded);
    }
    let asks = matches!(state, ReportState::NeedsInput | ReportState::Stuck);
    match since.end {
        None => Ok(None),
        Some(EndReason::Killed { .. } | EndReason::Replaced { .. }) if asks => Err(Outdated::Ended),
        // The usual way for a worker to go.
        Some(EndReason::Exited { code: 0 }) if !asks => Ok(None),
        Some(reason) => Ok(Some(format!("over since: {reason}"))),
    }
}

/// Whether a newer report says that an older one no longer holds. Two of the same state are told
/// apart before they come here: the newest one replaces the one that waits.
fn takes_back(newer: ReportState, older: ReportState) -> bool {
    use ReportState::{Checkpoint, Done, NeedsInput, PrCreated, Stuck};
    match older {
        NeedsInput | Stuck => newer != older,
        Done => matches!(newer, NeedsInput | Stuck),
        // What has been reached stays reached.
        Checkpoint | PrCreated => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::session::Ender;
    use ReportState::{Checkpoint, Done, NeedsInput, PrCreated, Stuck};

    #[test]
    fn what_a_newer_report_takes_back() {
        for (older, newer, told) in [
            (NeedsInput, None, true),
            (NeedsInput, Some(Checkpoint), false),
            (NeedsInput, Some(NeedsInput), true),
            (Stuck, Some(Done), false),
            (Done, Some(Stuck), false),
            (Done, Some(Checkpoint), true),
            (Done, Some(Done), true),
            (Checkpoint, Some(Done), true),
            (PrCreated, Some(Stuck), true),
        ] {
            let since = Since { newer, end: None };
            assert_eq!(fate(older, since).is_ok(), told, "{older:?} then {newer:?}");
        }
    }

    #[test]
    fn what_an_end_makes_of_a_report() {
        let killed = EndReason::Killed { by: Ender::Person };
        let exited = EndReason::Exited { code: 0 };
        let lost = EndReason::HostLost;
        let fate = |state, end| fate(state, Since { newer: None, end: Some(end) });
        assert_eq!(fate(NeedsInput, &killed), Err(Outdated::Ended));
        assert_eq!(fate(Stuck, &killed), Err(Outdated::Ended));
        assert_eq!(fate(Done, &killed), Ok(Some("over since: killed(person)".into())));
        assert_eq!(fate(Done, &exited), Ok(None));
        assert_eq!(fate(NeedsInput, &exited), Ok(Some("over since: exited(0)".into())));
        assert_eq!(fate(Checkpoint, &lost), Ok(Some("over since: host_lost".into())));
    }
}
