//! Titles and labels that a script chose, made fit to be shown.

/// Longest title in characters.
const MAX: usize = 200;

/// Without control characters, at most 200 characters, `phase` where nothing is left.
#[must_use]
pub fn phase_title(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(MAX).collect();
    if clean.trim().is_empty() { "phase".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_moves_it() {
        assert_eq!(phase_title("a\u{1b}[31mb"), "a[31mb");
        assert_eq!(phase_title("\n"), "phase");
        assert_eq!(phase_title(&"x".repeat(300)).len(), 200);
    }
}
