//! The source files, without their comments, strings and tests.

use std::path::{Path, PathBuf};

/// One file.
pub struct Source {
    /// The module of the crate's root that it belongs to: `store`, or `main`.
    pub module: String,
    pub path: PathBuf,
    /// What the compiler sees of it, but for strings.
    pub code: String,
}

impl Source {
    /// The path within the repository.
    pub fn name(&self) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        self.path.strip_prefix(root).unwrap_or(&self.path).display().to_string()
    }
}

/// All of `src`, but for `lib.rs`.
pub fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&src, &src, &mut sources);
    assert!(sources.len() > 100, "{}", sources.len());
    sources
}

fn collect(src: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(src, &path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") && path != src.join("lib.rs") {
            let within = path.strip_prefix(src).unwrap();
            let first = Path::new(within.components().next().unwrap().as_os_str());
            let module = first.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            sources.push(Source { module, code: code_of(&text), path });
        }
    }
}

/// The text without comments and without what is in strings.
pub fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest[3..].find("\"#").map_or(rest.len(), |at| at + 5)
        } else if c == '"' {
            string_length(rest)
        } else if c == '\'' && character_length(rest) > 0 {
            character_length(rest)
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

/// How long a string literal is, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How long a character literal is; 0 for a lifetime.
fn character_length(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some(_)) => {
            text[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 3)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

#[test]
fn comments_and_strings_are_no_code() {
    for (text, code) in [
        ("a // crate::b\nc", "a \nc"),
        ("a(\"crate::b \\\" //\") c", "a() c"),
        ("r#\"crate::\"b\"# c", " c"),
        ("'\"' d '\\'' &'a str", " d  &'a str"),
    ] {
        assert_eq!(code_of(text), code);
    }
}
