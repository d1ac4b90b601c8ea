//! What a flow's file declares.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::Condition;
use super::path::Path;
use super::template::Template;

/// A flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// What it does, in a line.
    pub about: Option<String>,
    /// Steps at the same time, 1 to 64; 3 unless named.
    pub concurrency: u32,
    /// What it is given.
    pub args: Vec<Arg>,
    /// What it may use.
    pub budget: Budget,
    /// Its steps, in the order of the file.
    pub steps: Vec<Step>,
}

impl Flow {
    /// The step of that id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}

/// The programs of a flow, each as its file has it.
#[must_use]
pub fn programs(flow: &Flow) -> Vec<Vec<String>> {
    let of = |step: &Step| match &step.kind {
        Kind::Command(command) => Some(command.argv.iter().map(Template::to_string).collect()),
        _ => None,
    };
    flow.steps.iter().filter_map(of).collect()
}

/// What a flow is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// Its name.
    pub name: String,
    /// Its value where nobody gives one; nothing when somebody has to.
    pub default: Option<Value>,
    /// What it is for.
    pub about: Option<String>,
}

/// Limits of a whole run; nothing is no limit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Tokens of all agents, input and output.
    pub tokens: Option<u64>,
    /// Money, in the currency of the configured prices.
    pub money: Option<f64>,
    /// Agents started, repeated attempts included.
    pub agents: Option<u32>,
    /// Seconds from the start.
    pub wall_s: Option<u64>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// What people see.
    pub label: Option<String>,
    /// The steps before it, those that a fold takes in included.
    pub depends_on: Vec<String>,
    /// Skipped unless this holds.
    pub when: Option<Condition>,
    /// What its failure means for the rest.
    pub on_failure: OnFailure,
    /// Attempts, 1 to 10.
    pub max_attempts: u32,
    /// Seconds before the second attempt, doubled for each further one.
    pub backoff_s: u64,
    /// Seconds that an attempt may take.
    pub timeout_s: Option<u64>,
    /// Once for each item.
    pub foreach: Option<Foreach>,
    /// What it does.
    pub kind: Kind,
    /// Where it begins in the file, from 1.
    pub line: usize,
}

/// A step is done for each item of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreach {
    /// The list.
    pub over: Path,
    /// Most items; more is a failure of the step.
    pub limit: u32,
}

/// What a step's failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The run fails; what depends on the step is blocked.
    Fail,
    /// What depends on it goes on, without its result.
    Continue,
    /// What depends on it is skipped, and the run does not fail for it.
    SkipDependents,
}

impl OnFailure {
    /// The file's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Continue => "continue",
            Self::SkipDependents => "skip_dependents",
        }
    }

    /// From the file's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "fail" => Some(Self::Fail),
            "continue" => Some(Self::Continue),
            "skip_dependents" => Some(Self::SkipDependents),
            _ => None,
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// An agent does it.
    Agent(AgentStep),
    /// A program does it.
    Command(CommandStep),
    /// Results become one.
    Fold(FoldStep),
    /// A person lets it pass.
    Gate(GateStep),
}

impl Kind {
    /// The file's word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Agent(_) => "agent",
            Self::Command(_) => "command",
            Self::Fold(_) => "fold",
            Self::Gate(_) => "gate",
        }
    }
}

/// An agent with a task.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentStep {
    /// The task.
    pub prompt: Template,
    /// Which agent; nothing for the project's.
    pub agent: Option<String>,
    /// Which model; nothing for the agent's own.
    pub model: Option<String>,
    /// `read`, `edit`, `execute`, `network`; nothing for the agent's own.
    pub capabilities: Option<Vec<String>>,
    /// Most tool calls.
    pub max_tool_calls: Option<u32>,
    /// Where it works.
    pub isolation: Isolation,
    /// What its result has to look like: a JSON Schema.
    pub schema: Option<Value>,
}

/// Where an agent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// In a worktree of its own.
    Worktree,
    /// In the repository's main checkout, with others.
    Shared,
}

/// A program.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandStep {
    /// Program and arguments, each filled in by itself: nothing is read by a shell.
    pub argv: Vec<Template>,
    /// What it reads on standard input.
    pub stdin: Option<Template>,
}

/// Results become one.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldStep {
    /// Whose results, in this order.
    pub inputs: Vec<String>,
    /// How.
    pub mode: FoldMode,
    /// The task of the agent that does it, in mode `agent`.
    pub agent: Option<AgentStep>,
}

/// How results become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldMode {
    /// One text after the other, each under the id of its step.
    Concat,
    /// A JSON list.
    JsonArray,
    /// A JSON object, a field for each step.
    JsonObject,
    /// One JSON object from many; later ones win.
    Merge,
    /// An agent reads them all.
    Agent,
}

impl FoldMode {
    /// From the file's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "concat" => Some(Self::Concat),
            "json_array" => Some(Self::JsonArray),
            "json_object" => Some(Self::JsonObject),
            "merge" => Some(Self::Merge),
            "agent" => Some(Self::Agent),
            _ => None,
        }
    }
}

/// A person lets it pass.
#[derive(Debug, Clone, PartialEq)]
pub struct GateStep {
    /// What the person is asked.
    pub prompt: Option<Template>,
}
