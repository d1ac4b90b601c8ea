//! Which folders can be made again by a tool and need no keeping: by name, where the name alone
//! could mean something else also by what the tool leaves in it.

/// What a folder holds that tells who made it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FolderEvidence {
    /// A `CACHEDIR.TAG` with the signature of the Cache Directory Tagging Specification.
    pub cache_tag: bool,
    /// A `pyvenv.cfg`, which Python's venv writes.
    pub python_environment: bool,
}

/// Names that mean one thing only.
const NAMES: [&str; 11] = [
    "node_modules",
    "bower_components",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".nox",
    ".gradle",
    ".parcel-cache",
    ".turbo",
];

/// Whether a folder that git ignores, and that holds no tracked file, is a cache.
#[must_use]
pub fn is_cache(name: &str, evidence: FolderEvidence) -> bool {
    evidence.cache_tag || evidence.python_environment || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telling_name_or_a_tag() {
        let nothing = FolderEvidence::default();
        assert!(is_cache("node_modules", nothing));
        // Build results that people do keep, and sources that are called so.
        for name in ["target", "build", "dist", "out", "results", "venv", ".cache", "data"] {
            assert!(!is_cache(name, nothing), "{name}");
        }
        assert!(is_cache("target", FolderEvidence { cache_tag: true, ..nothing }));
        assert!(is_cache(".venv", FolderEvidence { python_environment: true, ..nothing }));
    }
}
