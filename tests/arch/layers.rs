//! The layers of `src/lib.rs`: a module uses only modules of lower layers, and a crate that stands
//! for something outside is used in one place only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sources::{Source, sources};

/// Crates and the modules that alone may name them.
const CONFINED: &[(&str, &[&str])] = &[
    ("directories", &["config"]),
    ("rusqlite", &["store"]),
    ("zellij_utils", &["panes"]),
    ("git2", &["workspace"]),
    ("axum", &["supervisor"]),
    ("hyper", &["client", "supervisor"]),
    ("hyper_util", &["client", "supervisor"]),
    ("http_body_util", &["client", "supervisor"]),
    ("tower", &["supervisor"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["cli"]),
    ("unicode_width", &["cli"]),
    ("alacritty_terminal", &["host"]),
    ("minijinja", &["services"]),
    ("rquickjs", &["script"]),
    ("jsonschema", &["model"]),
    ("rmcp", &["mcp"]),
    ("tracing_subscriber", &["main"]),
];

/// What may be used within a layer: `ao hook` and `ao mcp` are lines of the command line.
const WITHIN: &[(&str, &str)] = &[("cli", "hook"), ("cli", "mcp")];

#[test]
fn every_module_uses_only_lower_layers() {
    let layers = layers();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources() {
        for used in uses(&source) {
            seen += 1;
            if used == source.module || source.module == "main" {
                continue;
            }
            let (Some(mine), Some(theirs)) = (layers.get(&source.module), layers.get(&used)) else {
                wrong.push(format!("{}: no layer for {used}", source.name()));
                continue;
            };
            let within = WITHIN.contains(&(source.module.as_str(), used.as_str()));
            if theirs >= mine && !within {
                let name = source.name();
                wrong.push(format!("{name}: {} ({mine}) uses {used} ({theirs})", source.module));
            }
        }
    }
    assert!(seen > 500, "only {seen} uses were read: the reader is broken");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn crates_are_used_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (krate, places) in CONFINED {
            let named = paths(&source.code).any(|path| path == *krate);
            if named && !places.contains(&source.module.as_str()) {
                wrong.push(format!("{} names {krate}, which belongs to {places:?}", source.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_is_declared_and_every_declaration_is_a_folder() {
    let layers = layers();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<String> = std::fs::read_dir(src)
        .unwrap()
        .map(|entry| PathBuf::from(entry.unwrap().file_name()))
        .filter_map(|name| Some(name.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "lib" && name != "main")
        .collect();
    found.sort();
    assert_eq!(found, layers.into_keys().collect::<Vec<_>>());
}

/// Module and layer, from the order and the headings of `src/lib.rs`.
fn layers() -> BTreeMap<String, u32> {
    let text = include_str!("../../src/lib.rs");
    let mut layer = 0;
    let mut layers = BTreeMap::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("// Layer ") {
            let number: u32 = heading.split(':').next().unwrap().parse().unwrap();
            assert!(number > layer, "the layers stand lowest first");
            layer = number;
        }
        if let Some(module) = line.strip_prefix("pub mod ") {
            assert!(layer > 0, "{line} stands under no layer");
            layers.insert(module.trim_end_matches(';').to_owned(), layer);
        }
    }
    assert!(layers.len() > 12, "{layers:?}");
    layers
}

/// The modules of this crate that a file names with `crate::`.
fn uses(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for rest in source.code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            // `use crate::{a, b::c}`: the names at the top of the group.
            found.extend(names_of_group(group));
        } else {
            found.push(identifier(rest).to_owned());
        }
    }
    found.retain(|name| name.chars().next().is_some_and(char::is_lowercase));
    found
}

fn names_of_group(text: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if depth == 0 && fresh && !c.is_whitespace() => {
                names.push(identifier(&text[at..]).to_owned());
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// First parts of all paths: what stands before `::` and not behind one.
fn paths(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("::").filter_map(|(at, _)| {
        let before = &code[..at];
        let begin = before
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        (!before[..begin].ends_with("::")).then_some(&before[begin..])
    })
}

#[test]
fn a_wrong_use_would_be_found() {
    let source = |code: &str| Source {
        module: "store".into(),
        path: "src/store/x.rs".into(),
        code: code.into(),
    };
    assert_eq!(uses(&source("use crate::{model::ids, host::{a, b}};")), ["model", "host"]);
    assert_eq!(uses(&source("fn f() { crate::panes::open() }")), ["panes"]);
    let named: Vec<&str> = paths("use rusqlite::Row; fn f() -> super::git2::X {}").collect();
    assert_eq!(named, ["rusqlite", "super"]);
}
