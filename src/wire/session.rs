//! Sessions on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What anybody may know of a session. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// `<prefix>-<n>` or `<prefix>-orchestrator`.
    pub id: String,
    /// `orchestrator` or `worker`.
    pub kind: String,
    /// The project's id.
    pub project: String,
    /// The id of the project's orchestrator, if it has been started.
    pub orchestrator: Option<String>,
    /// The name a person gave it.
    pub label: Option<String>,
    /// The agent's name: `claude`, `command`, a manifest's name.
    pub agent: String,
    /// The launch now or last alive, from 1; 0 before the first.
    pub generation: u32,
    /// `interactive`, or `headless`: it does one task and ends.
    #[serde(default = "interactive")]
    pub mode: String,
    /// `reserved`, `preparing`, `starting`, `live`, `ending`, `ended`.
    pub phase: String,
    /// Derived: `queued` (it waits for room; the reason says for which), `starting`, `working`, `idle`, `needs_permission`, `needs_input`, `stuck`, `done`,
    /// `exited`, `lost`, `crash_loop`, `failed`, `killed`, `unknown`.
    pub status: String,
    /// Where the status comes from: `hook`, `screen`, `title`, `output`, `report`, `host`, `record`.
    pub status_source: String,
    /// Seconds since that source spoke.
    pub status_age_s: u64,
    /// One sentence: why ao believes the status.
    pub status_reason: String,
    /// What another source says that does not go with it, if one has for more than a moment.
    #[serde(default)]
    pub status_doubt: Option<String>,
    /// The version of its agent, if nobody has tried it: mail for it is only typed.
    #[serde(default)]
    pub untried_version: Option<String>,
    /// What each source last said of the agent of a live session, the best first.
    #[serde(default)]
    pub signals: Vec<SignalView>,
    /// The agent's process, while it lives.
    pub agent_pid: Option<u32>,
    /// The session host's process, while it lives.
    pub host_pid: Option<u32>,
    /// The branch checked out in the worktree when it was made.
    pub branch: String,
    /// What the branch was made from: a commit's full id.
    pub base: Option<String>,
    /// The worktree's absolute path.
    pub worktree: String,
    /// The issue given at spawn.
    pub issue: Option<String>,
    /// Who spawned it: a session's id, or `person`.
    pub spawned_by: String,
    /// Messages waiting for it.
    pub inbox: InboxView,
    /// The last report it made.
    pub report: Option<ReportView>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339, once ended.
    pub ended_at: Option<String>,
    /// `exited(0)`, `killed(person)`, `host_lost` …
    pub end_reason: Option<String>,
    /// RFC 3339, once its worktree has been removed; its work can be brought back.
    #[serde(default)]
    pub cleaned_at: Option<String>,
    /// Whether a pane shows it: `open`, `closed`, or `none` where there is no zellij.
    pub pane: String,
}

fn interactive() -> String {
    "interactive".to_owned()
}

/// What a source says of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalView {
    /// `hook`, `screen`, `title`, `output`, `record`.
    pub source: String,
    /// `starting`, `working`, `idle`, `needs_permission`, `needs_input`, `unknown`.
    pub says: String,
    /// Seconds since it began to say so.
    pub age_s: u64,
}

/// Depth of an inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InboxView {
    /// Accepted and not written yet.
    pub queued: u32,
    /// Of these, held for a reason that `ao messages` names.
    pub held: u32,
    /// Reports that are still to become part of a message.
    #[serde(default)]
    pub reports: u32,
}

/// A session's last report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportView {
    /// `done`, `needs_input`, `stuck`, `checkpoint`, `pr_created`.
    pub state: String,
    /// The words that came with it.
    pub note: Option<String>,
    /// RFC 3339.
    pub at: String,
}

/// `{"sessions": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    /// In order of creation.
    pub sessions: Vec<SessionView>,
}

/// `{"session": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionAnswer {
    /// The session after the request.
    pub session: SessionView,
}

/// The answer to a spawn.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SpawnAnswer {
    /// The new session.
    pub session: SessionView,
    /// The id of the project's orchestrator, or null.
    pub orchestrator: Option<String>,
    /// Lines a person should see: what of the main checkout is not in the worktree, say.
    #[serde(default)]
    pub notices: Vec<String>,
}

/// Which agent, and how it is started. Everything absent means: what the session ran before, else
/// the project's choice, else the configuration's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentChoice {
    /// A manifest's name.
    pub agent: Option<String>,
    /// The model, in the agent's own words.
    pub model: Option<String>,
    /// The permission mode, in the manifest's words.
    pub permission: Option<String>,
    /// Any command, instead of a manifest: program and arguments.
    pub command: Option<Vec<String>>,
}

/// `POST /sessions`: start a worker.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Spawn {
    /// The project's id.
    pub project: String,
    /// The agent.
    #[serde(flatten)]
    pub choice: AgentChoice,
    /// The task, as the agent's first prompt.
    pub prompt: Option<String>,
    /// An issue's id, kept with the session and given as `AO_ISSUE_ID`.
    pub issue: Option<String>,
    /// The branch to make, instead of `worker/<id>`.
    pub branch: Option<String>,
    /// What to branch from, instead of the default branch.
    pub base: Option<String>,
    /// A name for people.
    pub label: Option<String>,
    /// How results of this session reach who spawned it: `immediate`, `deferred`, `on_demand`.
    pub deliver: Option<String>,
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment for the agent (HOME, LANG, keys …).
    pub env: std::collections::BTreeMap<String, String>,
    /// Fetch the base from the remote first.
    pub fetch: bool,
    /// Where there is no room: wait for it, instead of an error.
    pub queue: bool,
    /// The agent's one-shot mode: it does this one task and ends.
    pub one_shot: Option<OneShotSpawn>,
}

/// A task for an agent's one-shot mode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OneShotSpawn {
    /// An existing folder to work in, in the project's repository or one of its worktrees; absent: a
    /// worktree of its own.
    pub folder: Option<String>,
    /// A JSON Schema that the result must meet; absent: the result is text.
    pub schema: Option<serde_json::Value>,
    /// The call of a tool after this many ends it.
    pub max_tool_calls: Option<u32>,
    /// How long it may take, in milliseconds; absent: an hour.
    pub timeout_ms: Option<u64>,
    /// How hard its model is to think: `low`, `medium`, `high`, `xhigh`, `max`; agents that cannot be
    /// told do as they do.
    pub effort: Option<String>,
    /// Who it is to be, before its task.
    pub role: Option<String>,
    /// The model, for a command to heed: told as AO_MODEL.
    pub model: Option<String>,
    /// What it may do, for a command to heed: told as AO_CAPABILITIES.
    pub capabilities: Option<Vec<String>>,
    /// Largest result as JSON, in bytes; absent: 64 MiB.
    pub max_result: Option<u64>,
}

/// `GET /sessions/{id}/outcome`: what the one task of a headless session has come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OutcomeView {
    /// The session's id.
    pub session: String,
    /// The branch that it worked on.
    pub branch: String,
    /// `running`, `done`, `failed`.
    pub state: String,
    /// The result: text, or the value that meets the schema.
    pub result: Option<serde_json::Value>,
    /// Why there is none: `schema`, `timeout`, `tool_limit`, `api_error`, `stopped`, `crash`,
    /// `result_too_large`, or the agent's own word.
    pub why: Option<String>,
    /// The same in words.
    pub message: Option<String>,
    /// Tool calls that it has told of.
    pub tool_calls: u32,
    /// Tokens that it has told of.
    pub tokens: serde_json::Value,
    /// The agent's own id of the conversation.
    pub conversation: Option<String>,
    /// What a person should know: tools that it was not allowed to use, say.
    pub warnings: Vec<String>,
}

/// `POST /sessions/{id}/kill`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kill {
    /// Seconds between SIGTERM and SIGKILL; absent: 5.
    pub grace_s: Option<u64>,
}

/// `GET /sessions/{id}/screen?ansi=&scrollback=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScreenQuery {
    /// Keep colours and attributes as escape sequences.
    pub ansi: bool,
    /// Lines above the screen.
    pub scrollback: u32,
}

/// What a session's terminal shows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ScreenView {
    /// The session's id.
    pub session: String,
    /// Columns of the terminal.
    pub cols: u16,
    /// Rows of the terminal.
    pub rows: u16,
    /// Rows from the top, scrollback first.
    pub lines: Vec<String>,
    /// How many of `lines` are scrollback.
    pub scrollback: usize,
    /// Row of the cursor on the screen, from 0.
    pub cursor_row: u16,
    /// Column of the cursor, from 0.
    pub cursor_col: u16,
    /// The terminal's title.
    pub title: String,
}

/// `POST /sessions/{id}/attach`: may I, and where?
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Attach {
    /// Look, but send no keys.
    pub read_only: bool,
}

/// Where to attach, and the ticket that opens the door once within 30 s.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AttachAnswer {
    /// The session host's socket.
    pub socket: String,
    /// The ticket, a secret.
    pub ticket: String,
}

/// `GET /sessions/{id}/logs`: where the recorded output lies.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LogsQuery {
    /// Byte offset in the whole output to start from; absent: the oldest kept.
    pub from: Option<u64>,
    /// Wait up to this many seconds for more when there is nothing from there on.
    pub wait_s: Option<u64>,
}

/// A piece of recorded output.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LogsView {
    /// Offset of the first byte of `text` in the whole output; larger than asked where older
    /// output has been dropped.
    pub from: u64,
    /// Offset to ask for next.
    pub next: u64,
    /// The bytes, invalid UTF-8 replaced, control sequences kept.
    pub text: String,
    /// The session is over and this is the end.
    pub ended: bool,
}

/// `POST /sessions/{id}/report`: an agent speaks of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// `done`, `needs_input`, `stuck`, `checkpoint`, `pr_created`.
    pub state: String,
    /// One or a few sentences.
    pub note: Option<String>,
    /// The whole result, if there is one.
    pub result: Option<String>,
}

/// The answer to a report.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReportAnswer {
    /// The session that reported.
    pub session: SessionView,
    /// The message that tells the orchestrator, or takes the report along, if there is one by now.
    pub message: Option<crate::wire::message::MessageView>,
    /// What becomes of the report; absent where nobody is to be told.
    #[serde(default)]
    pub notice: Option<NoticeView>,
}

/// A report on its way to the orchestrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeView {
    /// The orchestrator's id, whether it is there or still to come.
    pub to: String,
    /// RFC 3339: when it is told at the latest, if it can take a message then.
    pub due_at: Option<String>,
    /// Why it is not told: `repeated` (it knows, or is about to), `own_words`.
    pub dropped: Option<String>,
}

/// `GET /sessions/{id}/result`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ResultView {
    /// The session's id.
    pub session: String,
    /// The whole result, as reported.
    pub result: Option<String>,
}

/// `GET /sessions/{id}`: everything about one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionDetail {
    /// The session.
    pub session: SessionView,
    /// The last lines its terminal showed.
    pub last_lines: Vec<String>,
    /// Its last journal events, oldest first.
    pub events: Vec<crate::wire::event::EventView>,
    /// Its worktree, as git sees it now; absent when it is gone.
    pub work: Option<WorkView>,
    /// What the world shows of it, asked for now: why its phase is believed.
    #[serde(default)]
    pub evidence: Vec<EvidenceView>,
}

/// One sign of a session's life or end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceView {
    /// `host`, `boot`, `host process`, `agent process`, `exit record`, `record`.
    pub sign: String,
    /// `alive`, `gone` or `unknown`; what is unknown proves nothing.
    pub found: String,
    /// In words.
    pub detail: String,
}

/// What is in a session's worktree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkView {
    /// The branch checked out, or nothing when detached.
    pub branch: Option<String>,
    /// The commit checked out.
    pub head: Option<String>,
    /// Commits on top of the base, newest first: id and subject.
    pub commits: Vec<CommitView>,
    /// Whether files are changed or untracked; null when git did not say in time.
    pub uncommitted: Option<bool>,
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitView {
    /// Full id.
    pub id: String,
    /// First line of its message.
    pub subject: String,
}

/// `GET /sessions/{id}/wait?for=&timeout_s=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WaitQuery {
    /// `live`, `idle`, `exited`, `done`; `rest`: it does not go on by itself, for it is idle, done,
    /// stuck, ended or needs somebody, and no message is on its way to it.
    #[serde(rename = "for")]
    pub until: String,
    /// Seconds; the answer after that is an error `timeout`. Absent: no limit.
    pub timeout_s: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// serde's documentation does not promise this combination, so it is pinned here.
    #[test]
    fn a_flattened_choice_still_refuses_unknown_fields() {
        let spawn: Spawn =
            serde_json::from_str(r#"{"project":"p","agent":"claude","command":["x"]}"#).unwrap();
        assert_eq!(spawn.choice.agent.as_deref(), Some("claude"));
        let typo = serde_json::from_str::<Spawn>(r#"{"project":"p","promt":"x"}"#);
        assert!(typo.is_err());
    }
}
