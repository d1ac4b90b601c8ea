//! The real zellij.

use std::path::PathBuf;

/// The zellij to test with: `AO_TEST_ZELLIJ`, the first on PATH, or the one that `./test` installs.
/// A test without one fails.
pub fn zellij() -> PathBuf {
    let explicit = std::env::var_os("AO_TEST_ZELLIJ").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join("zellij"));
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
    let installed = cache.join("ao-test/zellij-0.45.1/bin/zellij");
    explicit
        .into_iter()
        .chain(on_path)
        .chain([installed])
        .find(|program| program.is_file())
        .expect("zellij 0.45.1 must be installed: ./test does it, AO_TEST_ZELLIJ names one")
}
