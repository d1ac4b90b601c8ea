//! From notices to the words of a message: which of them still hold, in whose name they are told.

use crate::model::message::{Policy, clean};
use crate::model::report::{Since, Told, compose, fate};
use crate::model::session::ReportState;
use crate::services::secret;
use crate::store::messages::Words;
use crate::store::notices::{self, Notice};
use crate::store::{Change, StoreError, sessions};

/// Notices that are told together.
pub(super) struct Gathered {
    /// Those that hold.
    pub(super) notices: Vec<Notice>,
    /// What they say; nothing when none holds.
    pub(super) words: Option<Words>,
}

/// Looks at the workers as they are now and discards what no longer holds. `found` is in order of
/// making.
pub(super) fn gather(change: &Change<'_>, found: Vec<Notice>) -> Result<Gathered, StoreError> {
    let mut kept = Vec::with_capacity(found.len());
    let mut told = Vec::with_capacity(found.len());
    for (index, notice) in found.iter().enumerate() {
        if found[index + 1..].iter().any(|newer| replaces(newer, notice)) {
            notices::discard(change, notice, "replaced")?;
            continue;
        }
        let session = sessions::find(change.db(), notice.subject.as_str())?;
        let report = session.as_ref().and_then(|session| session.report.as_ref());
        let since = Since {
            newer: report.filter(|report| report.at > notice.made_at).map(|report| report.state),
            end: session.as_ref().and_then(|session| session.phase.end_reason()),
        };
        match fate(notice.state, since) {
            Ok(remark) => {
                told.push(as_told(notice, remark));
                kept.push(notice.clone());
            }
            Err(why) => notices::discard(change, notice, why.as_str())?,
        }
    }
    let policy = if kept.iter().any(|notice| notice.policy == Policy::Immediate) {
        Policy::Immediate
    } else {
        kept.first().map_or(Policy::Immediate, |notice| notice.policy)
    };
    let words = compose(&told, secret::mark).and_then(|digest| {
        // A note without a visible character still leaves the report's own word.
        let body = clean(&digest.text).ok()?;
        Some(Words { sender: digest.session.unwrap_or_else(|| "ao".to_owned()), body, policy })
    });
    Ok(Gathered { notices: kept, words })
}

/// Of one worker's reports of one state the newest counts; pull requests are counted one by one.
fn replaces(newer: &Notice, older: &Notice) -> bool {
    let same = newer.subject == older.subject && newer.state == older.state;
    same && (newer.state != ReportState::PrCreated || newer.content == older.content)
}

fn as_told(notice: &Notice, remark: Option<String>) -> Told {
    Told {
        session: notice.subject.to_string(),
        state: notice.state,
        // Cleaned before the lines of it are counted.
        note: notice.note.as_deref().and_then(|note| clean(note).ok()),
        result_bytes: notice.result_bytes,
        remark,
    }
}
