//! Sessions for people: rows of `ao ls` and `ao status`, the page of `ao show`.

use super::{Printer, Table, age, neutral};
use crate::cli::error::Failure;
use crate::wire::session::{SessionDetail, SessionView, SignalView, SpawnAnswer};

const COLUMNS: [&str; 7] = ["STATE", "FROM", "AGENT", "BRANCH", "TASK", "INBOX", "AGE"];

/// A table of sessions whose first column is called `first`. `elapsed_s` is how long ago the views
/// were made.
pub fn table(first: &str, sessions: &[SessionView], elapsed_s: u64) -> Table {
    let header: Vec<&str> = std::iter::once(first).chain(COLUMNS).collect();
    let mut table = Table::new(&header);
    for s in sessions {
        let from = source(s, elapsed_s);
        let age = age::since(&s.created_at);
        let inbox = inbox(s);
        let state = status(s);
        let cells: [&str; 8] = [&s.id, &state, &from, &s.agent, &s.branch, task(s), &inbox, &age];
        table.row_with_status(&cells, 1);
    }
    table
}

/// `needs permission` for `needs_permission`.
pub fn status(session: &SessionView) -> String {
    session.status.replace('_', " ")
}

/// Where the status comes from and how old it is: `hook 3s`.
fn source(session: &SessionView, elapsed_s: u64) -> String {
    let age = age::of_seconds(session.status_age_s.saturating_add(elapsed_s));
    format!("{} {age}", session.status_source)
}

/// What each source says, and whether one of them does not go with the state.
fn sources(session: &SessionView) -> String {
    let said = |signal: &SignalView| {
        format!("{} {} for {}", signal.source, signal.says, age::of_seconds(signal.age_s))
    };
    let all: Vec<String> = session.signals.iter().map(said).collect();
    match &session.status_doubt {
        Some(doubt) => format!("{}; in doubt: {doubt}", all.join(", ")),
        None => all.join(", "),
    }
}

fn task(session: &SessionView) -> &str {
    session.label.as_deref().or(session.issue.as_deref()).unwrap_or("")
}

fn inbox(session: &SessionView) -> String {
    let mut parts = Vec::new();
    match (session.inbox.queued, session.inbox.held) {
        (0, _) => {}
        (queued, 0) => parts.push(queued.to_string()),
        (queued, held) => parts.push(format!("{queued} ({held} held)")),
    }
    match session.inbox.reports {
        0 => {}
        1 => parts.push("1 report".to_owned()),
        reports => parts.push(format!("{reports} reports")),
    }
    parts.join(", ")
}

/// What a spawn made, and how to go on.
pub fn spawned(out: &Printer, answer: &SpawnAnswer) -> Result<(), Failure> {
    let s = &answer.session;
    let mut rows = vec![
        ("session", s.id.clone()),
        ("branch", s.branch.clone()),
        ("worktree", s.worktree.clone()),
        ("attach", format!("ao attach {}", s.id)),
    ];
    if s.status == "queued" {
        rows.push(("queued", format!("{}; it is started when there is room", s.status_reason)));
    }
    rows.extend(answer.orchestrator.clone().map(|id| ("orchestrator", id)));
    fields(out, &rows)
}

/// `name  value` lines, the values aligned.
pub fn fields(out: &Printer, rows: &[(&str, String)]) -> Result<(), Failure> {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().try_for_each(|(name, value)| {
        out.line(&format!("{name:width$}  {}", neutral::one_line(value)))
    })
}

/// Everything about one session.
pub fn detail(out: &Printer, detail: &SessionDetail) -> Result<(), Failure> {
    fields(out, &rows(&detail.session))?;
    if let Some(report) = &detail.session.report {
        let note = report.note.as_deref().unwrap_or("");
        let ago = age::since(&report.at);
        let state = report.state.replace('_', " ");
        fields(out, &[("report", format!("{state} {ago} ago {note}"))])?;
    }
    if !detail.evidence.is_empty() {
        out.line("\nevidence:")?;
        for sign in &detail.evidence {
            let found = format!("  {:14} {:8} {}", sign.sign, sign.found, sign.detail);
            out.line(&neutral::one_line(&found))?;
        }
    }
    if let Some(work) = &detail.work {
        let count = work.commits.len();
        let rest = match work.uncommitted {
            Some(true) => "and changes that are not committed",
            Some(false) => "nothing uncommitted",
            None => "git did not say in time whether all is committed",
        };
        out.line(&format!("\nwork: {count} commits, {rest}"))?;
        for commit in &work.commits {
            let id: String = commit.id.chars().take(10).collect();
            out.line(&format!(
                "  {} {}",
                neutral::one_line(&id),
                neutral::one_line(&commit.subject)
            ))?;
        }
    }
    if !detail.events.is_empty() {
        out.line("\nevents:")?;
        for event in &detail.events {
            out.line(&format!("  {}", super::events::line(event)))?;
        }
    }
    if !detail.last_lines.is_empty() {
        out.line("\nlast lines:")?;
        for line in &detail.last_lines {
            out.line(&format!("  {}", neutral::one_line(line)))?;
        }
    }
    Ok(())
}

fn untried(s: &SessionView, version: &str) -> String {
    format!("version {version}: mail is only typed; `ao doctor --delivery {}` tries it", s.agent)
}

fn rows(s: &SessionView) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("session", s.id.clone()),
        ("kind", s.kind.clone()),
        ("project", s.project.clone()),
        ("state", format!("{} ({}: {})", status(s), source(s, 0), s.status_reason)),
        ("phase", s.phase.clone()),
        ("agent", format!("{}, launch {}", s.agent, s.generation)),
        ("branch", s.branch.clone()),
        ("worktree", s.worktree.clone()),
        ("spawned by", s.spawned_by.clone()),
        ("created", format!("{} ago", age::since(&s.created_at))),
        ("pane", s.pane.clone()),
    ];
    let waiting = inbox(s);
    let optional = [
        ("sources", Some(sources(s)).filter(|text| !text.is_empty())),
        ("untried", s.untried_version.as_deref().map(|version| untried(s, version))),
        ("label", s.label.clone()),
        ("issue", s.issue.clone()),
        ("orchestrator", s.orchestrator.clone()),
        ("base", s.base.clone()),
        ("agent pid", s.agent_pid.map(|pid| pid.to_string())),
        ("host pid", s.host_pid.map(|pid| pid.to_string())),
        ("inbox", Some(waiting).filter(|text| !text.is_empty())),
        ("ended", s.ended_at.as_deref().map(|at| format!("{} ago", age::since(at)))),
        ("end reason", s.end_reason.clone()),
        ("cleaned", s.cleaned_at.as_deref().map(|at| format!("{} ago", age::since(at)))),
    ];
    rows.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    rows
}
