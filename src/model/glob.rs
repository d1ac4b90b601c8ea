//! Patterns of a person's configuration: `*` for any text, everything else as it stands.

/// Whether all of `text` fits the pattern.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    fits_where(pattern, text, |_| true)
}

/// The same, where a `*` stands only for characters that `takes`.
#[must_use]
pub fn fits_where(pattern: &str, text: &str, takes: impl Fn(char) -> bool) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Where the last star is, and how far into the text it was tried.
    let (mut p, mut t, mut star) = (0, 0, None::<(usize, usize)>);
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else {
            // The last star takes one character more; what it cannot take, an earlier one cannot
            // either: it would have to take all of this as well.
            let Some((at, from)) = star.filter(|(_, from)| takes(text[*from])) else {
                return false;
            };
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*", "abc", true),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("*b*", "abc", true),
            ("npm test", "npm test x", false),
            ("claude-sonnet-*", "claude-sonnet-5", true),
            ("a**b", "ab", true),
            ("é*", "éa", true),
            ("a", "", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn stars_stand_only_for_what_they_may() {
        let plain = |c: char| c != ';';
        assert!(fits_where("npm test*", "npm test --all", plain));
        assert!(!fits_where("npm test*", "npm test; rm -rf /", plain));
        assert!(!fits_where("*test*", "a;test", plain));
        assert!(fits_where("a;*", "a;b", plain), "what the pattern says itself is meant");
        assert!(!fits_where("*;b*c", "x;y;bzc", plain));
    }
}
