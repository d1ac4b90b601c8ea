//! Requests go down, events come up: a module uses only those of lower layers, and some crates
//! stay in one folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers of `src/lib.rs`, lowest first. Modules of one layer do not use one another, but for
/// the pair named in [`WITHIN`].
const LAYERS: &[&[&str]] = &[
    &["model"],
    &["wire", "process", "config"],
    &["store", "host", "panes", "workspace", "agents"],
    &["services"],
    &["supervisor", "client"],
    &["cli", "hook"],
];

/// What may be used within a layer: the command `ao hook` is a line of the command line.
const WITHIN: &[(&str, &str)] = &[("cli", "hook")];

/// Crates, and the only modules that may name them.
const CONFINED: &[(&str, &[&str])] = &[
    ("directories", &["config"]),
    ("rusqlite", &["store"]),
    ("alacritty_terminal", &["host"]),
    ("zellij_utils", &["panes"]),
    ("git2", &["workspace"]),
    ("minijinja", &["services"]),
    ("axum", &["supervisor"]),
    ("hyper", &["supervisor", "client"]),
    ("hyper_util", &["supervisor", "client"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["cli"]),
    ("tracing_subscriber", &["main.rs"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with the top module it belongs to.
fn modules() -> Vec<(String, PathBuf)> {
    let root = source();
    let mut found = Vec::new();
    files(&root, &mut found);
    let module = |path: &PathBuf| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().to_owned()
    };
    found.into_iter().map(|path| (module(&path), path)).collect()
}

fn layers() -> BTreeMap<&'static str, usize> {
    let numbered = LAYERS.iter().enumerate();
    numbered.flat_map(|(layer, modules)| modules.iter().map(move |m| (*m, layer))).collect()
}

/// The first segments of every `crate::…` path in code; comments are left out.
fn used(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in code {
        for (at, _) in line.match_indices("crate::") {
            if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &line[at + "crate::".len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split([',', '}']).map(str::trim).collect(),
                None => vec![rest],
            };
            for name in names {
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                found.push(name[..end.unwrap_or(name.len())].to_owned());
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn modules_use_only_lower_layers() {
    let layers = layers();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (module, path) in modules() {
        let Some(own) = layers.get(module.as_str()) else { continue };
        for name in used(&fs::read_to_string(&path).unwrap()) {
            let Some(other) = layers.get(name.as_str()) else { continue };
            seen += 1;
            let within = WITHIN.contains(&(module.as_str(), name.as_str()));
            if name != module && other >= own && !within {
                wrong.push(format!("{} uses crate::{name}", path.display()));
            }
        }
    }
    assert!(seen > 500, "only {seen} uses were read: the reader is broken");
    assert!(wrong.is_empty(), "against the order in src/lib.rs:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let text = fs::read_to_string(source().join("lib.rs")).unwrap();
    let declared: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let layers = layers();
    for module in &declared {
        assert!(layers.contains_key(module), "{module} has no layer");
    }
    assert_eq!(declared.len(), layers.len());
}

#[test]
fn crates_stay_in_their_folders() {
    let mut wrong = Vec::new();
    for (module, path) in modules() {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (name, allowed) in CONFINED {
                if names(line, name) && !allowed.contains(&module.as_str()) {
                    wrong.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the line has a path that begins with the crate's name.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
        starts && line[at + name.len()..].starts_with("::")
    })
}

/// Every public item of `model` and `wire` says what it is.
#[test]
fn the_nouns_and_the_contract_are_documented() {
    let mut bare = Vec::new();
    for (module, path) in modules() {
        if module != "model" && module != "wire" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (at, line) in lines.iter().enumerate() {
            let item = ["pub fn ", "pub struct ", "pub enum ", "pub const ", "pub type "];
            if !item.iter().any(|start| line.starts_with(start)) {
                continue;
            }
            // Attributes stand between, on one line or several.
            let is_word = |l: &&str| l.starts_with("///") || l.starts_with("$(#[");
            let above = lines[..at].iter().rev();
            let mut above = above.filter(|l| is_word(l) || l.is_empty() || l.ends_with(['}', ';']));
            if !above.next().is_some_and(|l| is_word(l)) {
                bare.push(format!("{}:{}: {line}", path.display(), at + 1));
            }
        }
    }
    assert!(bare.is_empty(), "without a word on what they are:\n{}", bare.join("\n"));
}
