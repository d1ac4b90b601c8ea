//! All agents: the built-in manifests, and over them the user's own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::AgentError;
use super::manifest::Manifest;
use super::program::find_program;
use crate::config::{ConfigError, read_text, toml_files};

/// The built-in manifests: file name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("aider.toml", include_str!("builtin/aider.toml")),
    ("claude.toml", include_str!("builtin/claude.toml")),
    ("codex.toml", include_str!("builtin/codex.toml")),
    ("command.toml", include_str!("builtin/command.toml")),
    ("copilot.toml", include_str!("builtin/copilot.toml")),
    ("gemini.toml", include_str!("builtin/gemini.toml")),
    ("opencode.toml", include_str!("builtin/opencode.toml")),
    ("pi.toml", include_str!("builtin/pi.toml")),
    ("qwen.toml", include_str!("builtin/qwen.toml")),
];

/// The agents by name.
#[derive(Debug)]
pub struct Catalog {
    agents: BTreeMap<String, Manifest>,
    /// By the file's name, which is that of the agent if the file is in order.
    broken: BTreeMap<String, ConfigError>,
}

impl Catalog {
    /// The built-in agents.
    #[must_use]
    pub fn built_in() -> Self {
        let parse = |(file, text): &(&str, &str)| {
            let manifest = Manifest::parse(Path::new(file), text)
                .expect("the built-in manifests are parsed in a test");
            (manifest.name.clone(), manifest)
        };
        Self { agents: BUILT_IN.iter().map(parse).collect(), broken: BTreeMap::new() }
    }

    /// The built-in agents and those in `directory`, one in each `NAME.toml`; a missing directory
    /// is an empty one. A manifest with a mistake stops no other: see [`Catalog::problems`].
    ///
    /// # Errors
    /// When the directory is there and cannot be listed.
    pub fn load(directory: &Path) -> Result<Self, ConfigError> {
        let mut catalog = Self::built_in();
        for path in toml_files(directory)? {
            catalog.take(&path);
        }
        Ok(catalog)
    }

    /// The one agent of that name, without a look at the others: the user's own, else the built-in
    /// one. `None` also when its manifest has a mistake.
    #[must_use]
    pub fn one(directory: &Path, name: &str) -> Option<Manifest> {
        let file = format!("{name}.toml");
        if name.contains(['/', '.']) {
            return None;
        }
        let own = directory.join(&file);
        if own.exists() {
            return read(&own, name).ok();
        }
        let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == file)?;
        Manifest::parse(Path::new(&file), text).ok()
    }

    fn take(&mut self, file: &Path) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match read(file, &name) {
            Ok(manifest) => {
                self.agents.insert(name, manifest);
            }
            Err(problem) => {
                // What the user meant to change must not run unchanged.
                self.agents.remove(&name);
                self.broken.insert(name, problem);
            }
        }
    }

    /// The agent of that name.
    ///
    /// # Errors
    /// When there is none, or its manifest has a mistake.
    pub fn get(&self, name: &str) -> Result<&Manifest, AgentError> {
        if let Some(manifest) = self.agents.get(name) {
            return Ok(manifest);
        }
        let name = name.to_owned();
        Err(match self.broken.get(&name) {
            Some(problem) => AgentError::Broken { name, problem: problem.to_string() },
            None => AgentError::Unknown { name, known: self.agents.keys().cloned().collect() },
        })
    }

    /// All usable agents, by name.
    pub fn agents(&self) -> impl Iterator<Item = &Manifest> {
        self.agents.values()
    }

    /// The names of the agents whose program is on this PATH.
    #[must_use]
    pub fn installed(&self, path_env: Option<&OsStr>) -> Vec<String> {
        let there = |manifest: &&Manifest| {
            manifest.binary.as_deref().is_some_and(|b| find_program(b, path_env).is_some())
        };
        self.agents().filter(there).map(|manifest| manifest.name.clone()).collect()
    }

    /// What is wrong with the user's manifests.
    pub fn problems(&self) -> impl Iterator<Item = &ConfigError> {
        self.broken.values()
    }
}

fn read(file: &Path, name: &str) -> Result<Manifest, ConfigError> {
    let text = read_text(file)?.unwrap_or_default();
    let manifest = Manifest::parse(file, &text)?;
    if manifest.name == name {
        return Ok(manifest);
    }
    let message = format!("the agent {:?} belongs into a file of its name", manifest.name);
    Err(ConfigError::Text { file: file.to_owned(), line: 1, message })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_built_in_manifests_are_in_order() {
        let catalog = Catalog::built_in();
        assert_eq!(catalog.agents().count(), BUILT_IN.len());
        assert!(catalog.get("claude").unwrap().can_resume());
        assert!(catalog.get("command").unwrap().binary.is_none());
        assert_eq!(catalog.problems().count(), 0);
        assert!(catalog.installed(Some("/nonexistent".as_ref())).is_empty());
    }

    #[test]
    fn the_user_s_own_are_over_them_and_a_mistake_stops_no_other() {
        let root = tempfile::tempdir().unwrap();
        let good =
            "name = \"mine\"\nbinary = \"m\"\nprompt = \"paste\"\nsystem_prompt = \"prompt\"\n";
        fs::write(root.path().join("mine.toml"), good).unwrap();
        fs::write(root.path().join("other.toml"), good).unwrap();
        fs::write(root.path().join("claude.toml"), "name = \"claude\"\nbinray = \"x\"\n").unwrap();
        fs::write(root.path().join("notes.txt"), "x").unwrap();
        let catalog = Catalog::load(root.path()).unwrap();
        assert_eq!(catalog.get("mine").unwrap().binary.as_deref(), Some("m"));
        let claude = catalog.get("claude").unwrap_err().to_string();
        assert!(claude.contains("claude.toml:2: unknown field `binray`"), "{claude}");
        assert!(catalog.get("other").unwrap_err().to_string().contains("file of its name"));
        let none = catalog.get("nope").unwrap_err().to_string();
        assert_eq!(
            none,
            "there is no agent \"nope\"; there are aider, codex, command, copilot, gemini, mine, opencode, pi, qwen"
        );
        assert_eq!(catalog.problems().count(), 2);
        assert!(Catalog::load(&root.path().join("missing")).is_ok());
    }
}
