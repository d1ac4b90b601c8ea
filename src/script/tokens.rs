//! A token scanner that knows comments, strings, templates and regular expressions: enough to find
//! names in code and not in text.

use super::error::is_line_end;

/// A token with the place of its first character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// One character of punctuation.
    Mark(char),
    /// A string, template part, number or regular expression.
    Text,
}

/// The tokens of `text`. Text that never ends is one token.
pub(super) fn tokens(text: &[char]) -> Vec<Token> {
    let mut scanner = Scanner { text, at: 0, found: Vec::new(), braces: Vec::new() };
    scanner.run();
    scanner.found
}

struct Scanner<'a> {
    text: &'a [char],
    at: usize,
    found: Vec<Token>,
    /// One entry for each open brace: whether it is a template's `${`.
    braces: Vec<bool>,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('/')) => self.skip_while(|c| !is_line_end(c)),
                ('/', Some('*')) => self.comment(),
                ('/', _) if self.regex_may_begin() => self.regex(),
                ('"' | '\'', _) => self.string(c),
                ('`', _) => {
                    self.push(Kind::Text);
                    self.at += 1;
                    self.template();
                }
                ('}', _) if self.braces.pop() == Some(true) => {
                    self.push(Kind::Text);
                    self.at += 1;
                    self.template();
                }
                (c, _) if c.is_whitespace() => self.at += 1,
                (c, _) if c.is_ascii_digit() => self.number(),
                (c, _) if is_word(c) => self.word(),
                (c, _) => {
                    if c == '{' {
                        self.braces.push(false);
                    }
                    self.push(Kind::Mark(c));
                    self.at += 1;
                }
            }
        }
    }

    fn push(&mut self, kind: Kind) {
        self.found.push(Token { kind, at: self.at });
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        self.at += 2;
        while self.peek(0).is_some() && !(self.peek(0) == Some('*') && self.peek(1) == Some('/')) {
            self.at += 1;
        }
        self.at += 2;
    }

    fn number(&mut self) {
        self.push(Kind::Text);
        self.skip_while(|c| is_word(c) || c == '.');
    }

    fn word(&mut self) {
        let begin = self.at;
        self.skip_while(is_word);
        let word = self.text[begin..self.at].iter().collect();
        self.found.push(Token { kind: Kind::Word(word), at: begin });
    }

    fn string(&mut self, quote: char) {
        self.push(Kind::Text);
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += 1 + usize::from(c == '\\');
            if c == quote || matches!(c, '\n' | '\r') {
                return;
            }
        }
    }

    /// To the end of the template, or into its next `${`.
    fn template(&mut self) {
        while let Some(c) = self.peek(0) {
            match c {
                '\\' => self.at += 2,
                '`' => {
                    self.at += 1;
                    return;
                }
                '$' if self.peek(1) == Some('{') => {
                    self.at += 2;
                    self.braces.push(true);
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn regex(&mut self) {
        self.push(Kind::Text);
        self.at += 1;
        let mut in_class = false;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.at += 1,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                c if is_line_end(c) => break,
                _ => {}
            }
        }
        self.skip_while(is_word);
    }

    /// Behind a value a slash divides; anywhere else it begins a regular expression.
    fn regex_may_begin(&self) -> bool {
        const BEFORE_A_VALUE: [&str; 11] = [
            "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "await",
            "yield",
        ];
        match self.found.last().map(|token| &token.kind) {
            None => true,
            Some(Kind::Text | Kind::Mark(')' | ']' | '}')) => false,
            Some(Kind::Mark(_)) => true,
            Some(Kind::Word(word)) => BEFORE_A_VALUE.contains(&word.as_str()),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let word = |token: Token| match token.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        };
        tokens(&chars).into_iter().filter_map(word).collect()
    }

    #[test]
    fn text_is_no_code() {
        assert_eq!(words("a // b\n'c' \"d\" /* e */ f"), ["a", "f"]);
        assert_eq!(words("a = /b[/]c/g.d; e / f / g"), ["a", "d", "e", "f", "g"]);
        assert_eq!(words("`a${b + `c${d}e` + f}g` + h"), ["b", "d", "f", "h"]);
        assert_eq!(words("`${ {a:1}.a }` b"), ["a", "a", "b"]);
        assert_eq!(words("'it\\'s' a"), ["a"]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = words(&text);
        }
    }
}
