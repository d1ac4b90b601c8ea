//! The journal on the wire: numbered events, replayed and followed as server-sent events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One journal row. In the stream: `id:` is `seq`, `event:` is `kind`, `data:` is the whole view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// 1, 2, 3 …; gaps only where the journal has been shortened.
    pub seq: u64,
    /// RFC 3339.
    pub at: String,
    /// `session.live`, `message.accepted`, `denied` …
    pub kind: String,
    /// The project it belongs to.
    pub project: Option<String>,
    /// The session it belongs to.
    pub session: Option<String>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// What happened, in the shape of its kind.
    pub data: serde_json::Value,
}

/// The event `gap`: rows that are no longer kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// First missing number.
    pub from: u64,
    /// Last missing number.
    pub to: u64,
}

/// `{"events": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventList {
    /// Oldest first.
    pub events: Vec<EventView>,
    /// Rows that were asked for and are no longer kept.
    pub gap: Option<Gap>,
}

/// `GET /events?since=&follow=&project=&session=&kind=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EventQuery {
    /// Only events after this number; absent with `follow`: from now on; absent without: the
    /// last `limit`.
    pub since: Option<u64>,
    /// Answer with a stream that goes on.
    pub follow: bool,
    /// Only this project's.
    pub project: Option<String>,
    /// Only this session's.
    pub session: Option<String>,
    /// Only kinds that begin with this.
    pub kind: Option<String>,
    /// Without `follow`: at most this many; absent: 100.
    pub limit: Option<u32>,
}
