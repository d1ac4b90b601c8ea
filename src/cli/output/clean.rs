//! What a clean found and did, for people.

use super::{Printer, bytes, neutral};
use crate::cli::error::Failure;
use crate::wire::clean::{CleanAnswer, CleanItem};

/// Pieces of one session that are shown besides those that go for good, which all are.
const SHOWN: usize = 20;

/// One session: what becomes of its worktree, and of each piece of work in it.
pub fn session(out: &Printer, answer: &CleanAnswer, discard: bool) -> Result<(), Failure> {
    out.line(&neutral::one_line(&headline(answer, discard)))?;
    for reason in &answer.reasons {
        out.line(&format!("  stays: {}", neutral::one_line(reason)))?;
    }
    let (gone, kept): (Vec<_>, Vec<_>) = answer.items.iter().partition(|i| i.fate == "removed");
    for item in gone.iter().chain(kept.iter().take(SHOWN)) {
        out.line(&line(item))?;
    }
    if kept.len() > SHOWN {
        out.line(&format!("  … and {} more, which --json lists", kept.len() - SHOWN))?;
    }
    if let Some(preserved) = &answer.preserved {
        let refs = preserved.refs.keys().next().and_then(|name| name.rsplit_once('/'));
        let at = refs.map_or("", |(at, _)| at);
        out.line(&format!("  kept under {at}/ and in {}", neutral::one_line(&preserved.folder)))?;
        out.line(&format!("  `ao restore-work {}` brings it back", answer.session.id))?;
    }
    Ok(())
}

fn headline(answer: &CleanAnswer, discard: bool) -> String {
    let s = &answer.session;
    let what = match (answer.verdict.as_str(), answer.removed) {
        ("keep", _) => "is kept",
        ("gone", _) => "has no worktree",
        (_, true) => "was removed",
        (_, false) if discard => "would be removed, what git ignores for good",
        (_, false) => "would be removed",
    };
    let branch = match answer.branch.as_deref() {
        Some("kept") => format!("; its branch {} stays", s.branch),
        Some(_) => format!("; its branch {} goes, the default branch has all of it", s.branch),
        None => String::new(),
    };
    format!("{} {what}{branch}", s.id)
}

fn line(item: &CleanItem) -> String {
    let fate = match item.fate.as_str() {
        "refs" => "kept in refs",
        "aside" => "moved aside",
        "branch" => "stays",
        _ => "GOES",
    };
    let size = match item.what.as_str() {
        "commits" | "loose" if item.count == 1 => "1 commit".to_owned(),
        "commits" | "loose" => format!("{} commits", item.count),
        "operation" | "staged" | "elsewhere" => String::new(),
        _ if item.count == 1 => bytes::of(item.bytes),
        _ => format!("{} files, {}", item.count, bytes::of(item.bytes)),
    };
    let name = neutral::one_line(&item.name);
    let text = format!("  {fate:<12}  {name}  {size}  ({})", neutral::one_line(&item.why));
    text.replace("    (", "  (")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_why_and_how_much() {
        let item = CleanItem {
            what: "ignored".into(),
            name: ".env\u{1b}[2J".into(),
            count: 1,
            bytes: 12,
            fate: "aside".into(),
            why: "ignored by git".into(),
        };
        let text = line(&item);
        assert_eq!(text, "  moved aside   .env\u{fffd}[2J  12 B  (ignored by git)");
    }
}
