//! Texts with `{{paths}}` in them. Filled in once: what is put in is never looked at again.

use super::path::Path;

/// A text with paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Path(Path),
}

impl Template {
    /// Reads a template. `{{` begins a path and `}}` ends it; `\{{` is two braces. The errors name
    /// each path that is none.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let (mut parts, mut faults) = (Vec::new(), Vec::new());
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            if let Some(before) = rest[..at].strip_suffix('\\') {
                plain.push_str(before);
                plain.push_str("{{");
                rest = &rest[at + 2..];
                continue;
            }
            plain.push_str(&rest[..at]);
            let inside = &rest[at + 2..];
            let Some(end) = inside.find("}}") else {
                faults.push(format!("{{{{{} has no }}}}", first_line(inside)));
                break;
            };
            match Path::parse(inside[..end].trim()) {
                Ok(path) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Path(path));
                }
                Err(fault) => faults.push(fault),
            }
            rest = &inside[end + 2..];
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        if faults.is_empty() { Ok(Self { parts }) } else { Err(faults) }
    }

    /// Every path in it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().filter_map(|part| match part {
            Part::Path(path) => Some(path),
            Part::Text(_) => None,
        })
    }

    /// The text, with `of` for each path.
    ///
    /// # Errors
    /// Those of `of`.
    pub fn fill<E>(&self, mut of: impl FnMut(&Path) -> Result<String, E>) -> Result<String, E> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Path(path) => text.push_str(&of(path)?),
            }
        }
        Ok(text)
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(plain) => f.write_str(&plain.replace("{{", "\\{{"))?,
                Part::Path(path) => write!(f, "{{{{{path}}}}}")?,
            }
        }
        Ok(())
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn fill(text: &str) -> String {
        let template = Template::parse(text).unwrap();
        template.fill(|path| Ok::<_, Infallible>(format!("<{path}>"))).unwrap()
    }

    #[test]
    fn paths_are_filled_in() {
        assert_eq!(fill("a {{args.x}} b {{ steps.s.result }}"), "a <args.x> b <steps.s.result>");
        assert_eq!(fill("nothing } here {"), "nothing } here {");
        assert_eq!(fill(r"\{{args.x}}"), "{{args.x}}");
        assert_eq!(fill(""), "");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let template = Template::parse("{{args.x}}{{args.y}}").unwrap();
        let text = template.fill(|_| Ok::<_, Infallible>("{{args.z}}".to_owned())).unwrap();
        assert_eq!(text, "{{args.z}}{{args.z}}");
    }

    #[test]
    fn what_is_shown_is_what_was_written() {
        for text in ["a {{args.x}} b", r"\{{x}} {{steps.s.json.l[0]}}", ""] {
            assert_eq!(Template::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_bad_path_is_named() {
        let faults = Template::parse("{{env.HOME}} {{args}} {{open").unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].contains("env") && faults[2].contains("open"), "{faults:?}");
    }
}
