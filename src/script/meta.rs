//! What a script says of itself: `export const meta = {…}`, its first statement, read and taken
//! out without executing anything. For lists, for checks, and before every run.

use serde_json::{Map, Value};

use super::error::{Rejected, is_line_end};
use super::literal::{Fault, Reader};

/// Longest name in characters.
const MAX_NAME: usize = 64;

/// What a script says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// By which it is called.
    pub name: String,
    /// One line for lists.
    pub description: String,
    /// When it should be used.
    pub when_to_use: Option<String>,
    /// The phases it announces.
    pub phases: Vec<PhaseNote>,
    /// Agents at the same time, 1 to 64.
    pub concurrency: Option<u32>,
    /// Options of all its agents: `agent`, `model`, `capabilities` …
    pub defaults: Map<String, Value>,
    /// Optional fields that were left out because they are malformed.
    pub warnings: Vec<String>,
}

/// A phase that a script announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseNote {
    /// Its title.
    pub title: String,
    /// What happens in it.
    pub detail: Option<String>,
}

/// A script taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// What it says of itself.
    pub meta: Meta,
    /// The script with blanks in the place of `meta`: the same lines and columns.
    pub body: String,
}

const FIRST: &str =
    "a workflow begins with `export const meta = {name, description}` as its first statement";

/// Takes `text` apart.
///
/// # Errors
/// With the place, when there is no `meta`, or it is not a pure literal with name and description.
pub fn read(file: &str, text: &str) -> Result<Source, Rejected> {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader::new(&chars);
    let statement = statement(&mut reader)
        .map_err(|fault| Rejected::at(file, &chars, fault.at, fault.reason))?;
    let meta = interpret(&statement.value)
        .map_err(|reason| Rejected::at(file, &chars, statement.begin, reason))?;
    let body = chars
        .iter()
        .enumerate()
        .map(|(at, c)| match *c {
            c if at < statement.begin || at >= statement.end || is_line_end(c) => c,
            _ => ' ',
        })
        .collect();
    Ok(Source { meta, body })
}

struct Statement {
    begin: usize,
    end: usize,
    value: Value,
}

fn statement(reader: &mut Reader<'_>) -> Result<Statement, Fault> {
    reader.skip_blank()?;
    let begin = reader.at;
    for wanted in ["export", "const", "meta"] {
        reader.skip_blank()?;
        if reader.word() != wanted {
            return Err(Fault { at: begin, reason: FIRST.into() });
        }
    }
    reader.skip_blank()?;
    if !reader.take('=') {
        return Err(Fault { at: begin, reason: FIRST.into() });
    }
    reader.skip_blank()?;
    if reader.peek() != Some('{') {
        return reader.fault("meta must be a pure literal: an object {name, description}");
    }
    let value = reader.value(0)?;
    let end = reader.at;
    // What follows must be another statement: behind a semicolon, on a new line, or nothing.
    reader.skip_blank()?;
    if reader.take(';') {
        return Ok(Statement { begin, end: reader.at, value });
    }
    match reader.peek() {
        Some('.' | '(' | '[' | '+' | '-' | '*' | '/' | '?' | '|' | '&' | '=' | ',' | '<' | '>') => {
            reader.fault("meta must be a pure literal: nothing may follow the closing }")
        }
        _ => Ok(Statement { begin, end, value }),
    }
}

fn interpret(value: &Value) -> Result<Meta, String> {
    let text = |key: &str| value[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    let needed = |key: &str| {
        text(key).map(str::to_owned).ok_or(format!("meta.{key} must be a non-empty string"))
    };
    let name = needed("name")?;
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!("meta.name has over {MAX_NAME} characters, or control characters"));
    }
    let mut meta = Meta {
        description: needed("description")?,
        name,
        when_to_use: text("whenToUse").map(str::to_owned),
        phases: Vec::new(),
        concurrency: None,
        defaults: Map::new(),
        warnings: Vec::new(),
    };
    optional(value, &mut meta);
    Ok(meta)
}

/// Malformed optional fields are dropped with a word, as the scripts' origin does without one.
fn optional(value: &Value, meta: &mut Meta) {
    match &value["phases"] {
        Value::Null => {}
        Value::Array(items) => {
            let phases = items.iter().filter_map(|item| {
                let title = item["title"].as_str()?.to_owned();
                Some(PhaseNote { title, detail: item["detail"].as_str().map(str::to_owned) })
            });
            meta.phases = phases.collect();
            if meta.phases.len() != items.len() {
                meta.warnings.push("meta.phases: entries without a title are left out".into());
            }
        }
        _ => meta.warnings.push("meta.phases is not a list and is left out".into()),
    }
    match value["concurrency"].as_u64() {
        Some(n @ 1..=64) => meta.concurrency = u32::try_from(n).ok(),
        None if value["concurrency"].is_null() => {}
        _ => meta.warnings.push("meta.concurrency is not a number from 1 to 64".into()),
    }
    match &value["defaults"] {
        Value::Null => {}
        Value::Object(defaults) => meta.defaults = defaults.clone(),
        _ => meta.warnings.push("meta.defaults is not an object and is left out".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<String, String> {
        read("t.js", text).map(|source| source.meta.name).map_err(|error| error.to_string())
    }

    /// Cases A02, A05, A06, A07, A08, A09, A10, A13, A15, A16.
    #[test]
    fn cases_a02_to_a16() {
        assert_eq!(name("export const meta={name:'t',description:'d'}\nreturn 1").unwrap(), "t");
        assert_eq!(
            name("// why\n/* x */ export const meta = {name:`a`,description:'d',zzz:1};").unwrap(),
            "a"
        );
        for (text, part) in [
            ("return 1", "export const meta"),
            ("return 1", "first statement"),
            ("export let meta = {name:'a',description:'b'}", "first statement"),
            ("export const meta={description:'b'}", "meta.name"),
            ("export const meta={name:'',description:'b'}", "meta.name"),
            ("export const meta={name:'a'}", "meta.description"),
            ("export const meta={name:'a'+'b',description:'b'}", "pure literal"),
            ("export const meta={name:`a${1}`,description:'b'}", "interpolation"),
            ("export const meta={get name(){while(true){}},description:'b'}", "pure literal"),
            ("export const meta={name:'a',description:'b'}.x", "pure literal"),
        ] {
            let error = name(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_body_keeps_its_places() {
        let text = "export const meta = {\r\n name:'a',\u{2028}description:'b'\n}; return 1\n//x";
        let source = read("t.js", text).unwrap();
        assert_eq!(source.body.chars().count(), text.chars().count());
        let ends = |text: &str| text.chars().filter(|c| is_line_end(*c)).count();
        assert_eq!(ends(&source.body), ends(text));
        assert_eq!(source.body.trim_start(), "return 1\n//x");
    }

    #[test]
    fn malformed_extras_are_told_and_dropped() {
        let text = "export const meta={name:'a',description:'b',phases:[{title:'P'},3],concurrency:900,defaults:1}";
        let meta = read("t.js", text).unwrap().meta;
        assert_eq!(meta.phases.len(), 1);
        assert_eq!(meta.warnings.len(), 3);
    }
}
