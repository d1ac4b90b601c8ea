//! A parser for pure literals: JSON with JavaScript's freedoms (bare keys, single quotes, plain
//! templates, trailing commas, comments) and nothing that would have to be executed.

use serde_json::{Map, Value};

/// Deepest nesting.
const MAX_DEPTH: usize = 32;

/// What is wrong, and at which character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) reason: String,
}

/// Reads characters one after the other.
pub(super) struct Reader<'a> {
    text: &'a [char],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [char]) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub(super) fn fault<T>(&self, reason: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { at: self.at, reason: reason.into() })
    }

    fn starts_with(&self, part: &str) -> bool {
        part.chars().enumerate().all(|(n, c)| self.text.get(self.at + n) == Some(&c))
    }

    /// Over white space and comments.
    pub(super) fn skip_blank(&mut self) -> Result<(), Fault> {
        loop {
            if self.starts_with("//") {
                while self.peek().is_some_and(|c| !super::error::is_line_end(c)) {
                    self.at += 1;
                }
            } else if self.starts_with("/*") {
                let begin = self.at;
                self.at += 2;
                while !self.starts_with("*/") {
                    if self.peek().is_none() {
                        return Err(Fault { at: begin, reason: "a comment without end".into() });
                    }
                    self.at += 1;
                }
                self.at += 2;
            } else if self.peek().is_some_and(|c| c.is_whitespace() || c == '\u{feff}') {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    /// The identifier here, empty if there is none.
    pub(super) fn word(&mut self) -> String {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let begin = self.at;
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        self.text[begin..self.at].iter().collect()
    }

    /// Whether `c` is next; if so it is taken.
    pub(super) fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// A literal of any kind.
    pub(super) fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_DEPTH {
            return self.fault(format!("over {MAX_DEPTH} levels deep"));
        }
        self.skip_blank()?;
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"' | '\'' | '`') => Value::String(self.string()?),
            Some('-' | '0'..='9' | '.') => self.number()?,
            Some(_) => self.keyword()?,
            None => return self.fault("the file ends within meta"),
        };
        self.skip_blank()?;
        match self.peek() {
            None | Some(',' | '}' | ']' | ';') => Ok(value),
            Some(_) if depth == 0 => Ok(value),
            Some(_) => self.fault("meta must be a pure literal: no operators, calls or variables"),
        }
    }

    fn keyword(&mut self) -> Result<Value, Fault> {
        let begin = self.at;
        match self.word().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" | "undefined" => Ok(Value::Null),
            _ => {
                self.at = begin;
                self.fault("meta must be a pure literal: no variables, calls or spreads")
            }
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let begin = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
            self.at += 1;
        }
        let text: String = self.text[begin..self.at].iter().collect();
        let number: Option<f64> = text.parse().ok().filter(|n: &f64| n.is_finite());
        let whole = text.parse::<i64>().ok().map(Value::from);
        match whole.or_else(|| number.map(Value::from)) {
            Some(value) => Ok(value),
            None => {
                self.at = begin;
                self.fault(format!("{text:?} is not a plain number"))
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blank()?;
            if self.take(']') {
                return Ok(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            if !self.take(',') && self.peek() != Some(']') {
                return self.fault("a comma or ] is missing");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut fields = Map::new();
        loop {
            self.skip_blank()?;
            if self.take('}') {
                return Ok(Value::Object(fields));
            }
            let key = self.key()?;
            self.skip_blank()?;
            if !self.take(':') {
                return self.fault("meta must be a pure literal: `key: value` and nothing else");
            }
            let value = self.value(depth + 1)?;
            fields.insert(key, value);
            if !self.take(',') && self.peek() != Some('}') {
                return self.fault("a comma or } is missing");
            }
        }
    }

    fn key(&mut self) -> Result<String, Fault> {
        if matches!(self.peek(), Some('"' | '\'')) {
            return self.string();
        }
        let word = self.word();
        if word.is_empty() {
            return self.fault("meta must be a pure literal: no computed keys or spreads");
        }
        Ok(word)
    }

    fn string(&mut self) -> Result<String, Fault> {
        let begin = self.at;
        let quote = self.text[self.at];
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c == quote {
                self.at += 1;
                return Ok(text);
            }
            if quote == '`' && c == '$' && self.text.get(self.at + 1) == Some(&'{') {
                return self.fault("no interpolation ${…} in meta: it must be a pure literal");
            }
            self.at += 1;
            match c {
                '\\' => self.escape(&mut text)?,
                '\n' | '\r' if quote != '`' => break,
                c => text.push(c),
            }
        }
        Err(Fault { at: begin, reason: "a string without end".into() })
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let Some(c) = self.peek() else { return self.fault("a string without end") };
        self.at += 1;
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'v' => text.push('\u{b}'),
            '0' => text.push('\0'),
            'x' => {
                let unit = self.hex(2)?;
                text.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            'u' => text.push(self.unicode()?),
            '\r' => {
                self.take('\n');
            }
            '\n' | '\u{2028}' | '\u{2029}' => {}
            c => text.push(c),
        }
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        if self.take('{') {
            let begin = self.at;
            while self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                self.at += 1;
            }
            let digits: String = self.text[begin..self.at].iter().collect();
            let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
            return match code {
                Some(c) if self.take('}') => Ok(c),
                _ => self.fault("a bad \\u escape"),
            };
        }
        let high = self.hex(4)?;
        if (0xd800..0xdc00).contains(&high) && self.starts_with("\\u") {
            self.at += 2;
            let low = self.hex(4)?;
            let units = [high, low].map(|unit| u16::try_from(unit).unwrap_or_default());
            let mut decoded = char::decode_utf16(units);
            return Ok(decoded.next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self, digits: usize) -> Result<u32, Fault> {
        let part: String = self.text[self.at..].iter().take(digits).collect();
        match u32::from_str_radix(&part, 16) {
            Ok(code) if part.len() == digits && !part.starts_with('+') => {
                self.at += digits;
                Ok(code)
            }
            _ => self.fault("a bad escape in a string"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<Value, Fault> {
        let chars: Vec<char> = text.chars().collect();
        Reader::new(&chars).value(0)
    }

    #[test]
    fn literals_with_the_freedoms_of_the_language() {
        for (text, value) in [
            (
                "{a:1, 'b':\"x\", c:[1,-2.5,], /* c */ d:true,}",
                json!({"a":1,"b":"x","c":[1,-2.5],"d":true}),
            ),
            ("`a\\n`", json!("a\n")),
            (r#"'\u0041\u{1F600}\ud83d\ude00\x41'"#, json!("A\u{1F600}\u{1F600}A")),
            ("{ // why\n a: null }", json!({"a": null})),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn what_would_have_to_be_executed_is_refused() {
        for text in [
            "{a:'x'+'y'}",
            "{a:f()}",
            "{...b}",
            "{[a]:1}",
            "{a:`${1}`}",
            "{get a(){return 1}}",
            "{a}",
            "{a:b}",
            "{a:'x",
            "{a:1",
            "[1 2]",
            "{a:0x}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(200)).unwrap_err().reason.contains("deep"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn reads_what_json_is(text in "[a-z \"'\\\\\n]{0,20}", number in any::<i32>()) {
            let value = json!({"text": text, "n": number, "list": [null, true]});
            prop_assert_eq!(parse(&value.to_string()).unwrap(), value);
        }
    }
}
