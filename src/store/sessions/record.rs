//! A session's row.

use rusqlite::Row;
use serde::de::DeserializeOwned;

use crate::model::admission::Full;
use crate::model::ids::{Generation, ProjectId, SessionId, Timestamp};
use crate::model::rights::Target;
use crate::model::session::{ActivityFact, Kind, OneShot, Phase, ReportFact, Signals, StatusFacts};
use crate::model::work::Removal;
use crate::process::ProcessId;
use crate::store::StoreError;

/// The processes of a live generation, and the boot they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processes {
    /// The session host.
    pub host: ProcessId,
    /// The agent.
    pub agent: ProcessId,
    /// The boot in which their start times count.
    pub boot_id: String,
}

/// A session as it is stored.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its project.
    pub project: ProjectId,
    /// Its kind.
    pub kind: Kind,
    /// A name for people.
    pub label: Option<String>,
    /// An issue's id.
    pub issue: Option<String>,
    /// Who spawned it.
    pub spawned_by: String,
    /// How its results reach who spawned it.
    pub deliver: String,
    /// The agent's name.
    pub agent: String,
    /// JSON of the agent choice it was last launched with.
    pub choice: String,
    /// The task given at spawn.
    pub prompt: Option<String>,
    /// Its branch.
    pub branch: String,
    /// The commit its branch was made from.
    pub base: Option<String>,
    /// Its worktree.
    pub worktree: String,
    /// The mark in the worktree's git directory carries it.
    pub nonce: String,
    /// The agent's own conversation.
    pub conversation: Option<String>,
    /// The agent that has taken a prompt in it.
    pub conversation_of: Option<String>,
    /// The launch now or last alive.
    pub generation: Generation,
    /// Where it stands.
    pub phase: Phase,
    /// Since when.
    pub phase_at: Timestamp,
    /// What its agent was last seen doing.
    pub activity: Option<ActivityFact>,
    /// What each source last said of that.
    pub signals: Signals,
    /// The agent was launched with a prompt that it has not taken up yet.
    pub awaits_prompt: bool,
    /// Its last turn failed at a limit of its model, which takes nothing more until then.
    pub limited_until: Option<Timestamp>,
    /// The version of its agent's program, if nobody has tried it.
    pub untried_version: Option<String>,
    /// What it last said about itself.
    pub report: Option<ReportFact>,
    /// The whole result it reported.
    pub result: Option<String>,
    /// The processes of its generation.
    pub processes: Option<Processes>,
    /// `open`, `closed` or `none`.
    pub pane: String,
    /// When it was launched of late, the oldest launch first.
    pub starts: Vec<Timestamp>,
    /// The mode of a relaunch that is under way.
    pub relaunch: Option<String>,
    /// The removal of its worktree; nothing while it has one.
    pub removal: Option<Removal>,
    /// Why it waits for room; nothing while it does not wait.
    pub waits: Option<Full>,
    /// The one task of a headless session; nothing for one that goes on until it is ended.
    pub one_shot: Option<OneShot>,
    /// When its id was reserved.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "id, project, kind, label, issue, spawned_by, deliver, agent, \
    choice, prompt, branch, base, worktree, nonce, conversation, conversation_of, generation, phase, phase_at, \
    activity, signals, awaits_prompt, limited_until, untried_version, \
    report, result, boot_id, host_pid, host_start, agent_pid, agent_start, pane, \
    starts, relaunch, removal, waits, one_shot, created_at, ended_at";

impl Session {
    /// The facts that its status is derived from.
    #[must_use]
    pub fn status_facts(&self, now: Timestamp) -> StatusFacts<'_> {
        StatusFacts {
            phase: &self.phase,
            phase_at: self.phase_at,
            waits: self.waits.as_ref(),
            activity: self.activity.as_ref(),
            signals: &self.signals,
            report: self.report.as_ref(),
            now,
        }
    }

    /// It works in a folder that is not its own: nothing is made there for it, or taken away.
    #[must_use]
    pub fn shares_folder(&self) -> bool {
        self.one_shot.as_ref().is_some_and(|one_shot| one_shot.shares_folder)
    }

    /// The conversation that `agent` could go on with: its own, and one that has begun.
    #[must_use]
    pub fn resumable(&self, agent: &str) -> Option<&str> {
        let is_its_own = self.conversation_of.as_deref() == Some(agent);
        self.conversation.as_deref().filter(|_| is_its_own)
    }

    /// The session, as far as rights go.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target { project: Some(&self.project), session: Some((&self.id, self.kind)), author: None }
    }

    /// Reads a row of [`COLUMNS`]. The outer result is SQLite's, the inner one says whether this
    /// ao understands what the row holds.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let texts = Texts {
            id: row.get("id")?,
            project: row.get("project")?,
            kind: row.get("kind")?,
            phase: row.get("phase")?,
            activity: row.get("activity")?,
            signals: row.get("signals")?,
            report: row.get("report")?,
            removal: row.get("removal")?,
            starts: row.get("starts")?,
            waits: row.get("waits")?,
            one_shot: row.get("one_shot")?,
        };
        let parsed = match texts.parse() {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(error)),
        };
        Ok(Ok(Self {
            id: parsed.id,
            project: parsed.project,
            kind: parsed.kind,
            label: row.get("label")?,
            issue: row.get("issue")?,
            spawned_by: row.get("spawned_by")?,
            deliver: row.get("deliver")?,
            agent: row.get("agent")?,
            choice: row.get("choice")?,
            prompt: row.get("prompt")?,
            branch: row.get("branch")?,
            base: row.get("base")?,
            worktree: row.get("worktree")?,
            nonce: row.get("nonce")?,
            conversation: row.get("conversation")?,
            conversation_of: row.get("conversation_of")?,
            generation: Generation(row.get("generation")?),
            phase: parsed.phase,
            phase_at: Timestamp(row.get("phase_at")?),
            activity: parsed.activity,
            signals: parsed.signals,
            awaits_prompt: row.get("awaits_prompt")?,
            untried_version: row.get("untried_version")?,
            limited_until: row.get::<_, Option<i64>>("limited_until")?.map(Timestamp),
            report: parsed.report,
            result: row.get("result")?,
            processes: processes(row)?,
            pane: row.get("pane")?,
            starts: parsed.starts,
            relaunch: row.get("relaunch")?,
            removal: parsed.removal,
            waits: parsed.waits,
            one_shot: parsed.one_shot,
            created_at: Timestamp(row.get("created_at")?),
            ended_at: row.get::<_, Option<i64>>("ended_at")?.map(Timestamp),
        }))
    }
}

/// The columns that are more than they seem.
struct Texts {
    id: String,
    project: String,
    kind: String,
    phase: String,
    activity: Option<String>,
    signals: String,
    report: Option<String>,
    removal: Option<String>,
    starts: String,
    waits: Option<String>,
    one_shot: Option<String>,
}

struct Parsed {
    id: SessionId,
    project: ProjectId,
    kind: Kind,
    phase: Phase,
    activity: Option<ActivityFact>,
    signals: Signals,
    report: Option<ReportFact>,
    removal: Option<Removal>,
    waits: Option<Full>,
    one_shot: Option<OneShot>,
    starts: Vec<Timestamp>,
}

impl Texts {
    fn parse(self) -> Result<Parsed, StoreError> {
        let bad = |what, value: &str| StoreError::Value { what, value: value.to_owned() };
        Ok(Parsed {
            id: SessionId::parse(self.id.as_str()).map_err(|_| bad("session id", &self.id))?,
            project: ProjectId::parse(self.project.as_str())
                .map_err(|_| bad("project id", &self.project))?,
            kind: match self.kind.as_str() {
                "orchestrator" => Kind::Orchestrator,
                "worker" => Kind::Worker,
                other => return Err(bad("session kind", other)),
            },
            phase: json("phase", &self.phase)?,
            activity: self.activity.map(|text| json("activity", &text)).transpose()?,
            signals: Signals::new(json("signals", &self.signals)?),
            report: self.report.map(|text| json("report", &text)).transpose()?,
            removal: self.removal.map(|text| json("removal", &text)).transpose()?,
            waits: self.waits.map(|text| json("reason to wait", &text)).transpose()?,
            one_shot: self.one_shot.map(|text| json("one task", &text)).transpose()?,
            starts: json("starts", &self.starts)?,
        })
    }
}

fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Value { what, value: text.to_owned() })
}

fn processes(row: &Row<'_>) -> rusqlite::Result<Option<Processes>> {
    let boot_id: Option<String> = row.get("boot_id")?;
    let host = process(row.get("host_pid")?, row.get("host_start")?);
    let agent = process(row.get("agent_pid")?, row.get("agent_start")?);
    Ok(match (boot_id, host, agent) {
        (Some(boot_id), Some(host), Some(agent)) => Some(Processes { host, agent, boot_id }),
        _ => None,
    })
}

fn process(pid: Option<u32>, start: Option<i64>) -> Option<ProcessId> {
    Some(ProcessId { pid: pid?, start_time: start?.unsigned_abs() })
}
