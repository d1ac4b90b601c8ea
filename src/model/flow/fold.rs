//! Results become one. Pure, so that it can be done again at any time with the same outcome.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::definition::FoldMode;

/// One step's result on its way into a fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The step.
    pub id: String,
    /// Its result as text, or why there is none.
    pub text: Result<String, String>,
    /// Its result as JSON, if it is JSON.
    pub json: Option<Value>,
}

/// What a fold came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded {
    /// The result as text.
    pub text: String,
    /// The result as JSON, if it is JSON.
    pub json: Option<Value>,
    /// The fields that several inputs have with different values, as `a.b`; the last one won.
    pub conflicts: Vec<String>,
}

/// Folds `inputs`, in their order. Nothing for [`FoldMode::Agent`], which an agent does.
#[must_use]
pub fn fold(mode: FoldMode, inputs: &[Input]) -> Option<Folded> {
    match mode {
        FoldMode::Concat => Some(concat(inputs)),
        FoldMode::JsonArray => {
            Some(of_json(Value::Array(inputs.iter().map(as_json).collect()), Vec::new()))
        }
        FoldMode::JsonObject => {
            let fields = inputs.iter().map(|input| (input.id.clone(), as_json(input)));
            Some(of_json(Value::Object(fields.collect()), Vec::new()))
        }
        FoldMode::Merge => {
            let (mut whole, mut conflicts) = (Map::new(), Vec::new());
            for input in inputs {
                if let Value::Object(fields) = as_json(input) {
                    merge(&mut whole, fields, "", &mut conflicts);
                }
            }
            Some(of_json(Value::Object(whole), conflicts))
        }
        FoldMode::Agent => None,
    }
}

fn concat(inputs: &[Input]) -> Folded {
    let mut text = String::new();
    for input in inputs {
        let body = match &input.text {
            Ok(body) => body.clone(),
            Err(why) => format!("(no result: {why})"),
        };
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a String does not fail.
        let _ = writeln!(text, "{gap}## {}\n\n{}", input.id, body.trim_end_matches('\n'));
    }
    Folded { text, json: None, conflicts: Vec::new() }
}

/// A result that is no JSON is a text; one that is missing is null.
fn as_json(input: &Input) -> Value {
    match (&input.json, &input.text) {
        (Some(json), _) => json.clone(),
        (None, Ok(text)) => Value::String(text.clone()),
        (None, Err(_)) => Value::Null,
    }
}

fn of_json(json: Value, conflicts: Vec<String>) -> Folded {
    Folded { text: json.to_string(), json: Some(json), conflicts }
}

/// Objects become one, field by field; of anything else the later one wins.
fn merge(
    into: &mut Map<String, Value>,
    from: Map<String, Value>,
    at: &str,
    conflicts: &mut Vec<String>,
) {
    for (name, value) in from {
        let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match (into.get_mut(&name), value) {
            (Some(Value::Object(there)), Value::Object(fields)) => {
                merge(there, fields, &place, conflicts);
            }
            (Some(there), value) => {
                if *there != value && !conflicts.contains(&place) {
                    conflicts.push(place);
                }
                *there = value;
            }
            (None, value) => {
                into.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(id: &str, json: Value) -> Input {
        Input { id: id.into(), text: Ok(json.to_string()), json: Some(json) }
    }

    fn text(id: &str, text: &str) -> Input {
        Input { id: id.into(), text: Ok(text.into()), json: None }
    }

    #[test]
    fn texts_stand_under_their_steps_in_the_order_of_the_inputs() {
        let missing = Input { id: "b".into(), text: Err("it was skipped".into()), json: None };
        let folded = fold(FoldMode::Concat, &[text("c", "3\n"), text("a", "1"), missing]).unwrap();
        assert_eq!(folded.text, "## c\n\n3\n\n## a\n\n1\n\n## b\n\n(no result: it was skipped)\n");
    }

    #[test]
    fn json_keeps_what_is_json_and_takes_the_rest_as_text() {
        let missing = Input { id: "x".into(), text: Err("it failed".into()), json: None };
        let inputs = [input("a", json!({"n": 1})), text("b", "plain"), missing];
        let array = fold(FoldMode::JsonArray, &inputs).unwrap();
        assert_eq!(array.json, Some(json!([{"n": 1}, "plain", null])));
        let object = fold(FoldMode::JsonObject, &inputs).unwrap();
        assert_eq!(object.json, Some(json!({"a": {"n": 1}, "b": "plain", "x": null})));
    }

    #[test]
    fn a_merge_goes_deep_and_names_what_differs() {
        let inputs = [
            input("a", json!({"same": 1, "deep": {"x": 1, "y": [1]}, "only": true})),
            input("b", json!({"same": 1, "deep": {"x": 2, "z": 3}})),
            input("c", json!({"deep": {"y": [2]}})),
        ];
        let folded = fold(FoldMode::Merge, &inputs).unwrap();
        assert_eq!(
            folded.json,
            Some(json!({"same": 1, "only": true, "deep": {"x": 2, "y": [2], "z": 3}}))
        );
        assert_eq!(folded.conflicts, ["deep.x", "deep.y"]);
    }

    #[test]
    fn nothing_is_cut() {
        let large = "x".repeat(10 * 1024 * 1024);
        let folded = fold(FoldMode::Concat, &[text("a", &large)]).unwrap();
        assert_eq!(folded.text.len(), large.len() + "## a\n\n\n".len());
        assert!(fold(FoldMode::Agent, &[]).is_none());
    }
}
