//! Refuses, before a run, what would fail in it anyway: the clock, randomness, modules. Best
//! effort on tokens; what it misses throws when it is called.

use super::error::Rejected;
use super::tokens::{Kind, Token, tokens};

/// Looks through the script.
///
/// # Errors
/// The first thing that a workflow may not use, with its place.
pub(super) fn lint(file: &str, text: &str) -> Result<(), Rejected> {
    let chars: Vec<char> = text.chars().collect();
    let tokens = tokens(&chars);
    for (index, token) in tokens.iter().enumerate() {
        if let Some(reason) = fault(&tokens, index) {
            return Err(Rejected::at(file, &chars, token.at, reason));
        }
    }
    Ok(())
}

const CLOCK: &str = "a workflow has no clock: pass the time in args, or use new Date(x)";
const RANDOM: &str = "a workflow has no randomness: pass a seed in args";
const MODULES: &str = "a workflow is one file: no import, export or require";

fn fault(tokens: &[Token], at: usize) -> Option<&'static str> {
    let Kind::Word(word) = &tokens[at].kind else { return None };
    let before = at.checked_sub(1).map(|before| &tokens[before].kind);
    if matches!(before, Some(Kind::Mark('.'))) {
        // A property of something else. A spread has dots, too, and is left to the run.
        return None;
    }
    let mark = |ahead: usize| match tokens.get(at + ahead).map(|token| &token.kind) {
        Some(Kind::Mark(c)) => Some(*c),
        _ => None,
    };
    let property = |name: &str| {
        mark(1) == Some('.')
            && matches!(tokens.get(at + 2).map(|t| &t.kind), Some(Kind::Word(word)) if word == name)
    };
    let is_key = mark(1) == Some(':');
    match word.as_str() {
        "Date" if property("now") && mark(3) == Some('(') => Some(CLOCK),
        "Date" if is_new(before) => date_without_argument(mark(1), mark(2)).then_some(CLOCK),
        "Date" if mark(1) == Some('(') => Some(CLOCK),
        "Math" if property("random") && mark(3) == Some('(') => Some(RANDOM),
        "require" if mark(1) == Some('(') => Some(MODULES),
        "export" if !is_key => Some(MODULES),
        // `import(…)` is an expression that fails when it is reached.
        "import" if !is_key && mark(1) != Some('(') => Some(MODULES),
        _ => None,
    }
}

fn is_new(before: Option<&Kind>) -> bool {
    matches!(before, Some(Kind::Word(word)) if word == "new")
}

/// `new Date()` and `new Date` behind which no bracket opens.
fn date_without_argument(next: Option<char>, after: Option<char>) -> bool {
    match next {
        Some('(') => after == Some(')'),
        Some('.') => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases E01, E02, E03, E04.
    #[test]
    fn cases_e01_to_e04() {
        for text in [
            "return Date.now()",
            "return new Date()",
            "return Date()",
            "return Math.random()",
            "new Date",
            "export default 1",
            "import x from 'y'",
            "const a = require('fs')",
            "import.meta.url",
        ] {
            assert!(lint("t.js", text).is_err(), "{text}");
        }
        for text in [
            "// Date.now()\nreturn 1",
            "return 'Date.now()'",
            "return new Date(1).getTime()",
            "await import('fs')",
            "x.Date()",
            "return Date.UTC(2026)",
            "({import: 1, export: 2})",
            "`${'Math.random()'}`",
            "/Date.now()/.test(x)",
            "Date.parse('2026')",
        ] {
            assert_eq!(lint("t.js", text), Ok(()), "{text}");
        }
        let error = lint("t.js", "\nreturn Date.now()").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
    }
}
