//! Tokens as people see them: a table, and a bar for the shape of each turn's prompt.

use super::traces::amount;
use super::{Printer, Table, neutral};
use crate::cli::error::Failure;
use crate::model::usage::Shape;
use crate::wire::usage::{SessionUsage, TurnUsage, UsageList, UsageView};

/// Cells of a bar.
const BAR: u64 = 20;

/// Sums, with all of them together in the last row.
pub fn table(out: &Printer, list: &UsageList) -> Result<(), Failure> {
    let key = list.by.to_uppercase();
    let heads = [&key, "CALLS", "IN", "READ", "WRITE", "OUT", "REASONING", "HIT", "LOST", "COST"];
    let mut table = Table::new(&heads);
    let with_total = (list.usage.len() > 1).then_some(&list.total);
    for row in list.usage.iter().chain(with_total) {
        let tokens = &row.tokens;
        table.row(&[
            row.key.as_str(),
            &row.calls.to_string(),
            &amount(tokens.input),
            &amount(tokens.cache_read),
            &amount(tokens.cache_write),
            &amount(tokens.output),
            &amount(tokens.reasoning),
            &rate(row.hit_rate),
            &row.cache_breaks.to_string(),
            &cost(row),
        ]);
    }
    out.table(&table)?;
    notes(out, &list.total)
}

/// A session's turns.
pub fn turns(out: &Printer, usage: &SessionUsage) -> Result<(), Failure> {
    if usage.turns.is_empty() {
        return out.line("no tokens are known of");
    }
    let mut table =
        Table::new(&["TURN", "CALLS", "IN", "READ", "WRITE", "OUT", "HIT", "PROMPT", "SO FAR"]);
    for turn in &usage.turns {
        let tokens = &turn.tokens;
        table.row(&[
            turn.turn.to_string().as_str(),
            &turn.calls.to_string(),
            &amount(tokens.input),
            &amount(tokens.cache_read),
            &amount(tokens.cache_write),
            &amount(tokens.output),
            &rate(turn.hit_rate),
            &turn.shape.map(bar).unwrap_or_default(),
            &amount(turn.cumulative.prompt() + turn.cumulative.output),
        ]);
    }
    out.table(&table)?;
    out.line("prompt: █ system prompt and tools  ▓ history from the cache  ░ new or lost")?;
    for turn in &usage.turns {
        lost(out, turn)?;
    }
    out.line(&format!("total {}, hit {}", cost(&usage.total), rate(usage.total.hit_rate)))?;
    notes(out, &usage.total)
}

fn lost(out: &Printer, turn: &TurnUsage) -> Result<(), Failure> {
    for lost in &turn.cache_breaks {
        let why = match lost.cause.as_str() {
            "model" => "another model was asked".to_owned(),
            "idle" => format!("after {} of silence", super::age::of_seconds(lost.idle_s)),
            _ => "something in its begin had changed".to_owned(),
        };
        let (held, read) = (amount(lost.held), amount(lost.read));
        let turn = turn.turn;
        out.line(&format!("turn {turn}: the cache was lost, {read} of {held} read: {why}"))?;
    }
    Ok(())
}

fn notes(out: &Printer, total: &UsageView) -> Result<(), Failure> {
    if !total.exact {
        out.line("some numbers are an agent's own sums, not the provider's counts for each call")?;
    }
    let unpriced: Vec<String> = total.unpriced.iter().map(|m| neutral::one_line(m)).collect();
    if total.cost_usd.is_some() && !unpriced.is_empty() {
        out.line(&format!("the cost leaves out: {}", unpriced.join(", ")))?;
    }
    Ok(())
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}

fn cost(row: &UsageView) -> String {
    row.cost_usd.map_or_else(|| "-".to_owned(), |usd| format!("${usd:.4}"))
}

/// The three parts of a prompt, each of them seen if it is there at all.
fn bar(shape: Shape) -> String {
    let total = shape.prefix + shape.history + shape.fresh;
    if total == 0 {
        return String::new();
    }
    let cells = |part: u64| if part == 0 { 0 } else { (part * BAR / total).max(1) };
    let (prefix, fresh) = (cells(shape.prefix), cells(shape.fresh));
    let history = cells(shape.history).min(BAR.saturating_sub(prefix + fresh));
    // What rounding left over goes to the largest part.
    let left = BAR.saturating_sub(prefix + history + fresh);
    let largest = shape.prefix.max(shape.history).max(shape.fresh);
    let grown = |part: u64, cells: u64| if part == largest { cells + left } else { cells };
    let mut bar = String::new();
    for (part, cells, mark) in
        [(shape.prefix, prefix, '█'), (shape.history, history, '▓'), (shape.fresh, fresh, '░')]
    {
        bar.extend(std::iter::repeat_n(mark, usize::try_from(grown(part, cells)).unwrap_or(0)));
    }
    bar.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_every_part_that_is_there() {
        let shape = |prefix, history, fresh| bar(Shape { prefix, history, fresh });
        assert_eq!(shape(5000, 5000, 0), format!("{}{}", "█".repeat(10), "▓".repeat(10)));
        assert_eq!(shape(0, 0, 7), "░".repeat(20));
        assert_eq!(shape(0, 0, 0), "");
        let mixed = shape(1000, 100_000, 10);
        assert_eq!(mixed.chars().count(), 20);
        assert!(mixed.starts_with('█') && mixed.ends_with('░'), "{mixed}");
    }
}
