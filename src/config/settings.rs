//! The user's settings: defaults, over them `config.toml`, over that `AO_*` variables, each with
//! where it came from. Read at the start of the supervisor and by `ao config`.

use std::fmt;
use std::path::{Path, PathBuf};

use toml_edit::{Document, DocumentMut, Item, Table, TableLike, value};

use super::environment::Environment;
use super::notice_settings::{NoiseSettings, ReportSettings};
use super::setting_keys::{Kind, SettingKey, setting_keys};
use super::subagent_settings::{Notify, SubagentSettings};
use super::toml_text::{read_text, text_error};
use super::trace_settings::TraceSettings;
use super::{ConfigError, create_private_dir, write_private};

/// Whether sessions are shown in zellij.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ZellijMode {
    /// Where zellij is installed.
    #[default]
    Auto,
    /// Never.
    Off,
}

impl ZellijMode {
    /// As in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Off => "off",
        }
    }
}

/// What becomes of a workflow's run that the end of a supervisor has cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Recover {
    /// It goes on by itself, unless it is older than a day.
    #[default]
    Auto,
    /// It waits for `ao workflow resume`.
    Ask,
    /// It is stopped, with its agents.
    Never,
}

impl Recover {
    const ALL: [Self; 3] = [Self::Auto, Self::Ask, Self::Never];

    /// As in the file.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ask => "ask",
            Self::Never => "never",
        }
    }

    /// From that word.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|recover| recover.as_str() == text);
        found.ok_or_else(|| "it is auto, ask or never".to_owned())
    }
}

/// How much there may be of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Messages that may wait for one session.
    pub queue: u32,
    /// Largest message in bytes.
    pub message_bytes: usize,
    /// Live sessions of one project, the orchestrator included.
    pub sessions_per_project: u32,
    /// Live sessions of all projects.
    pub sessions: u32,
    /// Live workers that one orchestrator has started; 0: no limit.
    pub orchestrator_sessions: u32,
    /// How deep sessions may start sessions.
    pub spawn_depth: u32,
    /// Sessions that may wait for room.
    pub waiting_sessions: u32,
    /// Agents of all workflow runs at the same time.
    pub workflow_agents: u32,
    /// Seconds for which an agent with one task may say nothing while no tool runs; 0: for ever.
    pub agent_stall_s: u64,
    /// Memory that must be available for one more session, in MiB; 0: not looked at.
    pub memory_mb: u64,
    /// Load per processor over which none starts; 0: not looked at.
    pub load_per_cpu: u32,
    /// Messages from one session to another within five seconds.
    pub sender_burst: u32,
    /// Messages from one session to another in a minute.
    pub sender_per_minute: u32,
    /// Messages from all sessions to one in a minute.
    pub recipient_per_minute: u32,
}

/// How sessions are seen to when nothing tells of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upkeep {
    /// Launches within a minute of an agent that fails right after its start.
    pub restart_attempts: u32,
    /// Seconds between two looks of the reaper.
    pub sweep_s: u64,
}

/// The values in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The agent of sessions for which nobody names one.
    pub agent: String,
    /// Whether sessions are shown in zellij.
    pub zellij: ZellijMode,
    /// The zellij program, if not the first on PATH.
    pub zellij_path: Option<PathBuf>,
    /// What the supervisor logs: a level or filters.
    pub log: String,
    /// Terminal output kept on disk for each launch, in MiB.
    pub record_limit_mb: u64,
    /// Lines above the screen that a host keeps in memory.
    pub scrollback_lines: u32,
    /// How the person is told that background work has ended.
    pub notify: Notify,
    /// What background subagents may be.
    pub subagents: SubagentSettings,
    /// What becomes of workflows that were cut off.
    pub workflow_recover: Recover,
    /// Whether sessions' agents are given ao's tools.
    pub mcp: bool,
    /// How much there may be of something.
    pub limits: Limits,
    /// How long reports wait for others.
    pub reports: ReportSettings,
    /// The bounds of the noise guard.
    pub noise: NoiseSettings,
    /// How long tool calls are kept.
    pub traces: TraceSettings,
    /// How sessions are seen to.
    pub upkeep: Upkeep,
    /// Where each value came from, in the order of the table of settings; empty: all defaults.
    sources: Vec<Source>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            agent: "claude".into(),
            zellij: ZellijMode::Auto,
            zellij_path: None,
            log: "info".into(),
            record_limit_mb: 16,
            scrollback_lines: 1000,
            workflow_recover: Recover::Auto,
            mcp: true,
            notify: Notify::default(),
            subagents: SubagentSettings::default(),
            limits: Limits {
                queue: 500,
                message_bytes: 1 << 20,
                sessions_per_project: 100,
                sessions: 200,
                orchestrator_sessions: 50,
                spawn_depth: 3,
                waiting_sessions: 100,
                workflow_agents: 8,
                agent_stall_s: 600,
                // An agent takes some hundred MiB. A load like this is no busy machine, but one
                // that does not get on.
                memory_mb: 256,
                load_per_cpu: 64,
                sender_burst: 10,
                sender_per_minute: 30,
                recipient_per_minute: 600,
            },
            reports: ReportSettings::default(),
            noise: NoiseSettings::default(),
            traces: TraceSettings::default(),
            upkeep: Upkeep { restart_attempts: 3, sweep_s: 300 },
            sources: Vec::new(),
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// A line, from 1, of a file.
    File(PathBuf, usize),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "environment {name}"),
        }
    }
}

/// One setting as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// Its value as text; empty if there is none.
    pub value: String,
    /// Where that came from.
    pub source: Source,
    /// What it does, in a line.
    pub about: &'static str,
}

impl Settings {
    /// Reads the settings; a missing file is an empty one.
    ///
    /// # Errors
    /// With file and line, or variable, of what is not understood: an unknown setting or a value
    /// that one cannot have.
    pub fn load(file: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let text = read_text(file)?.unwrap_or_default();
        Self::read(file, &text, environment)
    }

    fn read(file: &Path, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let sources = vec![Source::Default; setting_keys().len()];
        let mut settings = Self { sources, ..Self::default() };
        settings.take_file(file, text)?;
        for (index, key) in setting_keys().iter().enumerate() {
            let variable = key.variable();
            let Some(given) = environment.get(&variable) else { continue };
            let wrong = |message| ConfigError::Variable { variable: variable.clone(), message };
            let given = given.to_str().ok_or_else(|| wrong("its value is not UTF-8".into()))?;
            (key.write)(&mut settings, given).map_err(wrong)?;
            settings.sources[index] = Source::Variable(variable);
        }
        Ok(settings)
    }

    fn take_file(&mut self, file: &Path, text: &str) -> Result<(), ConfigError> {
        let document = Document::parse(text)
            .map_err(|e| text_error(file, text, e.span().map_or(0, |s| s.start), e.message()))?;
        for entry in flatten(document.as_table(), "") {
            let offset = entry.offset;
            let wrong = |message: &str| text_error(file, text, offset, message);
            let found = setting_keys().iter().position(|k| k.name == entry.name);
            let Some(index) = found else {
                return Err(wrong(&format!("there is no setting {:?}", entry.name)));
            };
            let key = &setting_keys()[index];
            let given = plain_text(entry.item, key.kind)
                .ok_or_else(|| wrong(&format!("{} is {}", key.name, kind_name(key.kind))))?;
            (key.write)(self, &given)
                .map_err(|e| wrong(&format!("{} = {given:?}: {e}", key.name)))?;
            let line = super::toml_text::line_at(text, offset);
            self.sources[index] = Source::File(file.to_owned(), line);
        }
        Ok(())
    }

    /// One setting as it is in force.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn get(&self, name: &str) -> Result<Setting, ConfigError> {
        self.list()
            .into_iter()
            .find(|s| s.key == name)
            .ok_or_else(|| ConfigError::UnknownSetting(name.to_owned()))
    }

    /// All settings as they are in force.
    #[must_use]
    pub fn list(&self) -> Vec<Setting> {
        let setting = |(index, key): (usize, &SettingKey)| Setting {
            key: key.name,
            value: (key.read)(self),
            source: self.sources.get(index).cloned().unwrap_or(Source::Default),
            about: key.about,
        };
        setting_keys().iter().enumerate().map(setting).collect()
    }

    /// Writes one setting to the file, made if missing; comments and order in it are kept.
    ///
    /// # Errors
    /// When there is no such setting, it cannot have that value, or the file as it is has an
    /// error: nothing is written then.
    pub fn set(file: &Path, name: &str, given: &str) -> Result<(), ConfigError> {
        let key = setting_keys()
            .iter()
            .find(|k| k.name == name)
            .ok_or_else(|| ConfigError::UnknownSetting(name.to_owned()))?;
        (key.write)(&mut Self::default(), given).map_err(|message| ConfigError::BadValue {
            key: name.to_owned(),
            value: given.to_owned(),
            message,
        })?;
        let text = read_text(file)?.unwrap_or_default();
        let nothing = Environment::default();
        Self::read(file, &text, &nothing)?;
        let edited = edit(&text, key, given)
            .ok_or_else(|| text_error(file, &text, 0, "a table is needed where a value stands"))?;
        Self::read(file, &edited, &nothing)?;
        // People keep their configuration elsewhere behind links: those stay.
        let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        if let Some(directory) = target.parent().filter(|d| !d.is_dir()) {
            create_private_dir(directory)?;
        }
        write_private(&target, edited.as_bytes())
    }
}

/// One value of the file, its tables' names joined by dots.
struct Entry<'a> {
    name: String,
    item: &'a Item,
    offset: usize,
}

fn flatten<'a>(table: &'a dyn TableLike, prefix: &str) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for (name, item) in table.iter() {
        let full = format!("{prefix}{name}");
        let offset = table
            .key(name)
            .and_then(|k| k.span())
            .or_else(|| item.span())
            .map_or(0, |span| span.start);
        match item.as_table_like() {
            // An empty table says nothing, but its name may still be a mistake.
            Some(inner) if !inner.is_empty() => entries.extend(flatten(inner, &format!("{full}."))),
            Some(_) if setting_keys().iter().any(|k| k.name.starts_with(&format!("{full}."))) => {}
            _ => entries.push(Entry { name: full, item, offset }),
        }
    }
    entries
}

fn plain_text(item: &Item, kind: Kind) -> Option<String> {
    match kind {
        Kind::Text => item.as_str().map(str::to_owned),
        Kind::Number => item.as_integer().map(|n| n.to_string()),
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text in quotes",
        Kind::Number => "a whole number without quotes",
    }
}

/// The text with one value changed; `None` if a value stands where a table is needed.
fn edit(text: &str, key: &SettingKey, given: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    let mut parts: Vec<&str> = key.name.split('.').collect();
    let last = parts.pop()?;
    for part in parts {
        table = table.entry(part).or_insert(Item::Table(Table::new())).as_table_like_mut()?;
    }
    let new = match key.kind {
        Kind::Text => value(given),
        Kind::Number => value(given.parse::<i64>().ok()?),
    };
    match table.get_mut(last).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new.into_value().ok()?;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(last, new);
        }
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, ConfigError> {
        Settings::read(Path::new("c.toml"), text, &Environment::default())
    }

    #[test]
    fn values_know_where_they_came_from() {
        let text = "# mine\nagent = \"codex\"\n\n[limits]\nqueue = 7\n";
        let environment = Environment::of([("AO_LIMITS_QUEUE", "9"), ("AO_ZELLIJ", "off")]);
        let settings = Settings::read(Path::new("c.toml"), text, &environment).unwrap();
        assert_eq!(settings.agent, "codex");
        assert_eq!(settings.limits.queue, 9);
        assert_eq!(settings.zellij, ZellijMode::Off);
        assert_eq!(settings.limits.message_bytes, 1 << 20);
        let source = |key| settings.get(key).unwrap().source.to_string();
        assert_eq!(source("agent"), "c.toml:2");
        assert_eq!(source("limits.queue"), "environment AO_LIMITS_QUEUE");
        assert_eq!(source("log"), "default");
        assert!(settings.get("nonsense").is_err());
        assert_eq!(settings.list().len(), setting_keys().len());
    }

    #[test]
    fn mistakes_have_a_line() {
        for (text, expected) in [
            ("\nagnet = \"x\"", "c.toml:2: there is no setting \"agnet\""),
            ("agent = 1", "c.toml:1: agent is a text in quotes"),
            ("\n\n[limits]\nqueue = \"7\"", "c.toml:4: limits.queue is a whole number"),
            ("[limits]\nqueue = 0", "c.toml:2: limits.queue = \"0\": it is a whole number from 1"),
            ("limits = 3", "c.toml:1: there is no setting \"limits\""),
            ("[limit]\n", "c.toml:1: there is no setting \"limit\""),
            ("zellij = \"on\"", "c.toml:1: zellij = \"on\": it is auto or off"),
            ("agent = \"a\"\nagent = \"b\"", "c.toml:2: "),
            ("[limits]\nqueue = 99999999999999999999", "c.toml:2: "),
            ("a =", "c.toml:1: "),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
        let environment = Environment::of([("AO_RECORD_LIMIT_MB", "many")]);
        let error = Settings::read(Path::new("c"), "", &environment).unwrap_err().to_string();
        assert!(error.starts_with("AO_RECORD_LIMIT_MB: it is a whole number"), "{error}");
    }

    #[test]
    fn set_keeps_comments_and_order() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("sub/c.toml");
        Settings::set(&file, "limits.queue", "5").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[limits]\nqueue = 5\n");
        let text = "# a\nagent = \"x\" # b\n# c\n[limits]\n# d\nqueue = 5 # e\n";
        std::fs::write(&file, text).unwrap();
        Settings::set(&file, "agent", "codex").unwrap();
        Settings::set(&file, "limits.queue", "6").unwrap();
        Settings::set(&file, "log", "debug").unwrap();
        let after = std::fs::read_to_string(&file).unwrap();
        let expected =
            "# a\nagent = \"codex\" # b\nlog = \"debug\"\n# c\n[limits]\n# d\nqueue = 6 # e\n";
        assert_eq!(after, expected);
    }

    #[test]
    fn set_refuses_and_writes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("c.toml");
        for (name, given) in [("nope", "1"), ("limits.queue", "x"), ("agent", "A B"), ("log", "")] {
            assert!(Settings::set(&file, name, given).is_err(), "{name}");
        }
        assert!(!file.exists());
        for broken in ["agent = \n", "unknown = 1\n", "limits = 1\n"] {
            std::fs::write(&file, broken).unwrap();
            assert!(Settings::set(&file, "limits.queue", "5").is_err(), "{broken}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), broken);
        }
    }
}
