//! `when = "steps.find.json.files.length > 0 && args.deep"`: paths, literals, comparisons, `&&`,
//! `||`, `!` and parentheses; nothing that acts, nothing that repeats.

use std::cmp::Ordering;

use serde_json::Value;

use super::path::{Path, Scope, resolve};

/// How deep parentheses and `!` may go.
const DEPTH: usize = 32;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A value as it stands.
    Literal(Value),
    /// What is at a path; null where there is nothing.
    Path(Path),
    /// `!a`
    Not(Box<Condition>),
    /// `a && b`
    And(Box<Condition>, Box<Condition>),
    /// `a || b`
    Or(Box<Condition>, Box<Condition>),
    /// `a == b`, `a < b` …
    Compare(Box<Condition>, Comparison, Box<Condition>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Condition {
    /// Reads a condition; the error says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
        let condition = reader.or()?;
        match reader.peek() {
            None => Ok(condition),
            Some(token) => Err(format!("{token:?} is too much")),
        }
    }

    /// Every path in it.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Path(path) => vec![path],
            Self::Not(inner) => inner.paths(),
            Self::And(a, b) | Self::Or(a, b) | Self::Compare(a, _, b) => {
                let mut paths = a.paths();
                paths.extend(b.paths());
                paths
            }
        }
    }
}

/// Whether the condition holds. As in scripts, null, false, 0 and the empty text do not; two values
/// of different types are not equal and in no order.
#[must_use]
pub fn is_true(condition: &Condition, scope: &impl Scope) -> bool {
    truth(&value(condition, scope))
}

fn value(condition: &Condition, scope: &impl Scope) -> Value {
    match condition {
        Condition::Literal(value) => value.clone(),
        Condition::Path(path) => resolve(path, scope).unwrap_or(Value::Null),
        Condition::Not(inner) => Value::Bool(!is_true(inner, scope)),
        Condition::And(a, b) => Value::Bool(is_true(a, scope) && is_true(b, scope)),
        Condition::Or(a, b) => Value::Bool(is_true(a, scope) || is_true(b, scope)),
        Condition::Compare(a, how, b) => {
            Value::Bool(compare(&value(a, scope), *how, &value(b, scope)))
        }
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn compare(a: &Value, how: Comparison, b: &Value) -> bool {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))
        }
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ if a == b => Some(Ordering::Equal),
        _ => None,
    };
    match how {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Sign(&'static str),
    Literal(Value),
    Path(Path),
}

/// Longer signs first: `<=` is not `<`.
const SIGNS: &[&str] = &["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let inside = &rest[1..];
            let end = inside.find(quote).ok_or_else(|| format!("{rest} is not closed"))?;
            tokens.push(Token::Literal(inside[..end].into()));
            rest = &inside[end + 1..];
        } else {
            let is_end = |c: char| c.is_whitespace() || "=!<>&|()\"'".contains(c);
            let end = rest.find(is_end).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("{rest:?} is neither a path nor a value"));
            }
            tokens.push(word(&rest[..end])?);
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn word(text: &str) -> Result<Token, String> {
    // Numbers, true, false and null are written as in JSON.
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => Ok(Token::Literal(value)),
        _ => Path::parse(text).map(Token::Path),
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(is);
        is
    }

    fn or(&mut self) -> Result<Condition, String> {
        let mut left = self.and()?;
        while self.take("||") {
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            left = Condition::And(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let left = self.single()?;
        let signs = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        match signs.into_iter().find(|(sign, _)| self.take(sign)) {
            Some((_, how)) => Ok(Condition::Compare(Box::new(left), how, Box::new(self.single()?))),
            None => Ok(left),
        }
    }

    fn single(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("more than {DEPTH} parentheses in one another"));
        }
        let condition = if self.take("!") {
            Condition::Not(Box::new(self.single()?))
        } else if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err("a ) is missing".to_owned());
            }
            inner
        } else {
            let token = self.peek().cloned();
            self.at += 1;
            match token {
                Some(Token::Literal(value)) => Condition::Literal(value),
                Some(Token::Path(path)) => Condition::Path(path),
                Some(Token::Sign(sign)) => {
                    return Err(format!("{sign:?} stands where a value has to"));
                }
                None => return Err("it ends where a value has to be".to_owned()),
            }
        };
        self.depth -= 1;
        Ok(condition)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::path::Root;
    use super::*;

    struct Found;

    impl Scope for Found {
        fn root(&self, root: &Root) -> Option<Value> {
            match root {
                Root::Json(_) => Some(json!({"files": [], "n": 3, "name": "b"})),
                Root::Arg(name) if name == "deep" => Some(json!(true)),
                _ => None,
            }
        }
    }

    fn holds(text: &str) -> bool {
        is_true(&Condition::parse(text).unwrap(), &Found)
    }

    #[test]
    fn what_holds() {
        for text in [
            "args.deep",
            "steps.a.json.n == 3",
            "steps.a.json.n >= 3 && steps.a.json.n < 3.5",
            "steps.a.json.name > 'a'",
            "!(steps.a.json.files.length > 0)",
            "steps.a.json.none == null",
            "false || true && true",
            "steps.a.json.name != 3",
            "args.deep == true",
        ] {
            assert!(holds(text), "{text}");
        }
    }

    #[test]
    fn what_does_not() {
        for text in [
            "steps.a.json.files.length > 0",
            "args.other",
            "null",
            "0",
            "''",
            "steps.a.json.name < 3",
            "!args.deep",
            "steps.a.json.n == '3'",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for bad in [
            "",
            "&&",
            "args.a ==",
            "(args.a",
            "args.a)",
            "args.a args.b",
            "'open",
            "env.HOME",
            "args.a = 1",
            "1 < 2 < 3",
        ] {
            assert!(Condition::parse(bad).is_err(), "{bad}");
        }
        let deep = format!("{}true{}", "(".repeat(100), ")".repeat(100));
        assert!(Condition::parse(&deep).unwrap_err().contains("32"));
        assert!(Condition::parse(&"!".repeat(100_000)).is_err());
    }
}
