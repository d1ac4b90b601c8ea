//! What a step of a run can see: the arguments, the results before it, and its item.

use std::collections::BTreeMap;
use std::convert::Infallible;

use serde_json::Value;

use super::definition::Flow;
use super::path::{Path, Root, Scope, resolve};
use super::template::Template;

/// A step's whole result.
#[derive(Debug, Clone, PartialEq)]
pub struct StepResult {
    /// As text.
    pub text: String,
    /// As JSON, if the text is JSON.
    pub json: Option<Value>,
}

impl StepResult {
    /// The result of that text.
    #[must_use]
    pub fn of_text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { json: serde_json::from_str(&text).ok(), text }
    }

    /// The result of that value.
    #[must_use]
    pub fn of_json(json: Value) -> Self {
        let text = match &json {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Self { text, json: Some(json) }
    }

    /// As JSON; a text that is none is a JSON text.
    #[must_use]
    pub fn value(&self) -> Value {
        self.json.clone().unwrap_or_else(|| Value::String(self.text.clone()))
    }
}

/// What a step can see.
#[derive(Debug, Clone, Copy)]
pub struct StepScope<'a> {
    /// The run's arguments.
    pub args: &'a BTreeMap<String, Value>,
    /// The results of the steps that are done.
    pub results: &'a BTreeMap<String, StepResult>,
    /// The item that it is for, with its number, in a step with `foreach`.
    pub item: Option<(usize, &'a Value)>,
}

impl Scope for StepScope<'_> {
    fn root(&self, root: &Root) -> Option<Value> {
        match root {
            Root::Arg(name) => self.args.get(name).cloned(),
            Root::Result(id) => self.results.get(id).map(|result| result.text.clone().into()),
            Root::Json(id) => self.results.get(id).and_then(|result| result.json.clone()),
            Root::Item => self.item.map(|(_, item)| item.clone()),
            Root::Index => self.item.map(|(index, _)| index.into()),
        }
    }
}

impl StepScope<'_> {
    /// The template's text. A text stands as it is, anything else as JSON; where there is nothing,
    /// that is said.
    #[must_use]
    pub fn fill(&self, template: &Template) -> String {
        let filled = template.fill(|path| Ok::<_, Infallible>(self.text(path)));
        match filled {
            Ok(text) => text,
            Err(never) => match never {},
        }
    }

    /// What stands in a text for a path.
    #[must_use]
    pub fn text(&self, path: &Path) -> String {
        match resolve(path, self) {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => "(no result)".to_owned(),
            Some(other) => other.to_string(),
        }
    }

    fn json_of(&self, path: &Path) -> Option<&Value> {
        self.results.get(path.step()?)?.json.as_ref()
    }

    /// The items of a `foreach` step.
    ///
    /// # Errors
    /// Why there are none: what is there is no list, or too long.
    pub fn items(&self, over: &Path, limit: u32) -> Result<Vec<Value>, String> {
        match resolve(over, self) {
            Some(Value::Array(items)) if items.len() > limit as usize => {
                Err(format!("{over} has {} items, the limit is {limit}", items.len()))
            }
            Some(Value::Array(items)) => Ok(items),
            Some(Value::Null) => Ok(Vec::new()),
            Some(_) => Err(format!("{over} is not a list")),
            // Nothing is expected of a step that was skipped.
            None if over.step().is_some_and(|id| !self.results.contains_key(id)) => Ok(Vec::new()),
            None => Err(match self.json_of(over) {
                Some(_) => format!("{over} is nowhere in that step's result"),
                None => format!("{over} is nothing: that step's result is no JSON"),
            }),
        }
    }
}

/// The arguments of a run: what is given, and the defaults for the rest.
///
/// # Errors
/// Every name that is not declared, and every one that is missing.
pub fn bind(
    flow: &Flow,
    given: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>, Vec<String>> {
    let mut faults: Vec<String> = given
        .keys()
        .filter(|name| flow.args.iter().all(|arg| arg.name != **name))
        .map(|name| format!("{} has no argument {name:?}", flow.name))
        .collect();
    let mut bound = BTreeMap::new();
    for arg in &flow.args {
        match given.get(&arg.name).or(arg.default.as_ref()) {
            Some(value) => {
                bound.insert(arg.name.clone(), value.clone());
            }
            None => faults.push(format!("the argument {:?} is missing", arg.name)),
        }
    }
    if faults.is_empty() { Ok(bound) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read;
    use super::*;

    #[test]
    fn arguments_are_declared_ones() {
        let text = "name = \"x\"\n[args]\na = 1\nb = { required = true }\n[[step]]\nid = \"s\"\nprompt = \"p\"\n";
        let flow = read(text).unwrap();
        let given = |pairs: &[(&str, Value)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            bind(&flow, &pairs.collect())
        };
        let bound = given(&[("b", json!("x"))]).unwrap();
        assert_eq!((&bound["a"], &bound["b"]), (&json!(1), &json!("x")));
        let faults = given(&[("c", json!(1))]).unwrap_err();
        assert_eq!(faults, ["x has no argument \"c\"", "the argument \"b\" is missing"]);
    }

    #[test]
    fn texts_stand_as_they_are_and_lists_as_json() {
        let args = BTreeMap::from([("t".to_owned(), json!("plain \"x\""))]);
        let results = BTreeMap::from([("s".to_owned(), StepResult::of_text("{\"l\":[1,2]}"))]);
        let scope = StepScope { args: &args, results: &results, item: None };
        let fill = |text: &str| scope.fill(&Template::parse(text).unwrap());
        assert_eq!(
            fill("{{args.t}}|{{steps.s.json.l}}|{{steps.s.json.x}}"),
            "plain \"x\"|[1,2]|(no result)"
        );
        let items = |text: &str| scope.items(&Path::parse(text).unwrap(), 1);
        assert!(items("steps.s.json.l").unwrap_err().contains("2 items"));
        assert!(items("args.t").unwrap_err().contains("not a list"));
        assert!(items("steps.s.json.none").unwrap_err().contains("nowhere in"));
        assert_eq!(items("steps.skipped.json.none"), Ok(Vec::new()));
    }
}
