//! What a script asks of an agent: `agent(prompt, options)`, checked. Pure: the engine's process
//! and the supervisor come to the same answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::{Schema, SchemaError};
use super::title::phase_title;
use crate::model::agent_type::AgentType;
use crate::model::session::EFFORTS;

/// Longest prompt in bytes.
const MAX_PROMPT: usize = 1024 * 1024;
/// What an agent may be allowed to do, beside `mcp:<server>`.
pub const CAPABILITIES: [&str; 7] =
    ["read", "search", "edit", "execute", "network", "git", "spawn"];
const OPTIONS: [&str; 14] = [
    "label",
    "phase",
    "schema",
    "model",
    "effort",
    "capabilities",
    "max_tool_calls",
    "agent",
    "agentType",
    "isolation",
    "attachments",
    "timeout_ms",
    "retries",
    "cache",
];

/// Why a call is no call: the text of a TypeError.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No prompt, or too long a one.
    #[error("agent: the prompt must be a non-empty string of at most 1 MiB")]
    Prompt,
    /// An option has the wrong type or value.
    #[error("agent: {option} must be {wanted}")]
    Option {
        /// Which.
        option: &'static str,
        /// What it should be.
        wanted: String,
    },
    /// The schema is none, or can never be met.
    #[error("agent: schema: {0}")]
    Schema(#[from] SchemaError),
}

/// Where an agent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// In a worktree of its own.
    Worktree,
}

/// Whether an earlier result is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// If there is one.
    #[default]
    Auto,
    /// No, and this one is not kept for others.
    Off,
    /// No, but this one is kept.
    Refresh,
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub path: Option<String>,
    /// Its content: the name of an artifact, where it is given without a path.
    pub sha256: Option<String>,
}

/// A checked call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentCall {
    /// What it is told.
    pub prompt: String,
    /// For people.
    pub label: Option<String>,
    /// The phase that it belongs to.
    pub phase: Option<String>,
    /// What its result must look like.
    pub schema: Option<Value>,
    /// In the agent's own words.
    pub model: Option<String>,
    /// `low` to `max`.
    pub effort: Option<String>,
    /// What it may do, sorted, each once. Absent: the role's default.
    pub capabilities: Option<Vec<String>>,
    /// The call after this many ends it.
    pub max_tool_calls: Option<u32>,
    /// A manifest's name.
    pub agent: Option<String>,
    /// What it is to be, by name.
    pub agent_type: Option<String>,
    /// The same as it was found when it was asked for first; not the script's to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<AgentType>,
    /// Where it works.
    pub isolation: Option<Isolation>,
    /// What goes along.
    pub attachments: Vec<Attachment>,
    /// How long it may take, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// How often it is started again after a crash.
    pub retries: u32,
    /// Whether an earlier result is taken.
    pub cache: Cache,
}

impl AgentCall {
    /// Reads `{prompt, opts, phase}`; warnings name the options that nobody knows.
    ///
    /// # Errors
    /// What a TypeError should say.
    pub fn parse(payload: &Value) -> Result<(Self, Vec<String>), CallError> {
        let prompt = payload["prompt"].as_str().unwrap_or_default();
        if prompt.is_empty() || prompt.len() > MAX_PROMPT {
            return Err(CallError::Prompt);
        }
        let none = Map::new();
        let options = payload["opts"].as_object().unwrap_or(&none);
        let mut warnings = Vec::new();
        for name in options.keys().filter(|name| !OPTIONS.contains(&name.as_str())) {
            let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            warnings.push(format!("agent: unknown option {name:?} is ignored"));
        }
        let read = Options(options);
        let phase = read.text("phase")?.or(payload["phase"].as_str().map(str::to_owned));
        let call = Self {
            prompt: prompt.to_owned(),
            label: read.text("label")?.map(|label| phase_title(&label)),
            phase: phase.map(|phase| phase_title(&phase)),
            schema: read.schema()?,
            model: read.text("model")?,
            effort: read.one_of("effort", &EFFORTS)?,
            capabilities: read.capabilities()?,
            max_tool_calls: read.number("max_tool_calls", u64::from(u32::MAX))?.map(|n| n as u32),
            agent: read.text("agent")?,
            agent_type: read.text("agentType")?,
            role: None,
            isolation: read.one_of("isolation", &["worktree"])?.map(|_| Isolation::Worktree),
            attachments: read.attachments()?,
            timeout_ms: read.number("timeout_ms", u64::MAX)?,
            retries: read.number("retries", 10)?.unwrap_or(0) as u32,
            cache: match read.one_of("cache", &["auto", "off", "refresh"])?.as_deref() {
                Some("off") => Cache::Off,
                Some("refresh") => Cache::Refresh,
                _ => Cache::Auto,
            },
        };
        Ok((call, warnings))
    }

    /// Becomes what its `agent_type` stands for, where it says nothing else itself.
    pub fn become_kind(&mut self, kind: AgentType) {
        self.agent = self.agent.take().or_else(|| kind.agent.clone());
        self.effort = self.effort.take().or_else(|| kind.effort.clone());
        self.capabilities = self.capabilities.take().or_else(|| kind.capabilities.clone());
        self.role = Some(kind);
    }

    /// Takes its kind's model, once it is settled which agent does it.
    pub fn take_model_of_kind(&mut self) {
        let Some(kind) = self.role.as_ref().filter(|_| self.model.is_none()) else { return };
        self.model = kind.model_for(self.agent.as_deref()).map(str::to_owned);
    }

    /// Who it is to be, before its task.
    #[must_use]
    pub fn role_text(&self) -> Option<&str> {
        self.role.as_ref().and_then(AgentType::role)
    }
}

/// The options as they came.
struct Options<'a>(&'a Map<String, Value>);

impl Options<'_> {
    fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, CallError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => wrong(name, "a non-empty string"),
        }
    }

    fn one_of(&self, name: &'static str, all: &[&str]) -> Result<Option<String>, CallError> {
        let Some(value) = self.given(name) else { return Ok(None) };
        match value.as_str().filter(|text| all.contains(text)) {
            Some(text) => Ok(Some(text.to_owned())),
            None => wrong(name, format!("one of {}", all.join(", "))),
        }
    }

    fn number(&self, name: &'static str, most: u64) -> Result<Option<u64>, CallError> {
        let Some(value) = self.given(name) else { return Ok(None) };
        match value.as_u64().filter(|n| *n <= most) {
            Some(n) => Ok(Some(n)),
            None => wrong(name, "a whole number from 0 on"),
        }
    }

    fn schema(&self) -> Result<Option<Value>, CallError> {
        let Some(schema) = self.given("schema") else { return Ok(None) };
        Schema::compile(schema)?;
        Ok(Some(schema.clone()))
    }

    fn capabilities(&self) -> Result<Option<Vec<String>>, CallError> {
        let Some(value) = self.given("capabilities") else { return Ok(None) };
        let Some(items) = value.as_array() else {
            return wrong("capabilities", "a list of names");
        };
        let mut found = std::collections::BTreeSet::new();
        for item in items {
            let name = item.as_str().unwrap_or_default();
            let server = name.strip_prefix("mcp:").is_some_and(|server| !server.is_empty());
            if !server && !CAPABILITIES.contains(&name) {
                let all = CAPABILITIES.join(", ");
                return wrong("capabilities", format!("of {all}, mcp:<server>; not {item}"));
            }
            found.insert(name.to_owned());
        }
        Ok(Some(found.into_iter().collect()))
    }

    fn attachments(&self) -> Result<Vec<Attachment>, CallError> {
        let Some(value) = self.given("attachments") else { return Ok(Vec::new()) };
        let wanted = "a list of at most 10 {path} or {sha256}";
        let Some(items) = value.as_array().filter(|items| items.len() <= 10) else {
            return wrong("attachments", wanted);
        };
        let one = |item: &Value| {
            let text = |name: &str| item[name].as_str().map(str::to_owned);
            let found = Attachment { path: text("path"), sha256: text("sha256") };
            let is_name = |sha256: &String| {
                sha256.len() == 64 && sha256.bytes().all(|b| b"0123456789abcdef".contains(&b))
            };
            match (&found.path, &found.sha256) {
                (Some(_), None) => Ok(found),
                (None, Some(sha256)) if is_name(sha256) => Ok(found),
                _ => wrong("attachments", wanted),
            }
        };
        items.iter().map(one).collect()
    }
}

fn wrong<T>(option: &'static str, wanted: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::Option { option, wanted: wanted.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(opts: Value) -> Result<(AgentCall, Vec<String>), CallError> {
        AgentCall::parse(&json!({ "prompt": "x", "opts": opts, "phase": "A" }))
    }

    #[test]
    fn cases_b10_to_b21_and_d03() {
        assert_eq!(parse(json!({"schema": null})).unwrap().0.schema, None);
        let (call, warnings) = parse(json!({"scema": {}})).unwrap();
        assert_eq!(call.phase.as_deref(), Some("A"));
        assert!(warnings.len() == 1 && warnings[0].contains("scema"));
        assert_eq!(parse(json!({"phase": "Q"})).unwrap().0.phase.as_deref(), Some("Q"));
        let (call, _) = parse(json!({"capabilities": ["edit", "read", "edit"]})).unwrap();
        assert_eq!(call.capabilities.unwrap(), ["edit", "read"]);
        for (opts, part) in [
            (json!({"schema": {"type": "objekt"}}), "schema"),
            (json!({"capabilities": ["read", "read", "bogus"]}), "bogus"),
            (json!({"effort": "bogus"}), "effort"),
            (json!({"isolation": "remote"}), "isolation"),
            (json!({"max_tool_calls": -1}), "max_tool_calls"),
            (json!({"cache": true}), "cache"),
            (json!({"attachments": [{}]}), "attachments"),
            (json!({"attachments": [{"sha256": "../x"}]}), "attachments"),
        ] {
            let error = parse(opts.clone()).unwrap_err().to_string();
            assert!(error.contains(part), "{opts}: {error}");
        }
        assert!(AgentCall::parse(&json!({"prompt": ""})).is_err());
    }

    #[test]
    fn a_call_says_more_than_its_kind_and_a_model_is_its_agents() {
        let kind = || AgentType {
            model: Some("sonnet".to_owned()),
            capabilities: Some(vec!["read".to_owned()]),
            is_claudes: true,
            ..AgentType::default()
        };
        let of = |opts: Value| {
            let (mut call, _) = parse(opts).unwrap();
            call.become_kind(kind());
            call.take_model_of_kind();
            (call.model, call.capabilities.unwrap_or_default().join(","))
        };
        let some = |model: &str, words: &str| (Some(model.to_owned()), words.to_owned());
        assert_eq!(of(json!({"agent": "claude"})), some("sonnet", "read"));
        assert_eq!(of(json!({"agent": "claude", "model": "m"})), some("m", "read"));
        assert_eq!(of(json!({"agent": "codex"})), (None, "read".to_owned()));
        assert_eq!(of(json!({"agent": "codex", "capabilities": []})), (None, String::new()));
    }
}
