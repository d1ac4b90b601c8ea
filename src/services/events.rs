//! Reading the journal: a page of it, and what a follower gets next.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::journal::{self, Filter, Row};
use crate::wire::event::{EventList, EventQuery, EventView, Gap};
use crate::wire::time::rfc3339;

/// Rows in an answer when the caller names no limit.
const PAGE: u32 = 100;
/// Most rows in one answer, and in one step of a follower.
const MOST: u32 = 1000;

/// A follower's place in the journal.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The number of the last row that was handed out.
    pub seq: u64,
    /// Which rows.
    pub filter: Filter,
}

/// What the caller may see, by its own project.
pub async fn filter(
    world: &World,
    request: &Request,
    query: &EventQuery,
) -> Result<Filter, ServiceError> {
    let own = request.caller.member().map(|member| member.project.clone());
    let project = query.project.clone().or_else(|| own.as_ref().map(ToString::to_string));
    if let (Some(asked), Some(own)) = (&project, &own)
        && asked != own.as_str()
    {
        request.allow(world, Verb::ReadStatus, Target::machine()).await?;
    }
    Ok(Filter { project, session: query.session.clone(), kind: query.kind.clone() })
}

/// One page: after `since`, or the last ones.
pub async fn list(
    world: &World,
    request: &Request,
    query: &EventQuery,
) -> Result<EventList, ServiceError> {
    let filter = filter(world, request, query).await?;
    let limit = query.limit.unwrap_or(PAGE).min(MOST);
    let since = query.since;
    let (rows, oldest) = world
        .store
        .read(move |db| {
            let rows = match since {
                Some(since) => journal::after(db, since, &filter, limit)?,
                None => journal::last(db, &filter, limit)?,
            };
            Ok((rows, journal::oldest(db)?))
        })
        .await?;
    let gap = since.and_then(|since| missing(since, oldest));
    Ok(EventList { events: rows.into_iter().map(view).collect(), gap })
}

/// The next rows after the cursor, which moves behind them, and the gap before them, if rows that
/// were asked for are no longer kept. Empty when the follower has everything.
pub async fn next(
    world: &World,
    cursor: &mut Cursor,
) -> Result<(Option<Gap>, Vec<EventView>), ServiceError> {
    let (since, filter) = (cursor.seq, cursor.filter.clone());
    let (rows, oldest, newest) = world
        .store
        .read(move |db| {
            let rows = journal::after(db, since, &filter, MOST)?;
            Ok((rows, journal::oldest(db)?, journal::newest(db)?))
        })
        .await?;
    let gap = missing(since, oldest);
    // Rows that the filter leaves out count as seen when the page was not full.
    let whole = rows.len() < MOST as usize;
    cursor.seq = if whole { newest } else { rows.last().map_or(newest, |row| row.seq) };
    Ok((gap, rows.into_iter().map(view).collect()))
}

fn missing(since: u64, oldest: u64) -> Option<Gap> {
    (oldest > since + 1).then(|| Gap { from: since + 1, to: oldest - 1 })
}

/// A row as it looks on the wire.
#[must_use]
pub fn view(row: Row) -> EventView {
    EventView {
        seq: row.seq,
        at: rfc3339(row.at),
        kind: row.kind,
        project: row.project,
        session: row.session,
        request_id: row.request_id,
        data: serde_json::from_str(&row.data).unwrap_or(serde_json::Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_what_lies_between() {
        assert_eq!(missing(0, 1), None);
        assert_eq!(missing(5, 3), None);
        assert_eq!(missing(5, 6), None);
        assert_eq!(missing(5, 9), Some(Gap { from: 6, to: 8 }));
        assert_eq!(missing(0, 0), None);
    }
}
