//! Paths into what a step can see: `args.target`, `steps.find.json.files[0]`, `item.name`.

use std::fmt;

use serde_json::Value;

/// A path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// How it goes on.
    pub rest: Vec<Segment>,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Root {
    /// `args.NAME`
    Arg(String),
    /// `steps.ID.result`: the whole result as text.
    Result(String),
    /// `steps.ID.json`: the result as JSON.
    Json(String),
    /// `item`: the item that a `foreach` step is for.
    Item,
    /// `index`: its number, from 0.
    Index,
}

/// One piece of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// `.name`
    Field(String),
    /// `[3]`
    At(usize),
    /// `.length`, of a list, a text or an object.
    Length,
}

impl Path {
    /// Reads a path; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = pieces(text)?.into_iter();
        let mut name = |what: &str| match pieces.next() {
            Some(Segment::Field(name)) => Ok(name),
            Some(Segment::Length) => Ok("length".to_owned()),
            _ => Err(format!("{text:?} has no {what}")),
        };
        let root = match name("beginning")?.as_str() {
            "args" => Root::Arg(name("argument's name")?),
            "steps" => {
                let id = name("step")?;
                match name("part of the step: result or json")?.as_str() {
                    "result" => Root::Result(id),
                    "json" => Root::Json(id),
                    other => {
                        return Err(format!("{other:?} of a step: it has result and json"));
                    }
                }
            }
            "item" => Root::Item,
            "index" => Root::Index,
            other => {
                return Err(format!("{other:?} begins no path: args, steps, item or index do"));
            }
        };
        Ok(Self { root, rest: pieces.collect() })
    }

    /// The step that it goes into, if into one.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        match &self.root {
            Root::Result(id) | Root::Json(id) => Some(id),
            Root::Arg(_) | Root::Item | Root::Index => None,
        }
    }
}

/// `a.b[0].length` in pieces. A name is of letters, digits, `_` and `-`.
fn pieces(text: &str) -> Result<Vec<Segment>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    loop {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if end > 0 {
            let name = &rest[..end];
            let is_length = name == "length" && !pieces.is_empty();
            pieces.push(if is_length { Segment::Length } else { Segment::Field(name.to_owned()) });
        } else if !rest.starts_with('[') {
            return Err(format!("{text:?} is not a path"));
        }
        rest = &rest[end..];
        while let Some(inside) = rest.strip_prefix('[') {
            let close = inside.find(']').ok_or_else(|| format!("{text:?} lacks a ]"))?;
            let number = &inside[..close];
            let at = number.parse().map_err(|_| format!("[{number}] in {text:?}: a number"))?;
            pieces.push(Segment::At(at));
            rest = &inside[close + 1..];
        }
        match rest.strip_prefix('.') {
            Some(more) if !more.is_empty() => rest = more,
            None if rest.is_empty() => return Ok(pieces),
            _ => return Err(format!("{text:?} is not a path")),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Root::Arg(name) => write!(f, "args.{name}")?,
            Root::Result(id) => write!(f, "steps.{id}.result")?,
            Root::Json(id) => write!(f, "steps.{id}.json")?,
            Root::Item => f.write_str("item")?,
            Root::Index => f.write_str("index")?,
        }
        for segment in &self.rest {
            match segment {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::At(at) => write!(f, "[{at}]")?,
                Segment::Length => f.write_str(".length")?,
            }
        }
        Ok(())
    }
}

/// What a step can see.
pub trait Scope {
    /// The value where a path begins; nothing where there is none, as of a step that was skipped.
    fn root(&self, root: &Root) -> Option<Value>;
}

/// The value at the end of the path; nothing where the way ends before.
#[must_use]
pub fn resolve(path: &Path, scope: &impl Scope) -> Option<Value> {
    let mut value = scope.root(&path.root)?;
    for segment in &path.rest {
        value = match (segment, value) {
            (Segment::Field(name), Value::Object(mut fields)) => fields.remove(name)?,
            (Segment::At(at), Value::Array(mut items)) if *at < items.len() => {
                items.swap_remove(*at)
            }
            // A field of that name comes first; `length` is what there is else.
            (Segment::Length, Value::Object(mut fields)) => match fields.remove("length") {
                Some(field) => field,
                None => fields.len().into(),
            },
            (Segment::Length, Value::Array(items)) => items.len().into(),
            (Segment::Length, Value::String(text)) => text.chars().count().into(),
            _ => return None,
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Found;

    impl Scope for Found {
        fn root(&self, root: &Root) -> Option<Value> {
            match root {
                Root::Arg(name) if name == "target" => Some(json!("src")),
                Root::Json(id) if id == "find" => {
                    Some(json!({"files": ["a", "b"], "deep": {"x": [{"y": 7}]}}))
                }
                _ => None,
            }
        }
    }

    fn at(text: &str) -> Option<Value> {
        resolve(&Path::parse(text).unwrap(), &Found)
    }

    #[test]
    fn paths_lead_to_values() {
        assert_eq!(at("args.target"), Some(json!("src")));
        assert_eq!(at("args.target.length"), Some(json!(3)));
        assert_eq!(at("steps.find.json.files[1]"), Some(json!("b")));
        assert_eq!(at("steps.find.json.files.length"), Some(json!(2)));
        assert_eq!(at("steps.find.json.deep.x[0].y"), Some(json!(7)));
        for none in ["args.other", "steps.find.json.files[2]", "steps.find.json.files.x", "item"] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in ["args.a", "steps.s-1.result", "steps.s_2.json.a[0][1].length", "item", "index"]
        {
            assert_eq!(Path::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for bad in [
            "",
            ".",
            "args",
            "args.",
            "steps",
            "steps.a",
            "steps.a.output",
            "env.HOME",
            "args.a[",
            "args.a[x]",
            "args.a b",
            "args..a",
            "args.a.",
            "[0]",
        ] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }
}
