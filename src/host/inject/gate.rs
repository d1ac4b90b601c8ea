//! May text be typed now, and may Enter be pressed now. Asked before the paste and again right
//! before Enter.

use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::rules::{Composer, InjectRules};

/// Why nothing, or no Enter, was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldWhy {
    /// A person pressed a key a moment ago.
    HumanTyping,
    /// A person's unsent text may be in the composer.
    Draft,
    /// A dialog is open; Enter would answer it.
    Dialog(String),
    /// Another program than the agent has the terminal.
    NotForeground,
    /// The agent has ended.
    Exited,
    /// The program does not take what was typed before.
    NotReading,
    /// The program is not the one it was, or not in the state it was in, when the text went in.
    Changed,
    /// No composer is on the screen, and the rules want one.
    NoComposer,
    /// The program has not asked for bracketed paste, and the rules want it.
    NotBracketed,
    /// The terminal would cut the text: in canonical mode a line has at most 4095 bytes.
    LineTooLong,
}

/// What is so at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The agent has ended.
    pub exited: bool,
    /// The agent is the foreground process group.
    pub foreground: bool,
    /// Milliseconds since a person pressed a key; `None` if nobody did.
    pub human_ms: Option<u64>,
    /// Whether unsent text is in the composer, by the keys.
    pub draft: Draft,
    /// The dialog that is seen.
    pub dialog: Option<String>,
    /// What the composer shows.
    pub composer: Composer,
    /// The program has asked for bracketed paste.
    pub bracketed: bool,
    /// Bytes that lie in the terminal, unread.
    pub unread: usize,
    /// The longest line that the terminal takes, in canonical mode.
    pub line_limit: Option<usize>,
}

/// Whether the body of `bytes` bytes may be typed. A draft counts unless the composer is empty:
/// the caller has waited until it was so for long enough.
pub fn may_paste(rules: &InjectRules, facts: &Facts, bytes: usize) -> Result<(), HeldWhy> {
    usable(rules, facts)?;
    if facts.human_ms.is_some_and(|ms| ms < rules.human_quiet_ms) {
        return Err(HeldWhy::HumanTyping);
    }
    let composer_shows_text = facts.composer == Composer::Filled;
    if facts.draft != Draft::None || composer_shows_text {
        return Err(HeldWhy::Draft);
    }
    if rules.bracketed_only && !facts.bracketed {
        return Err(HeldWhy::NotBracketed);
    }
    if facts.line_limit.is_some_and(|limit| bytes > limit) {
        return Err(HeldWhy::LineTooLong);
    }
    if facts.unread > 0 {
        return Err(HeldWhy::NotReading);
    }
    Ok(())
}

/// Whether Enter may be pressed on a body that went in while bracketed paste was as `bracketed`.
pub fn may_enter(rules: &InjectRules, facts: &Facts, bracketed: bool) -> Result<(), HeldWhy> {
    usable(rules, facts)?;
    if facts.bracketed != bracketed {
        return Err(HeldWhy::Changed);
    }
    if facts.unread > 0 {
        return Err(HeldWhy::NotReading);
    }
    Ok(())
}

/// Whether the keys that stop a turn may be pressed: not into a dialog, which Escape would refuse,
/// nor while a person types or may have unsent text in the composer, which is emptied after it.
pub fn may_interrupt(rules: &InjectRules, facts: &Facts) -> Result<(), HeldWhy> {
    usable(rules, facts)?;
    if facts.human_ms.is_some_and(|ms| ms < rules.human_quiet_ms) {
        return Err(HeldWhy::HumanTyping);
    }
    if facts.draft != Draft::None || facts.composer == Composer::Filled {
        return Err(HeldWhy::Draft);
    }
    if facts.unread > 0 {
        return Err(HeldWhy::NotReading);
    }
    Ok(())
}

fn usable(rules: &InjectRules, facts: &Facts) -> Result<(), HeldWhy> {
    if facts.exited {
        return Err(HeldWhy::Exited);
    }
    if rules.require_foreground && !facts.foreground {
        return Err(HeldWhy::NotForeground);
    }
    if let Some(name) = &facts.dialog {
        return Err(HeldWhy::Dialog(name.clone()));
    }
    let required = rules.composer.as_ref().is_some_and(|composer| composer.required);
    if required && facts.composer == Composer::NotSeen {
        return Err(HeldWhy::NoComposer);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fine() -> Facts {
        Facts {
            exited: false,
            foreground: true,
            human_ms: None,
            draft: Draft::None,
            dialog: None,
            composer: Composer::NoRule,
            bracketed: true,
            unread: 0,
            line_limit: None,
        }
    }

    #[test]
    fn each_reason_holds_the_paste() {
        let rules = InjectRules { bracketed_only: true, ..InjectRules::default() };
        assert_eq!(may_paste(&rules, &fine(), 5), Ok(()));
        let cases = [
            (Facts { exited: true, ..fine() }, HeldWhy::Exited),
            (Facts { foreground: false, ..fine() }, HeldWhy::NotForeground),
            (Facts { human_ms: Some(1999), ..fine() }, HeldWhy::HumanTyping),
            (Facts { draft: Draft::Maybe, ..fine() }, HeldWhy::Draft),
            (Facts { composer: Composer::Filled, ..fine() }, HeldWhy::Draft),
            (Facts { dialog: Some("d".into()), ..fine() }, HeldWhy::Dialog("d".into())),
            (Facts { bracketed: false, ..fine() }, HeldWhy::NotBracketed),
            (Facts { unread: 1, ..fine() }, HeldWhy::NotReading),
            (Facts { line_limit: Some(4), ..fine() }, HeldWhy::LineTooLong),
        ];
        for (facts, why) in cases {
            assert_eq!(may_paste(&rules, &facts, 5), Err(why));
        }
    }

    #[test]
    fn no_turn_is_stopped_where_a_person_or_a_dialog_would_feel_it() {
        let rules = InjectRules::default();
        assert_eq!(may_interrupt(&rules, &fine()), Ok(()));
        let cases = [
            (Facts { exited: true, ..fine() }, HeldWhy::Exited),
            (Facts { foreground: false, ..fine() }, HeldWhy::NotForeground),
            (Facts { human_ms: Some(1999), ..fine() }, HeldWhy::HumanTyping),
            (Facts { draft: Draft::Maybe, ..fine() }, HeldWhy::Draft),
            (Facts { composer: Composer::Filled, ..fine() }, HeldWhy::Draft),
            (Facts { dialog: Some("d".into()), ..fine() }, HeldWhy::Dialog("d".into())),
            (Facts { unread: 1, ..fine() }, HeldWhy::NotReading),
        ];
        for (facts, why) in cases {
            assert_eq!(may_interrupt(&rules, &facts), Err(why));
        }
    }

    #[test]
    fn enter_is_withheld_when_something_came_between() {
        let rules = InjectRules::default();
        assert_eq!(may_enter(&rules, &fine(), true), Ok(()));
        assert_eq!(may_enter(&rules, &fine(), false), Err(HeldWhy::Changed));
        let filled = Facts { composer: Composer::Filled, draft: Draft::Yes, ..fine() };
        assert_eq!(may_enter(&rules, &filled, true), Ok(()));
        let dialog = Facts { dialog: Some("d".into()), ..fine() };
        assert_eq!(may_enter(&rules, &dialog, true), Err(HeldWhy::Dialog("d".into())));
    }
}
