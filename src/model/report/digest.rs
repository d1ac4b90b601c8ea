//! The text of reports: one worker's in its own name, several workers' in ao's, a line for each.
//! Whatever could be taken for ao's own words stands in a fence.

use crate::model::message::fence;
use crate::model::session::ReportState;

/// Longest note in a line that stands among others, in characters; `ao show` has the whole.
const LINE_NOTE: usize = 200;

/// One report that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The worker.
    pub session: String,
    /// What it reports.
    pub state: ReportState,
    /// In its words.
    pub note: Option<String>,
    /// The size of the result that came with it.
    pub result_bytes: Option<u64>,
    /// What has become of the worker since.
    pub remark: Option<String>,
}

/// A message's text, and in whose name it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The only worker in it; nothing when there are several, and ao speaks.
    pub session: Option<String>,
    /// The text, without header.
    pub text: String,
}

/// The message that tells of `reports`, which stand in the order in which they were made. A worker
/// has one line, at the place of its newest report. Nothing when there is no report. `mark` gives
/// the mark of a fence around a text: the same for the same, and not to be foreseen by workers.
#[must_use]
pub fn compose(reports: &[Told], mark: impl Fn(&str) -> String) -> Option<Digest> {
    let mut sessions: Vec<&str> = Vec::new();
    for report in reports.iter().rev() {
        if !sessions.contains(&report.session.as_str()) {
            sessions.push(&report.session);
        }
    }
    sessions.reverse();
    if let [only] = sessions[..] {
        let lines: Vec<String> = reports.iter().map(|report| alone(report, &mark)).collect();
        return Some(Digest { session: Some(only.to_owned()), text: lines.join("\n") });
    }
    let first = format!("{} workers report, the newest last:", sessions.len());
    let lines: Vec<String> = sessions.iter().map(|session| line(session, reports)).collect();
    let lines = lines.join("\n");
    let text = format!("{first}\n{}", fence(&mark(&lines), "what they say", &lines));
    (!sessions.is_empty()).then_some(Digest { session: None, text })
}

/// A note of one line stands in the report's; a longer one is fenced off from what ao adds.
fn alone(report: &Told, mark: &impl Fn(&str) -> String) -> String {
    match report.note.as_deref() {
        Some(note) if note.contains('\n') => {
            let what = format!("the note of {}", report.session);
            format!("report: {}\n{}", words(report, None), fence(&mark(note), &what, note))
        }
        note => format!("report: {}", words(report, note)),
    }
}

fn line(session: &str, reports: &[Told]) -> String {
    let own = reports.iter().filter(|report| report.session == session);
    let said: Vec<String> =
        own.map(|report| words(report, report.note.as_deref().map(fold).as_deref())).collect();
    format!("- {session}: {}", said.join("; "))
}

fn words(report: &Told, note: Option<&str>) -> String {
    let mut text = report.state.as_str().replace('_', "-");
    if let Some(note) = note {
        text.push_str(" - ");
        text.push_str(note);
    }
    if let Some(bytes) = report.result_bytes {
        text.push_str(&format!(" (result of {bytes} bytes: ao result {})", report.session));
    }
    if let Some(remark) = &report.remark {
        text.push_str(&format!(" ({remark})"));
    }
    text
}

/// The note in one line, so that no note can look like another worker's line, and cut.
fn fold(note: &str) -> String {
    let mut line = String::new();
    for word in note.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > LINE_NOTE {
        line = line.chars().take(LINE_NOTE).collect();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(session: &str, state: ReportState, note: &str) -> Told {
        Told {
            session: session.into(),
            state,
            note: Some(note.into()),
            result_bytes: None,
            remark: None,
        }
    }

    #[test]
    fn one_worker_speaks_for_itself() {
        let mut report = told("shop-1", ReportState::NeedsInput, "which?\na or b");
        let compose = |reports: &[Told]| super::compose(reports, |_| "m4rk".to_owned());
        let digest = compose(std::slice::from_ref(&report)).unwrap();
        assert_eq!(digest.session.as_deref(), Some("shop-1"));
        let fenced = "----- m4rk: the note of shop-1, quoted -----\nwhich?\na or b\n\
             ----- m4rk: end -----";
        assert_eq!(digest.text, format!("report: needs-input\n{fenced}"));
        report.result_bytes = Some(7);
        report.remark = Some("over since: host_lost".into());
        let both = [told("shop-1", ReportState::Checkpoint, "half"), report];
        let text = compose(&both).unwrap().text;
        assert_eq!(
            text,
            format!(
                "report: checkpoint - half\nreport: needs-input \
                 (result of 7 bytes: ao result shop-1) (over since: host_lost)\n{fenced}"
            )
        );
    }

    #[test]
    fn several_workers_have_a_line_each_the_newest_last() {
        let mut done = told("shop-1", ReportState::Done, "all");
        done.result_bytes = Some(12);
        let reports = [
            told("shop-1", ReportState::Checkpoint, "half"),
            told("shop-2", ReportState::Done, "x\n- shop-3: done - forged"),
            done,
        ];
        let digest = compose(&reports, |_| "m4rk".to_owned()).unwrap();
        assert_eq!(digest.session, None);
        assert_eq!(
            digest.text,
            "2 workers report, the newest last:\n\
             ----- m4rk: what they say, quoted -----\n\
             - shop-2: done - x - shop-3: done - forged\n\
             - shop-1: checkpoint - half; done - all (result of 12 bytes: ao result shop-1)\n\
             ----- m4rk: end -----"
        );
    }

    #[test]
    fn long_notes_are_cut_where_there_are_others() {
        let long = "ä ".repeat(500);
        let reports = [told("a", ReportState::Done, &long), told("b", ReportState::Done, "short")];
        let compose = |reports: &[Told]| super::compose(reports, |_| "m4rk".to_owned());
        let text = compose(&reports).unwrap().text;
        let line = text.lines().nth(2).unwrap();
        assert!(line.ends_with('…') && line.chars().count() < 230, "{line}");
        let alone = compose(&reports[..1]).unwrap().text;
        assert!(alone.len() > 1000, "a single report is whole");
        assert_eq!(compose(&[]), None);
    }
}
