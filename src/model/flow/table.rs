//! A table of a flow's file, read field by field. Every fault is kept with its line, so that all of
//! them are told at once.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;

/// Faults, and the file they are in.
pub struct Faults<'a> {
    text: &'a str,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    /// None so far.
    pub fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count()
    }

    /// One more, at this byte.
    pub fn at(&mut self, at: usize, step: Option<&str>, text: impl Into<String>) {
        let line = self.line(at);
        self.add(line, step, text);
    }

    /// One more, in this line.
    pub fn add(&mut self, line: usize, step: Option<&str>, text: impl Into<String>) {
        self.found.push(Fault { line, step: step.map(str::to_owned), text: text.into() });
    }

    /// All of them, in the order of the file.
    pub fn into_found(mut self) -> Vec<Fault> {
        self.found.sort();
        self.found.dedup();
        self.found
    }
}

/// A table whose fields are taken one after the other; what is left at the end is unknown.
pub struct Fields<'t, 'i> {
    left: Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)>,
    /// Where the table begins, in bytes.
    pub start: usize,
    /// The step that the table is.
    pub step: Option<String>,
}

impl<'t, 'i> Fields<'t, 'i> {
    /// The fields of a table that begins at byte `start`.
    pub fn new(table: &'t DeTable<'i>, start: usize) -> Self {
        Self { left: table.iter().collect(), start, step: None }
    }

    /// The field, if it is there.
    pub fn take(&mut self, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        let at = self.left.iter().position(|(key, _)| key.get_ref() == name)?;
        Some(self.left.swap_remove(at).1)
    }

    /// Notes a fault at `at`.
    pub fn fault(&self, faults: &mut Faults<'_>, at: usize, text: impl Into<String>) {
        faults.at(at, self.step.as_deref(), text);
    }

    /// A text.
    pub fn text(&mut self, name: &str, faults: &mut Faults<'_>) -> Option<(String, usize)> {
        let value = self.take(name)?;
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(text) => Some((text.to_string(), at)),
            other => {
                self.fault(faults, at, format!("{name} is {}, not a text", other.type_str()));
                None
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub fn number(
        &mut self,
        name: &str,
        (least, most): (u64, u64),
        faults: &mut Faults<'_>,
    ) -> Option<u64> {
        let value = self.take(name)?;
        let at = value.span().start;
        let number = match value.get_ref() {
            DeValue::Integer(digits) => {
                i64::from_str_radix(&digits.as_str().replace('_', ""), digits.radix()).ok()
            }
            _ => None,
        };
        let found = number.and_then(|number| u64::try_from(number).ok());
        let found = found.filter(|number| (least..=most).contains(number));
        if found.is_none() {
            self.fault(faults, at, format!("{name} is a whole number from {least} to {most}"));
        }
        found
    }

    /// A list of texts, each with its place.
    pub fn texts(&mut self, name: &str, faults: &mut Faults<'_>) -> Option<Vec<(String, usize)>> {
        let value = self.take(name)?;
        let at = value.span().start;
        let DeValue::Array(items) = value.get_ref() else {
            self.fault(faults, at, format!("{name} is a list of texts"));
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => texts.push((text.to_string(), item.span().start)),
                other => {
                    let what = format!("{name} has {} in it, not a text", other.type_str());
                    self.fault(faults, item.span().start, what);
                }
            }
        }
        Some(texts)
    }

    /// Notes what nobody has taken.
    pub fn finish(self, known: &str, faults: &mut Faults<'_>) {
        for (key, _) in &self.left {
            let text = format!("{:?} is not a field: there are {known}", key.get_ref());
            self.fault(faults, key.span().start, text);
        }
    }
}

/// A TOML value as JSON; moments become texts.
pub fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => {
            let plain = digits.as_str().replace('_', "");
            i64::from_str_radix(&plain, digits.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(digits) => {
            digits.as_str().replace('_', "").parse::<f64>().map_or(Value::Null, Value::from)
        }
        DeValue::Boolean(is) => Value::Bool(*is),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(fields) => Value::Object(
            fields.iter().map(|(k, v)| (k.get_ref().to_string(), json(v.get_ref()))).collect(),
        ),
    }
}
