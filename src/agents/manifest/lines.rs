//! What the lines of an agent's transcript mean, as data: each is a JSON object, and says what the
//! rules that fit it say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::pick::{Conditions, field};
use super::tokens::CacheCount;
use crate::agents::record::{Entry, ModelReport, ToolReport, moment};
use crate::model::trace::Outcome;

/// What a line means that fits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LineRule {
    /// What it tells of.
    pub is: Told,
    /// Only when these fields of the line have these values.
    #[serde(default)]
    pub when: Conditions,
    /// Not when these have these.
    #[serde(default)]
    pub unless: Conditions,
    /// Where the provider counts what its cache gave.
    #[serde(default)]
    pub cache: CacheCount,
    /// What is told: for each name the field of the line that it is taken from. Fields within
    /// fields have a dot between them.
    #[serde(flatten)]
    pub fields: BTreeMap<String, String>,
}

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// What follows belongs to the turn `name`.
    Turn,
    /// A tool call begins.
    ToolStarted,
    /// A tool call has gone well.
    ToolEnded,
    /// A tool call has failed.
    ToolFailed,
    /// A tool call was not allowed.
    ToolDenied,
    /// A model was asked, and has answered.
    ModelCall,
}

impl Told {
    /// As in a manifest.
    fn word(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::ToolStarted => "tool-started",
            Self::ToolEnded => "tool-ended",
            Self::ToolFailed => "tool-failed",
            Self::ToolDenied => "tool-denied",
            Self::ModelCall => "model-call",
        }
    }
}

impl LineRule {
    /// What a line says by this rule; nothing when it is not meant, or lacks what is needed.
    fn read(&self, line: &Value) -> Option<Entry> {
        let is_meant = self.when.hold(line) && (self.unless.is_empty() || !self.unless.hold(line));
        if !is_meant {
            return None;
        }
        match self.is {
            Told::Turn => Some(Entry::Turn(self.text(line, "name")?)),
            Told::ModelCall => self.model_call(line).map(Entry::Model),
            _ => self.tool_call(line).map(|report| Entry::Tool(Box::new(report))),
        }
    }

    fn tool_call(&self, line: &Value) -> Option<ToolReport> {
        let at = moment(self.value(line, "at"));
        let begins = self.is == Told::ToolStarted;
        Some(ToolReport {
            call_id: self.text(line, "call_id")?,
            tool: self.text(line, "tool"),
            chain: self.text(line, "chain"),
            input: self.value(line, "input").cloned(),
            output: self.value(line, "output").cloned(),
            started_at: at.filter(|_| begins),
            finished_at: at.filter(|_| !begins),
            error: self.text(line, "error"),
            outcome: match self.is {
                Told::ToolEnded => Some(Outcome::Ok),
                Told::ToolFailed => Some(Outcome::Error),
                Told::ToolDenied => Some(Outcome::Denied),
                _ => None,
            },
            ..ToolReport::default()
        })
    }

    fn model_call(&self, line: &Value) -> Option<ModelReport> {
        Some(ModelReport {
            message: self.text(line, "id")?,
            chain: self.text(line, "chain"),
            model: self.text(line, "model").unwrap_or_default(),
            at: moment(self.value(line, "at")),
            tokens: self.cache.tokens(|name| self.value(line, name))?,
            exact: true,
        })
    }

    fn value<'a>(&self, line: &'a Value, name: &str) -> Option<&'a Value> {
        field(line, self.fields.get(name)?).filter(|value| !value.is_null())
    }

    fn text(&self, line: &Value, name: &str) -> Option<String> {
        self.value(line, name)?.as_str().map(str::to_owned)
    }

    /// The mistake in it, if there is one.
    pub(super) fn mistake(&self) -> Option<String> {
        let (needed, others): (&[&str], &[&str]) = match self.is {
            Told::Turn => (&["name"], &[]),
            Told::ToolStarted => (&["call_id"], &["at", "tool", "chain", "input"]),
            Told::ToolEnded => (&["call_id"], &["at", "tool", "chain", "output"]),
            Told::ToolFailed => (&["call_id"], &["at", "tool", "chain", "output", "error"]),
            Told::ToolDenied => (&["call_id"], &["at", "tool", "chain"]),
            Told::ModelCall => (
                &["id", "input", "output"],
                &["at", "model", "chain", "cache_read", "cache_write", "reasoning"],
            ),
        };
        if let Some(missing) = needed.iter().find(|name| !self.fields.contains_key(**name)) {
            return Some(format!("{} needs the field {missing:?}", self.is.word()));
        }
        let mut names = self.fields.keys().map(String::as_str);
        let unknown = names.find(|name| !needed.contains(name) && !others.contains(name))?;
        Some(format!("{} has no field {unknown:?}", self.is.word()))
    }
}

/// What a line says by all of the rules, in their order; one that is not understood says nothing.
#[must_use]
pub fn entries(rules: &[LineRule], line: &str) -> Vec<Entry> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    rules.iter().filter_map(|rule| rule.read(&line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<LineRule> {
        #[derive(Deserialize)]
        struct Rules {
            line: Vec<LineRule>,
        }
        toml::from_str::<Rules>(text).unwrap().line
    }

    const CALL: &str = "[[line]]\nis = \"model-call\"\nid = \"id\"\ninput = \"u.in\"\n\
                        output = \"u.out\"\ncache_read = \"u.cached\"\n";

    #[test]
    fn the_cache_is_counted_where_the_provider_counts_it() {
        let line = r#"{"id": "m", "u": {"in": 100, "out": 5, "cached": 80}}"#;
        let input = |text: &str| match &entries(&rules(text), line)[..] {
            [Entry::Model(report)] => (report.tokens.input, report.tokens.cache_read),
            other => panic!("{other:?}"),
        };
        assert_eq!(input(CALL), (20, 80));
        assert_eq!(input(&format!("{CALL}cache = \"beside-input\"\n")), (100, 80));
    }

    #[test]
    fn a_line_says_what_fits_and_nothing_else() {
        let rules = rules(&format!(
            "[[line]]\nis = \"turn\"\nname = \"turn\"\nunless = {{ by = \"sub*\" }}\n{CALL}"
        ));
        let both = entries(&rules, r#"{"id": "m", "turn": "t", "u": {"in": 1, "out": 1}}"#);
        assert!(matches!(&both[..], [Entry::Turn(_), Entry::Model(_)]), "{both:?}");
        assert_eq!(entries(&rules, r#"{"turn": "t", "by": "subagent"}"#), []);
        for line in ["", "{", "[]", "null", r#"{"id": 3}"#, r#"{"id": "m", "u": {"in": "x"}}"#] {
            assert_eq!(entries(&rules, line), [], "{line}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let mistake = |text: &str| rules(text)[0].mistake().unwrap();
        assert_eq!(mistake("[[line]]\nis = \"turn\"\n"), "turn needs the field \"name\"");
        let odd = "[[line]]\nis = \"tool-denied\"\ncall_id = \"id\"\noutput = \"o\"\n";
        assert_eq!(mistake(odd), "tool-denied has no field \"output\"");
        assert_eq!(rules(CALL)[0].mistake(), None);
    }
}
