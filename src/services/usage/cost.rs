//! What a single task has cost, for budgets in money.

use super::sums::prices;
use crate::agents::oneshot::Ended;
use crate::model::usage::cost_usd;
use crate::services::{ServiceError, World};

/// In US dollars, by the price of the model that the agent named, else of the one that was asked
/// for; nothing where that has no price.
pub async fn cost(
    world: &World,
    ended: &Ended,
    asked: Option<&str>,
) -> Result<Option<f64>, ServiceError> {
    if ended.tokens.is_zero() {
        return Ok(Some(0.0));
    }
    let model = ended.model.as_deref().or(asked).unwrap_or_default();
    let price = prices(world).await?.of(model);
    Ok(price.map(|price| cost_usd(&ended.tokens, &price)))
}

/// Refuses a budget in money where no model has a price.
pub async fn check_priced(world: &World) -> Result<(), ServiceError> {
    if !prices(world).await?.is_empty() {
        return Ok(());
    }
    let file = world.paths.prices_file();
    let text = format!(
        "a budget in money needs prices, and {} has none: write there what models cost, or give \
         the budget in tokens",
        file.display()
    );
    Err(ServiceError::Usage(text))
}
