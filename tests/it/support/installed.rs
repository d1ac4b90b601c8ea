//! The real agents and MCP clients that `./test` installs.

use std::path::{Path, PathBuf};

/// The directory that holds the program of an agent of tests/agents.toml, at the version named
/// there. A test without it fails.
pub fn installed(agent: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agents.toml");
    let pinned: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let version = pinned[agent]["version"].as_str().unwrap();
    let agents = place("AO_TEST_AGENTS", "agents");
    let folder = if pinned[agent].get("from").is_some() { "bin" } else { "node_modules/.bin" };
    let bin = agents.join(format!("{agent}-{version}")).join(folder);
    assert!(
        bin.join(agent).exists(),
        "{agent} {version} must be installed: ./test does it, AO_TEST_AGENTS names the place"
    );
    bin
}

/// The directory of an MCP client of tests/mcp-clients.toml, at the version named there. A test
/// without it fails.
pub fn mcp_client(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp-clients.toml");
    let pinned: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let version = pinned[name]["version"].as_str().unwrap();
    let client = place("AO_TEST_MCP_CLIENTS", "mcp-clients").join(format!("{name}-{version}"));
    assert!(
        client.exists(),
        "the MCP client {name} {version} must be installed: ./test does it, AO_TEST_MCP_CLIENTS \
         names the place"
    );
    client
}

/// What the variable names, else the place in the cache.
fn place(variable: &str, folder: &str) -> PathBuf {
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"))
    };
    let named = std::env::var_os(variable).map(PathBuf::from);
    named.unwrap_or_else(|| cache().join("ao-test").join(folder))
}
