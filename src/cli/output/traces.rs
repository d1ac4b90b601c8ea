//! Tool calls as people see them: a tree by session and turn, each call with a bar of when in its
//! turn it ran.

use serde_json::Value;

use super::{Printer, neutral};
use crate::cli::error::Failure;
use crate::wire::trace::{BodyView, TraceList, TraceView, TurnView};

/// Cells of a bar.
const BAR: usize = 16;
/// Longest excerpt of an input where nothing is cut to a terminal.
const EXCERPT: usize = 200;

/// All calls of a page.
pub fn tree(list: &TraceList, out: &Printer) -> String {
    let mut text = String::new();
    let mut turn = None;
    for trace in &list.traces {
        let this = (trace.session.as_str(), trace.turn);
        if turn != Some(this) {
            turn = Some(this);
            text.push_str(&turn_line(list, trace));
        }
        let span = span_of(list, trace);
        text.push_str(&call_line(trace, &list.traces, span, out));
    }
    text
}

/// One call on its own, when it is followed.
pub fn line(trace: &TraceView, out: &Printer) -> String {
    call_line(trace, std::slice::from_ref(trace), None, out)
}

/// Everything about a call.
pub fn detail(out: &Printer, trace: &TraceView) -> Result<(), Failure> {
    let line =
        |name: &str, value: &str| out.line(&format!("{name:<10} {}", neutral::one_line(value)));
    line(
        "call",
        &format!("{} of {} in {}, turn {}", trace.id, trace.tool, trace.session, trace.turn),
    )?;
    line("outcome", &trace.outcome)?;
    line("time", &time_of(trace))?;
    for (name, value) in [
        ("began", &trace.started_at),
        ("ended", &trace.finished_at),
        ("part of", &trace.parent),
        ("error", &trace.error),
    ] {
        if let Some(value) = value {
            line(name, value)?;
        }
    }
    if let Some(tokens) = tokens_of(trace) {
        line("tokens", &tokens)?;
    }
    for (name, body) in [("input", &trace.input), ("output", &trace.output)] {
        let Some(body) = body else { continue };
        out.line(&format!("{name}, {}", super::bytes::of(body.bytes)))?;
        out.line(&neutral::lines(&whole(body)))?;
    }
    Ok(())
}

/// `shop-1, turn 2: 3 calls, 12s, 1.2k tokens, 30k from the cache`.
fn turn_line(list: &TraceList, first: &TraceView) -> String {
    let of_turn =
        || list.traces.iter().filter(|t| t.session == first.session && t.turn == first.turn);
    let count = of_turn().count();
    let sum = |field: fn(&TraceView) -> Option<u64>| of_turn().filter_map(field).sum::<u64>();
    let (used, cached) = (sum(|t| t.tokens_used), sum(|t| t.cache_tokens));
    let mut text = format!("{}, turn {}: ", first.session, first.turn);
    text.push_str(&match count {
        1 => "1 call".to_owned(),
        count => format!("{count} calls"),
    });
    if let Some(took) = turn_of(list, first).and_then(took) {
        text.push_str(&format!(", {}", duration(took)));
    }
    if used + cached > 0 {
        text.push_str(&format!(", {} tokens, {} from the cache", amount(used), amount(cached)));
    }
    text.push('\n');
    text
}

fn turn_of<'a>(list: &'a TraceList, trace: &TraceView) -> Option<&'a TurnView> {
    list.turns.iter().find(|turn| turn.turn == trace.turn)
}

fn took(turn: &TurnView) -> Option<u64> {
    let (from, to) = (ms(&turn.started_at)?, ms(turn.ended_at.as_deref()?)?);
    u64::try_from(to - from).ok()
}

/// From the first begin to the last end that is known of the turn.
fn span_of(list: &TraceList, trace: &TraceView) -> Option<(i64, i64)> {
    let calls =
        || list.traces.iter().filter(|t| t.session == trace.session && t.turn == trace.turn);
    let begins = calls().filter_map(|t| ms(t.started_at.as_deref()?));
    let ends = calls().filter_map(end_of);
    let turn = turn_of(list, trace);
    let from = begins.chain(turn.and_then(|turn| ms(&turn.started_at))).min()?;
    let to = ends.chain(turn.and_then(|turn| ms(turn.ended_at.as_deref()?))).max()?;
    (to > from).then_some((from, to))
}

fn end_of(trace: &TraceView) -> Option<i64> {
    let running = trace.running_ms.and_then(|ms| i64::try_from(ms).ok());
    match (&trace.finished_at, running) {
        (Some(at), _) => ms(at),
        (None, Some(running)) => Some(ms(trace.started_at.as_deref()?)? + running),
        (None, None) => None,
    }
}

/// `  ├ 17 ok    1.2s ░░██░░ 1.2k  Bash  cargo test`, cut to the terminal.
fn call_line(
    trace: &TraceView,
    all: &[TraceView],
    span: Option<(i64, i64)>,
    out: &Printer,
) -> String {
    let depth = if trace.parent.is_some() || trace.chain.is_some() { 2 } else { 1 };
    let tokens = trace.tokens_used.map(amount).unwrap_or_default();
    let bar = match span {
        Some(span) => format!("{} ", bar(trace, span)),
        None if all.len() > 1 => format!("{} ", " ".repeat(BAR)),
        None => String::new(),
    };
    let text = format!(
        "{}{:>5} {:<7} {:>7} {bar}{tokens:>6} {:<8} {}",
        "  ".repeat(depth),
        trace.id,
        trace.outcome,
        time_of(trace),
        neutral::one_line(&trace.tool),
        excerpt(trace),
    );
    let text = text.trim_end();
    match out.width() {
        Some(width) => format!("{}\n", cut(text, width)),
        None => format!("{text}\n"),
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// When in its turn a call ran.
fn bar(trace: &TraceView, (from, to): (i64, i64)) -> String {
    let cell = |at: i64| {
        let share = (at - from).clamp(0, to - from) * i64::try_from(BAR).unwrap_or(0) / (to - from);
        usize::try_from(share).unwrap_or(0).min(BAR)
    };
    let begin = trace.started_at.as_deref().and_then(ms);
    let (Some(begin), Some(end)) = (begin, end_of(trace)) else { return "·".repeat(BAR) };
    let first = cell(begin).min(BAR - 1);
    let last = cell(end).max(first + 1);
    format!("{}{}{}", "·".repeat(first), "█".repeat(last - first), "·".repeat(BAR - last))
}

fn time_of(trace: &TraceView) -> String {
    match (trace.latency_ms, trace.running_ms) {
        (Some(ms), _) => duration(ms),
        (None, Some(ms)) => format!("{}…", duration(ms)),
        (None, None) => "-".to_owned(),
    }
}

fn tokens_of(trace: &TraceView) -> Option<String> {
    let used = trace.tokens_used?;
    let cached = trace.cache_tokens.unwrap_or(0);
    Some(format!("{} and {} from the cache", amount(used), amount(cached)))
}

/// The part of the input that says most: a command, a path, a pattern; else all of it.
fn excerpt(trace: &TraceView) -> String {
    if let Some(error) = trace.error.as_deref().filter(|_| trace.outcome == "error") {
        let input = main_input(trace);
        return short(&format!("{input} — {error}"));
    }
    short(&main_input(trace))
}

fn short(text: &str) -> String {
    neutral::one_line(text).chars().take(EXCERPT).collect()
}

fn main_input(trace: &TraceView) -> String {
    let Some(body) = &trace.input else { return String::new() };
    let names =
        ["command", "file_path", "path", "pattern", "url", "query", "description", "prompt"];
    let found = names.iter().find_map(|name| body.value.get(name)?.as_str());
    match found {
        Some(text) => text.to_owned(),
        None => whole(body),
    }
}

fn whole(body: &BodyView) -> String {
    match &body.value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn ms(moment: &str) -> Option<i64> {
    Some(moment.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// `40ms`, `1.2s`, `3m05s`, `2h10m`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms}ms"),
        1000..60_000 => format!("{}.{}s", ms / 1000, ms % 1000 / 100),
        60_000..3_600_000 => format!("{}m{:02}s", ms / 60_000, ms / 1000 % 60),
        _ => format!("{}h{:02}m", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// `950`, `1.2k`, `30k`, `1.5M`.
pub fn amount(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..10_000 => format!("{}.{}k", count / 1000, count % 1000 / 100),
        10_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(id: i64, from: &str, to: Option<&str>) -> TraceView {
        let json = serde_json::json!({
            "id": id, "session": "a-1", "project": "a", "generation": 1, "agent": "x",
            "chat_id": null, "turn": 1, "call_id": "c", "chain": null, "parent": null,
            "message": null, "tool": "Bash", "output": null, "truncated": false,
            "input": {"value": {"command": "ls\n\u{1b}[2J"}, "bytes": 9, "cut": false, "sha256": null},
            "started_at": from, "finished_at": to, "latency_ms": to.map(|_| 1000),
            "running_ms": null, "run_ms": null, "tokens_used": 1234, "cache_tokens": 50_000,
            "reasoning_tokens": 0, "error": null, "outcome": "ok", "source": "hook",
        });
        serde_json::from_value(json).unwrap()
    }

    fn printer() -> Printer {
        Printer { json: false, quiet: false, terminal: false, color: false }
    }

    #[test]
    fn calls_stand_under_their_turn_with_bars() {
        let list = TraceList {
            traces: vec![
                trace(1, "2026-01-01T00:00:00Z", Some("2026-01-01T00:00:01Z")),
                trace(2, "2026-01-01T00:00:01Z", Some("2026-01-01T00:00:02Z")),
            ],
            turns: Vec::new(),
            next_before: None,
            next_after: None,
        };
        let text = tree(&list, &printer());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(lines[0], "a-1, turn 1: 2 calls, 2.4k tokens, 100k from the cache");
        assert!(lines[1].contains("████████········") && lines[1].contains("1.2k"), "{text}");
        assert!(lines[2].contains("········████████"), "{text}");
        assert!(!text.contains('\u{1b}'), "what an agent typed does not reach the terminal");
    }

    #[test]
    fn numbers_for_people() {
        for (ms, text) in [(40, "40ms"), (1250, "1.2s"), (185_000, "3m05s"), (7_800_000, "2h10m")] {
            assert_eq!(duration(ms), text);
        }
        for (n, text) in [(950, "950"), (1234, "1.2k"), (30_999, "30k"), (1_520_000, "1.5M")] {
            assert_eq!(amount(n), text);
        }
        assert_eq!(cut("abcdef", 4), "abc…");
    }
}
