//! Projects for people.

use super::Table;
use super::{Printer, age, sessions::fields};
use crate::cli::error::Failure;
use crate::wire::project::ProjectView;

/// A table of projects.
pub fn table(projects: &[ProjectView]) -> Table {
    let mut table = Table::new(&["PROJECT", "BRANCH", "AGENT", "ORCHESTRATOR", "LIVE", "PATH"]);
    for p in projects {
        let live = p.live_sessions.to_string();
        let agent = p.agent.as_deref().unwrap_or("");
        let orchestrator = p.orchestrator.as_deref().unwrap_or("");
        table.row(&[&p.id, &p.default_branch, agent, orchestrator, &live, &p.path]);
    }
    table
}

/// Everything about one.
pub fn detail(out: &Printer, p: &ProjectView) -> Result<(), Failure> {
    let none = || "none".to_owned();
    fields(
        out,
        &[
            ("project", p.id.clone()),
            ("prefix", p.prefix.clone()),
            ("path", p.path.clone()),
            ("default branch", p.default_branch.clone()),
            ("agent", p.agent.clone().unwrap_or_else(|| "as configured".into())),
            (
                "network",
                if p.open_network { "open to its agents" } else { "as agents have it" }.into(),
            ),
            (
                "permissions",
                if p.permits { "its orchestrator may answer" } else { "only you answer" }.into(),
            ),
            (
                "lost sessions",
                if p.restore { "are started again" } else { "stay as they are" }.into(),
            ),
            ("orchestrator", p.orchestrator.clone().unwrap_or_else(none)),
            ("live sessions", p.live_sessions.to_string()),
            ("registered", format!("{} ago", age::since(&p.created_at))),
        ],
    )
}
