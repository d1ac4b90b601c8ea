//! Permission requests for people.

use super::{Table, age, neutral};
use crate::wire::permit::PermitView;

/// A table of requests.
pub fn table(permits: &[PermitView]) -> Table {
    let mut table = Table::new(&["REQUEST", "STATE", "BY", "SESSION", "TOOL", "AGE", "WHAT"]);
    for p in permits {
        let state = match (p.state.as_str(), p.waits) {
            ("open", false) => "at its terminal",
            (state, _) => state,
        };
        let by = p.by.as_deref().unwrap_or("");
        let (age, what) = (age::since(&p.asked_at), neutral::one_line(&p.subject));
        let tool = neutral::one_line(&p.tool);
        table.row(&[&p.id, state, by, &p.session, &tool, &age, &what]);
    }
    table
}
