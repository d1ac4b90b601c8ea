//! Tokens by session, role, project, day or model.

use crate::config::Prices;
use crate::model::ids::Timestamp;
use crate::model::rights::{Target, Verb};
use crate::model::usage::{Tokens, cost_usd};
use crate::services::{Request, ServiceError, World, lanes, projects, sessions};
use crate::store::usage::{self, By, Filter, Sum};
use crate::wire::usage::{UsageList, UsageQuery, UsageView};

/// What the query asks for: of one project for a session, of all for a person.
pub async fn list(
    world: &World,
    request: &Request,
    query: UsageQuery,
) -> Result<UsageList, ServiceError> {
    let by = query.by.as_deref().unwrap_or("session");
    let kind = By::parse(by).ok_or_else(|| {
        let text = format!("{by:?} is not one of session, role, project, day, model");
        ServiceError::Usage(text)
    })?;
    let filter = filter(world, request, &query).await?;
    let sums = world.store.read(move |db| usage::sums(db, kind, &filter)).await?;
    let prices = prices(world).await?;
    let mut rows: Vec<UsageView> = Vec::new();
    let mut total = empty("total");
    for sum in &sums {
        if rows.last().is_none_or(|row| row.key != sum.key) {
            rows.push(empty(&sum.key));
        }
        let row = rows.last_mut().expect("one was just pushed");
        add(row, sum, &prices);
        add(&mut total, sum, &prices);
    }
    for row in rows.iter_mut().chain([&mut total]) {
        row.hit_rate = row.tokens.hit_rate();
    }
    Ok(UsageList { by: by.to_owned(), usage: rows, total })
}

async fn filter(
    world: &World,
    request: &Request,
    query: &UsageQuery,
) -> Result<Filter, ServiceError> {
    let since = match &query.since {
        Some(text) => {
            let at: jiff::Timestamp = text.parse().map_err(|_| {
                ServiceError::Usage(format!("{text:?} is no moment: 2026-03-01T09:30:00Z"))
            })?;
            Some(Timestamp(at.as_millisecond()))
        }
        None => None,
    };
    if let Some(id) = &query.session {
        let session = sessions::load(world, id).await?;
        request.allow(world, Verb::ReadOutput, session.target()).await?;
        return Ok(Filter { session: Some(id.clone()), project: None, since });
    }
    let own = request.caller.member().map(|member| member.project.to_string());
    let project = match query.project.clone().or(own) {
        Some(id) => Some(projects::load(world, &id).await?.id),
        None => None,
    };
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadOutput, target).await?;
    Ok(Filter { session: None, project: project.map(|id| id.to_string()), since })
}

/// As the person has them now: the file may have been changed since.
pub(super) async fn prices(world: &World) -> Result<Prices, ServiceError> {
    let file = world.paths.prices_file();
    let read = tokio::task::spawn_blocking(move || Prices::load(&file));
    Ok(read.await.map_err(|_| lanes::CutOff)??)
}

pub(super) fn empty(key: &str) -> UsageView {
    UsageView { key: key.to_owned(), exact: true, ..UsageView::default() }
}

fn add(row: &mut UsageView, sum: &Sum, prices: &Prices) {
    row.calls += sum.calls;
    // A turn that asked two models is counted with both; few do.
    row.turns += sum.turns;
    row.cache_breaks += sum.breaks;
    row.exact &= sum.exact;
    add_tokens(row, &sum.model, &sum.tokens, prices);
}

/// Adds tokens of one model, and their cost.
pub(super) fn add_tokens(row: &mut UsageView, model: &str, tokens: &Tokens, prices: &Prices) {
    row.tokens += *tokens;
    match prices.of(model) {
        Some(price) => *row.cost_usd.get_or_insert(0.0) += cost_usd(tokens, &price),
        None if !row.unpriced.iter().any(|known| known == model) => {
            row.unpriced.push(model.to_owned());
        }
        None => {}
    }
}
