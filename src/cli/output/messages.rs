//! Messages for people.

use super::sessions::fields;
use super::{Printer, Table, age, neutral};
use crate::cli::error::Failure;
use crate::wire::message::MessageView;

/// A table of messages.
pub fn table(messages: &[MessageView]) -> Table {
    let mut table =
        Table::new(&["MESSAGE", "STATE", "WHY", "FROM", "TO", "POLICY", "BYTES", "AGE"]);
    for m in messages {
        let why = m.reason.as_deref().unwrap_or("").replace('_', " ");
        let bytes = m.bytes.to_string();
        let age = age::since(&m.accepted_at);
        table.row_with_status(&[&m.id, &m.state, &why, &m.from, &m.to, &m.policy, &bytes, &age], 1);
    }
    table
}

/// One line for what was just sent: `m-0a1b2c queued for shop-1 (agent busy)`.
pub fn sent(message: &MessageView) -> String {
    let why = message.reason.as_deref().map_or_else(String::new, |reason| {
        format!(" ({})", neutral::one_line(&reason.replace('_', " ")))
    });
    format!("{} {} for {}{why}", message.id, message.state, message.to)
}

/// Everything about one message, its text last.
pub fn detail(out: &Printer, m: &MessageView) -> Result<(), Failure> {
    let mut rows = vec![
        ("message", m.id.clone()),
        ("state", m.state.clone()),
        ("from", m.from.clone()),
        ("to", m.to.clone()),
        ("policy", m.policy.replace('_', "-")),
        ("attempts", m.attempts.to_string()),
        ("bytes", m.bytes.to_string()),
        ("accepted", m.accepted_at.clone()),
    ];
    let optional = [
        ("why", m.reason.as_deref().map(|reason| reason.replace('_', " "))),
        ("submitted", m.submitted_at.clone()),
        ("answered", m.answered_at.clone()),
        ("reply to", m.reply_to.clone()),
    ];
    rows.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    fields(out, &rows)?;
    match &m.body {
        Some(body) => out.line(&format!("\n{}", neutral::lines(body).trim_end())),
        None => Ok(()),
    }
}
