//! What an agent's screen says, by rules that its manifest gives as data: plain texts on rows, no
//! regular expressions.

use serde::{Deserialize, Serialize};

/// A text that is on the screen in a certain situation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pattern {
    /// What the situation is called where it is shown as a reason; the text itself if empty.
    pub name: String,
    /// Matches where a row contains it. An empty text matches nowhere.
    pub text: String,
    /// Looked for in this many rows from the bottom of what is not blank; 0 means all.
    pub last_rows: u16,
    /// Does not count where the composer is seen, with anything but a numbered choice in it: for
    /// words that may be in what the agent said, too.
    pub unless_composer: bool,
}

/// Where the agent shows what is typed but not submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComposerRule {
    /// What the row starts with, borders and blanks before it aside: `"> "`, `"❯ "` … One that is a
    /// line itself, `"┃"`, only at the very edge.
    pub prompts: Vec<String>,
    /// Texts that an empty composer shows, matched as beginnings.
    pub placeholders: Vec<String>,
    /// Looked for in this many rows from the bottom of what is not blank; 0 means all.
    pub last_rows: u16,
    /// Nothing is typed while no composer is seen.
    pub required: bool,
}

/// When text may be typed into an agent. Comes with each delivery; unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InjectRules {
    /// A person must have been quiet for so long.
    pub human_quiet_ms: u64,
    /// The agent must be the terminal's foreground process group.
    pub require_foreground: bool,
    /// Situations in which Enter would answer a question.
    pub dialog: Vec<Pattern>,
    /// What it shows only while it works.
    pub busy: Vec<Pattern>,
    /// What it shows whenever it takes a prompt, for composers without a mark of their own.
    pub ready: Vec<Pattern>,
    /// Where drafts are seen.
    pub composer: Option<ComposerRule>,
    /// Nothing is typed while the program has not asked for bracketed paste.
    pub bracketed_only: bool,
}

impl Default for InjectRules {
    fn default() -> Self {
        Self {
            human_quiet_ms: 2000,
            require_foreground: true,
            dialog: Vec::new(),
            busy: Vec::new(),
            ready: Vec::new(),
            composer: None,
            bracketed_only: false,
        }
    }
}

/// What the composer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composer {
    /// There is no rule for it.
    NoRule,
    /// No row looks like it.
    NotSeen,
    /// Nothing is in it, or its placeholder.
    Empty,
    /// Something is in it.
    Filled,
}

/// What a screen shows, as far as the rules know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A dialog of this name.
    Dialog(String),
    /// What it shows only while it works.
    Busy,
    /// The composer with nothing in it, no dialog and no work.
    Idle,
    /// The composer with something in it, no dialog and no work.
    Draft,
    /// That it takes a prompt, no dialog and no work; what is in its composer cannot be told.
    Ready,
    /// Nothing that the rules know.
    Unknown,
}

/// What the rows (top to bottom) show. A screen that the rules do not know is `Unknown`, and one
/// whose composer could be the marker of a list is, too.
#[must_use]
pub fn read_screen(rules: &InjectRules, rows: &[String]) -> Shown {
    let composer = rules.composer.as_ref();
    if let Some(name) = dialog(&rules.dialog, composer, rows) {
        return Shown::Dialog(name);
    }
    if dialog(&rules.busy, None, rows).is_some() {
        return Shown::Busy;
    }
    match (self::composer(composer, rows), is_choice(composer, rows)) {
        (Composer::Empty, _) => Shown::Idle,
        (Composer::Filled, false) => Shown::Draft,
        (Composer::NoRule | Composer::NotSeen, _) if dialog(&rules.ready, None, rows).is_some() => {
            Shown::Ready
        }
        _ => Shown::Unknown,
    }
}

/// The name of the first dialog that the rows (top to bottom) show.
pub fn dialog(
    patterns: &[Pattern],
    composer_rule: Option<&ComposerRule>,
    rows: &[String],
) -> Option<String> {
    let seen = matches!(composer(composer_rule, rows), Composer::Empty | Composer::Filled);
    let is_composer = seen && !is_choice(composer_rule, rows);
    let shown = |p: &&Pattern| {
        let counts = !p.text.is_empty() && (!p.unless_composer || !is_composer);
        counts && bottom(rows, p.last_rows).iter().any(|row| row.contains(&p.text))
    };
    let found = patterns.iter().find(shown)?;
    Some(if found.name.is_empty() { found.text.clone() } else { found.name.clone() })
}

/// What stands in the lowest row that looks like the composer; `None` without such a row.
pub fn composer_text<'a>(rule: &ComposerRule, rows: &'a [String]) -> Option<&'a str> {
    bottom(rows, rule.last_rows).iter().rev().find_map(|row| content(rule, row))
}

/// What the lowest row that looks like the composer shows.
pub fn composer(rule: Option<&ComposerRule>, rows: &[String]) -> Composer {
    let Some(rule) = rule else { return Composer::NoRule };
    match composer_text(rule, rows) {
        None => Composer::NotSeen,
        Some("") => Composer::Empty,
        Some(text) if is_placeholder(rule, text) => Composer::Empty,
        Some(_) => Composer::Filled,
    }
}

/// Whether what looks like the composer is the marked line of a numbered list.
fn is_choice(rule: Option<&ComposerRule>, rows: &[String]) -> bool {
    let text = rule.and_then(|rule| composer_text(rule, rows));
    text.is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_placeholder(rule: &ComposerRule, text: &str) -> bool {
    rule.placeholders.iter().map(|p| p.trim()).any(|p| !p.is_empty() && text.starts_with(p))
}

/// What stands behind the prompt, if the row has one.
fn content<'a>(rule: &ComposerRule, row: &'a str) -> Option<&'a str> {
    let is_line = |c: char| ('\u{2500}'..='\u{257f}').contains(&c);
    let is_border = |c: char| c.is_whitespace() || is_line(c);
    let inner = row.trim_matches(is_border);
    let of = |prompt: &String| {
        let prompt = prompt.trim();
        match prompt.is_empty() {
            true => None,
            // A line at the very edge, for one elsewhere may belong to anything.
            false if prompt.chars().all(is_line) => row.strip_prefix(prompt).map(str::trim),
            false => inner.strip_prefix(prompt).map(str::trim),
        }
    };
    rule.prompts.iter().find_map(of)
}

/// The last `count` rows (all for 0) above the blank ones at the bottom.
fn bottom(rows: &[String], count: u16) -> &[String] {
    let end = rows.iter().rposition(|row| !row.trim().is_empty()).map_or(0, |at| at + 1);
    let start = if count == 0 { 0 } else { end.saturating_sub(usize::from(count)) };
    &rows[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_at_the_edge_may_be_a_prompt() {
        let rule = ComposerRule { prompts: vec!["❯".into(), "┃".into()], ..Default::default() };
        let of = |text: &str| composer(Some(&rule), &rows(text));
        assert_eq!(of("╻▄▄▄\n┃\n╹▀▀▀\n / commands"), Composer::Empty);
        assert_eq!(of("╻▄▄▄\n┃ a draft\n╹▀▀▀\n @ files"), Composer::Filled);
        assert_eq!(of(" some text          ┃\n                    ┃"), Composer::NotSeen);
        assert_eq!(of("│ ❯\n"), Composer::Empty);
    }

    #[test]
    fn a_dialog_is_looked_for_near_the_bottom() {
        let pattern = Pattern {
            name: "permission".into(),
            text: "Do you want to".into(),
            last_rows: 2,
            unless_composer: false,
        };
        let patterns = [pattern];
        let see = |text: &str| dialog(&patterns, None, &rows(text));
        assert_eq!(see("x\nDo you want to run it?\n1. Yes\n\n\n"), Some("permission".into()));
        assert_eq!(see("Do you want to\nold\ntext"), None);
        assert_eq!(dialog(&[Pattern::default()], None, &rows("x")), None);
    }

    #[test]
    fn an_unknown_screen_is_no_empty_composer() {
        let rules = InjectRules {
            dialog: vec![Pattern {
                text: "Do you want to".into(),
                unless_composer: true,
                ..Pattern::default()
            }],
            composer: Some(ComposerRule { prompts: vec!["❯".into()], ..ComposerRule::default() }),
            ..InjectRules::default()
        };
        let see = |text: &str| read_screen(&rules, &rows(text));
        assert_eq!(see("● done\n────\n❯\n────\n  ? for shortcuts"), Shown::Idle);
        assert_eq!(see("● Do you want to go on?\n────\n❯\n────"), Shown::Idle, "it said so");
        let asks = see(" Do you want to proceed?\n ❯ 1. Yes\n   2. No");
        assert_eq!(asks, Shown::Dialog("Do you want to".into()));
        assert_eq!(see("a picker\n ❯ 1. first\n   2. second"), Shown::Unknown);
        assert_eq!(see("● done\n────\n❯ a draft\n────"), Shown::Draft);
        assert_eq!(see("something else"), Shown::Unknown);
        assert_eq!(read_screen(&InjectRules::default(), &rows("❯")), Shown::Unknown);
    }

    #[test]
    fn the_lowest_composer_counts() {
        let rule = ComposerRule {
            prompts: vec!["> ".into()],
            placeholders: vec!["Try ".into()],
            last_rows: 0,
            required: false,
        };
        let see = |text: &str| composer(Some(&rule), &rows(text));
        assert_eq!(see("> old question\n│ >          │\n"), Composer::Empty);
        assert_eq!(see("│ > Try \"fix it\" │"), Composer::Empty);
        assert_eq!(see("│ > my draft │\n────"), Composer::Filled);
        assert_eq!(see("nothing"), Composer::NotSeen);
        assert_eq!(composer(None, &[]), Composer::NoRule);
    }

    #[test]
    fn rules_take_fields_they_do_not_know() {
        let rules: InjectRules = serde_json::from_str(r#"{"newer":1}"#).unwrap();
        assert_eq!(rules, InjectRules::default());
    }
}
