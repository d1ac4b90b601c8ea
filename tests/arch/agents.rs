//! The versions of agents that the tests install are the certified ones, and the README names them.

use std::fs;
use std::path::Path;

#[test]
fn tested_versions_are_certified_and_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let pins: toml::Table = toml::from_str(&read("tests/agents.toml")).unwrap();
    let readme = read("README.md");
    assert!(pins.len() >= 8, "{pins:?}");
    for (name, pin) in pins {
        let version = pin["version"].as_str().unwrap();
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let named = row.is_some_and(|row| row.contains(&format!(" {version} |")));
        assert!(named, "README.md has no row of {name} with {version}: {row:?}");
        let manifest = read(&format!("src/agents/builtin/{name}.toml"));
        let manifest: toml::Table = toml::from_str(&manifest).unwrap();
        let certified = manifest["certified"].as_array().unwrap();
        assert!(certified.iter().any(|it| it.as_str() == Some(version)), "{name}: {certified:?}");
    }
}
