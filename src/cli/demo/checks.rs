//! Whether a run did what the script says: nothing is taken for done because it did not fail. Pure.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::facts::Facts;
use super::tally::Tally;

/// The labels of the workers and the files that they write.
const WORK: [(&str, &str); 2] = [("greeting", "greeting.txt"), ("farewell", "farewell.txt")];
/// The person's request, two tasks, a question, its answer, two notices, and two reports, of which
/// one may come together with the other or with the question.
const MESSAGES: RangeInclusive<usize> = 8..=9;

/// One thing that should have come to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// Whether it has.
    pub ok: bool,
    /// What was found.
    pub found: String,
}

/// Everything that the script promises, compared with what is there.
pub fn compare(facts: &Facts, tally: &Tally, orchestrator: &str) -> Vec<Check> {
    vec![
        workers(facts, orchestrator),
        commits(facts),
        question(facts, tally, orchestrator),
        messages(facts),
        reports(facts, tally, orchestrator),
    ]
}

fn check(what: &'static str, ok: bool, found: String) -> Check {
    Check { what, ok, found }
}

fn workers(facts: &Facts, orchestrator: &str) -> Check {
    let mut labels: Vec<&str> = facts
        .workers()
        .filter(|worker| worker.spawned_by == orchestrator)
        .filter_map(|worker| worker.label.as_deref())
        .collect();
    labels.sort_unstable();
    let ok = labels == ["farewell", "greeting"] && facts.workers().count() == WORK.len();
    check("the orchestrator started two workers", ok, labels.join(", "))
}

fn commits(facts: &Facts) -> Check {
    let done = |(label, file): &(&str, &str)| {
        let worker = facts.workers().find(|worker| worker.label.as_deref() == Some(label));
        let branch = worker.map(|worker| worker.branch.as_str()).unwrap_or_default();
        let files = facts.files.iter().filter(|(on, _)| on == branch).map(|(_, file)| file);
        let commits = facts.commits.iter().filter(|commit| commit.branch == branch).count();
        commits == 1 && files.eq([file])
    };
    let ok = WORK.iter().all(done);
    let files: Vec<&str> = facts.files.iter().map(|(_, file)| file.as_str()).collect();
    check("each worker committed its file on its branch", ok, files.join(", "))
}

fn question(facts: &Facts, tally: &Tally, orchestrator: &str) -> Check {
    let greeting = facts.workers().find(|worker| worker.label.as_deref() == Some("greeting"));
    let id = greeting.map(|worker| worker.id.as_str()).unwrap_or_default();
    let asked = tally.reported(id, "needs_input");
    let told = facts.messages.iter().filter(|m| m.from == orchestrator && m.to == id).count();
    let found = format!("{asked} asked, {} answered", told.saturating_sub(1));
    check("a question was asked and answered", asked == 1 && told == 2, found)
}

fn messages(facts: &Facts) -> Check {
    let arrived = |state: &str| matches!(state, "submitted" | "answered" | "read");
    let count = facts.messages.iter().filter(|message| arrived(&message.state)).count();
    let found = format!("{count} of {}", facts.messages.len());
    check(
        "every message arrived",
        MESSAGES.contains(&count) && facts.messages.len() == count,
        found,
    )
}

fn reports(facts: &Facts, tally: &Tally, orchestrator: &str) -> Check {
    let done = facts.workers().filter(|worker| tally.reported(&worker.id, "done") == 1).count();
    let told = tally.reported(orchestrator, "done");
    let found = format!("{done} workers, {told} by the orchestrator");
    check("the workers and the orchestrator reported done", done == 2 && told == 1, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_when_nothing_happened() {
        let checks = compare(&Facts::default(), &Tally::default(), "demo-orchestrator");
        assert_eq!(checks.len(), 5);
        assert!(checks.iter().all(|check| !check.ok), "{checks:?}");
    }
}
