//! The real agents that `./test` installs.

use std::path::{Path, PathBuf};

/// The directory that holds the program of an agent of tests/agents.toml, at the version named
/// there. A test without it fails.
pub fn installed(agent: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents.toml");
    let pinned: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let version = pinned[agent]["version"].as_str().unwrap();
    let caches = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"))
    };
    let agents = std::env::var_os("AO_TEST_AGENTS").map(PathBuf::from);
    let agents = agents.unwrap_or_else(|| caches().join("ao-test/agents"));
    let bin = agents.join(format!("{agent}-{version}/node_modules/.bin"));
    assert!(
        bin.join(agent).exists(),
        "{agent} {version} must be installed: ./test does it, AO_TEST_AGENTS names the place"
    );
    bin
}
