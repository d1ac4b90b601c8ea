//! Titles of panes and tabs, safe to hand to a terminal.

use crate::model::ids::SessionId;

/// Longest title, in characters: more does not fit into a pane's frame.
const MAX_TITLE: usize = 80;

/// What stands behind the title of a session that has ended.
const ENDED: &str = " · ended";

/// The title of a session's pane: `<id>`, or `<id> · <label>`.
#[must_use]
pub fn pane_title(session: &SessionId, label: Option<&str>) -> String {
    match label.map(clean).filter(|label| !label.is_empty()) {
        Some(label) => clean(&format!("{session} · {label}")),
        None => session.to_string(),
    }
}

/// One line without control characters, cut to what a frame can show.
pub(super) fn clean(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= MAX_TITLE {
        return line;
    }
    line.chars().take(MAX_TITLE - 1).chain(['…']).collect()
}

/// The title of a session that has ended; marking it twice marks it once.
pub(super) fn ended(title: &str) -> String {
    let title = clean(title);
    if title.ends_with(ENDED) { title } else { format!("{title}{ENDED}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        let id = SessionId::parse("shop-3").unwrap();
        assert_eq!(pane_title(&id, None), "shop-3");
        assert_eq!(pane_title(&id, Some(" \n")), "shop-3");
        assert_eq!(
            pane_title(&id, Some("fix\u{1b}]0;x\u{7} the\tcart")),
            "shop-3 · fix ]0;x the cart"
        );
        assert_eq!(clean(&"x".repeat(500)).chars().count(), MAX_TITLE);
        assert_eq!(ended(&ended("shop-3")), "shop-3 · ended");
    }
}
