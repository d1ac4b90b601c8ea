//! `ao.toml` in a repository: what a project says about its sessions. It comes with the
//! repository, so whoever can commit can write it; its commands run only once trusted.

use std::path::{Component, Path};

use serde::Deserialize;

use super::ConfigError;
use super::toml_text::{parse_toml, read_text};
use crate::model::message::Policy;

/// The file's content; everything in it is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectFile {
    /// `[project]`
    pub project: ProjectSection,
    /// `[prompts]`
    pub prompts: PromptsSection,
    /// `[setup]`
    pub setup: SetupSection,
    /// `[limits]`
    pub limits: LimitsSection,
    /// `[subagents]`
    pub subagents: SubagentsSection,
}

/// Defaults of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectSection {
    /// The agent of sessions for which nobody names one.
    pub agent: Option<String>,
    /// The branch that sessions start from.
    pub default_branch: Option<String>,
}

/// Text added to prompts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromptsSection {
    /// Extra rules for the orchestrator.
    pub orchestrator_rules: Option<String>,
    /// Extra rules for workers.
    pub worker_rules: Option<String>,
}

/// How much there may be of something. A project can only ask for less than the user's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSection {
    /// Live sessions at a time, the orchestrator included; at least 1.
    pub sessions: Option<std::num::NonZeroU32>,
}

/// Background work of the project's sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubagentsSection {
    /// How their ends are told where neither the call nor the kind of agent says.
    pub deliver: Option<Policy>,
}

/// How a fresh worktree is made usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupSection {
    /// Paths in the main checkout that a worktree links to: relative, without `..`.
    pub symlinks: Vec<String>,
    /// Commands for a fresh worktree, each an argument list. Run only where a person trusts them.
    pub post_create: Vec<Vec<String>>,
    /// Seconds that all of them together may take.
    pub timeout_s: u64,
}

impl Default for SetupSection {
    fn default() -> Self {
        Self { symlinks: Vec::new(), post_create: Vec::new(), timeout_s: TIMEOUT_S }
    }
}

/// Enough for the dependencies of a large project from a warm cache.
const TIMEOUT_S: u64 = 300;
/// The most that a project may ask for: a spawn is waited for.
const MOST_TIMEOUT_S: u64 = 600;

impl ProjectFile {
    /// The file's name in the repository.
    pub const NAME: &'static str = "ao.toml";

    /// Reads `ao.toml` of a checkout; a missing one is an empty one.
    ///
    /// # Errors
    /// With file and line of what is not understood.
    pub fn load(checkout: &Path) -> Result<Self, ConfigError> {
        let file = checkout.join(Self::NAME);
        match read_text(&file)? {
            Some(text) => Self::read(&file, &text),
            None => Ok(Self::default()),
        }
    }

    fn read(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let parsed: RawFile = parse_toml(file, text)?;
        let wrong =
            |offset, message: &str| super::toml_text::text_error(file, text, offset, message);
        for link in &parsed.setup.symlinks {
            if !stays_below(link.get_ref()) {
                let message = format!(
                    "{:?} is not a relative path that stays in the checkout",
                    link.get_ref()
                );
                return Err(wrong(link.span().start, &message));
            }
        }
        for command in &parsed.setup.post_create {
            if command.get_ref().first().is_none_or(String::is_empty) {
                return Err(wrong(command.span().start, "a command has at least its program"));
            }
        }
        if let Some(timeout) = &parsed.setup.timeout_s
            && !(1..=MOST_TIMEOUT_S).contains(timeout.get_ref())
        {
            let message = format!("timeout_s is a number of seconds from 1 to {MOST_TIMEOUT_S}");
            return Err(wrong(timeout.span().start, &message));
        }
        let setup = SetupSection {
            timeout_s: parsed.setup.timeout_s.map_or(TIMEOUT_S, toml::Spanned::into_inner),
            symlinks: parsed.setup.symlinks.into_iter().map(toml::Spanned::into_inner).collect(),
            post_create: parsed
                .setup
                .post_create
                .into_iter()
                .map(toml::Spanned::into_inner)
                .collect(),
        };
        let RawFile { project, prompts, limits, subagents, .. } = parsed;
        Ok(Self { project, prompts, setup, limits, subagents })
    }
}

/// [`ProjectFile`] with the places of what is checked further.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawFile {
    project: ProjectSection,
    prompts: PromptsSection,
    setup: RawSetup,
    limits: LimitsSection,
    subagents: SubagentsSection,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawSetup {
    symlinks: Vec<toml::Spanned<String>>,
    post_create: Vec<toml::Spanned<Vec<String>>>,
    timeout_s: Option<toml::Spanned<u64>>,
}

/// Whether a path has only plain components, at least one, and does not touch git's own folder.
fn stays_below(path: &str) -> bool {
    let mut components = Path::new(path).components().peekable();
    components.peek().is_some_and(|c| *c != Component::Normal(".git".as_ref()))
        && components.all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ProjectFile, ConfigError> {
        ProjectFile::read(Path::new("ao.toml"), text)
    }

    #[test]
    fn everything_is_optional() {
        assert_eq!(read("").unwrap(), ProjectFile::default());
        let missing = tempfile::tempdir().unwrap();
        assert_eq!(ProjectFile::load(missing.path()).unwrap(), ProjectFile::default());
        let full = read(
            "[project]\nagent = \"codex\"\ndefault_branch = \"trunk\"\n\
             [prompts]\norchestrator_rules = \"a\"\nworker_rules = \"\"\"\nb\nc\"\"\"\n\
             [setup]\nsymlinks = [\"node_modules\", \"a/.env\"]\npost_create = [[\"npm\", \"ci\"]]\n\
             [limits]\nsessions = 4\n[subagents]\ndeliver = \"immediate\"\n",
        )
        .unwrap();
        assert_eq!(full.project.default_branch.as_deref(), Some("trunk"));
        assert_eq!(full.prompts.worker_rules.as_deref(), Some("b\nc"));
        assert_eq!(full.setup.symlinks, ["node_modules", "a/.env"]);
        assert_eq!(full.setup.post_create, [["npm", "ci"]]);
        assert_eq!(full.limits.sessions.map(u32::from), Some(4));
        assert_eq!(full.subagents.deliver, Some(Policy::Immediate));
    }

    #[test]
    fn mistakes_have_a_line() {
        for (text, line) in [
            ("[project]\nagnet = \"x\"", 2),
            ("[projects]\n", 1),
            ("[setup]\n\nsymlinks = [\"ok\",\n \"../x\"]", 4),
            ("[setup]\nsymlinks = [\"/etc\"]", 2),
            ("[setup]\nsymlinks = [\".git/hooks\"]", 2),
            ("[setup]\nsymlinks = [\"\"]", 2),
            ("[setup]\npost_create = [[]]", 2),
            ("[setup]\ntimeout_s = 0", 2),
            ("[setup]\ntimeout_s = 601", 2),
            ("[limits]\nsessions = 0", 2),
            ("[subagents]\ndeliver = \"never\"", 2),
            ("[setup]\npost_create = [\"npm ci\"]", 2),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("ao.toml:{line}: ")), "{text:?}: {error}");
        }
    }
}
