//! One call and how the reports of it come together: what was said first stands, what comes later
//! fills the gaps.

use serde::{Deserialize, Serialize};

use crate::model::ids::Timestamp;

/// How a call went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has begun and nobody has told of its end.
    #[default]
    Running,
    /// It gave a result.
    Ok,
    /// It failed.
    Error,
    /// It was not allowed to run.
    Denied,
    /// The session ended before anybody told how it went.
    Unknown,
}

impl Outcome {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Running, Self::Ok, Self::Error, Self::Denied, Self::Unknown];
        all.into_iter().find(|outcome| outcome.as_str() == text)
    }

    /// Whether somebody knows how it went.
    #[must_use]
    pub fn is_known(self) -> bool {
        matches!(self, Self::Ok | Self::Error | Self::Denied)
    }
}

/// Who tells of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent's hook, when it happens.
    #[default]
    Hook,
    /// The output of a headless run, when it happens.
    Stream,
    /// The agent's own record, a little later.
    Transcript,
}

impl Source {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Stream => "stream",
            Self::Transcript => "transcript",
        }
    }

    /// The source of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Hook, Self::Stream, Self::Transcript];
        all.into_iter().find(|source| source.as_str() == text)
    }
}

/// What went into a tool or came out of it, secrets taken out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// All of it, or its beginning where it is kept as an artifact.
    pub text: String,
    /// The size of all of it in bytes.
    pub bytes: u64,
    /// The artifact that holds all of it.
    pub sha: Option<String>,
    /// `text` is only the beginning.
    pub cut: bool,
}

/// What one source says of a call. What it does not say is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sighting {
    /// The agent's own id of the call; unique in its session.
    pub call_id: String,
    /// The tool's name.
    pub tool: Option<String>,
    /// The subagent that makes it, by the agent's own name for it.
    pub chain: Option<String>,
    /// The call that started that subagent.
    pub parent: Option<String>,
    /// The model's message that asked for it.
    pub message: Option<String>,
    /// What went in.
    pub input: Option<Body>,
    /// What came out.
    pub output: Option<Body>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How long the tool itself ran, in milliseconds, where the agent says so: without the time
    /// that a permission took.
    pub run_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// How it went.
    pub outcome: Option<Outcome>,
    /// Who says so.
    pub source: Source,
}

/// A call as all sources together tell it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// See [`Sighting::call_id`].
    pub call_id: String,
    /// The tool's name; empty while nobody has said it.
    pub tool: String,
    /// See [`Sighting::chain`].
    pub chain: Option<String>,
    /// See [`Sighting::parent`].
    pub parent: Option<String>,
    /// See [`Sighting::message`].
    pub message: Option<String>,
    /// What went in.
    pub input: Option<Body>,
    /// What came out.
    pub output: Option<Body>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// See [`Sighting::run_ms`].
    pub run_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// How it went.
    pub outcome: Outcome,
    /// Who told of it first.
    pub source: Source,
}

impl Call {
    /// The call as its first report has it.
    #[must_use]
    pub fn first_seen(seen: Sighting) -> Self {
        let empty = Self { call_id: seen.call_id.clone(), source: seen.source, ..Self::default() };
        empty.and(seen)
    }

    /// The call with another report of it. A known end is not taken back, and nothing that was
    /// said is said differently; a call that was given up as unknown may still turn out.
    #[must_use]
    pub fn and(self, seen: Sighting) -> Self {
        let tool = if self.tool.is_empty() { seen.tool.unwrap_or_default() } else { self.tool };
        let outcome = match seen.outcome {
            Some(outcome) if !self.outcome.is_known() && outcome != Outcome::Running => outcome,
            _ => self.outcome,
        };
        Self {
            call_id: self.call_id,
            tool,
            chain: self.chain.or(seen.chain),
            parent: self.parent.or(seen.parent),
            message: self.message.or(seen.message),
            input: self.input.or(seen.input),
            output: self.output.or(seen.output),
            started_at: self.started_at.or(seen.started_at),
            finished_at: self.finished_at.or(seen.finished_at),
            run_ms: self.run_ms.or(seen.run_ms),
            error: self.error.or(seen.error),
            outcome,
            source: self.source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Option<Body> {
        Some(Body { text: text.into(), bytes: text.len() as u64, ..Body::default() })
    }

    fn started(at: i64) -> Sighting {
        Sighting {
            call_id: "t1".into(),
            tool: Some("Bash".into()),
            input: body("ls"),
            started_at: Some(Timestamp(at)),
            ..Sighting::default()
        }
    }

    fn ended(at: i64, outcome: Outcome) -> Sighting {
        Sighting {
            call_id: "t1".into(),
            output: body("a b"),
            finished_at: Some(Timestamp(at)),
            outcome: Some(outcome),
            ..Sighting::default()
        }
    }

    #[test]
    fn hook_and_transcript_make_one_call() {
        let transcript = |mut seen: Sighting| {
            seen.source = Source::Transcript;
            seen.message = Some("m1".into());
            seen
        };
        let call = Call::first_seen(started(10))
            .and(ended(30, Outcome::Ok))
            .and(transcript(started(12)))
            .and(transcript(ended(33, Outcome::Error)));
        assert_eq!(call.started_at, Some(Timestamp(10)));
        assert_eq!(call.finished_at, Some(Timestamp(30)));
        assert_eq!((call.outcome, call.source), (Outcome::Ok, Source::Hook));
        assert_eq!(call.message.as_deref(), Some("m1"));
    }

    #[test]
    fn an_end_without_a_begin_is_a_call_too() {
        let call = Call::first_seen(ended(30, Outcome::Error)).and(started(10));
        assert_eq!((call.tool.as_str(), call.outcome), ("Bash", Outcome::Error));
        assert_eq!(call.started_at, Some(Timestamp(10)));
    }

    #[test]
    fn what_was_given_up_may_still_turn_out() {
        let given_up = Call { outcome: Outcome::Unknown, ..Call::first_seen(started(1)) };
        assert_eq!(given_up.clone().and(started(1)).outcome, Outcome::Unknown);
        assert_eq!(given_up.and(ended(3, Outcome::Ok)).outcome, Outcome::Ok);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for outcome in
            [Outcome::Running, Outcome::Ok, Outcome::Error, Outcome::Denied, Outcome::Unknown]
        {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
        for source in [Source::Hook, Source::Stream, Source::Transcript] {
            assert_eq!(Source::parse(source.as_str()), Some(source));
        }
    }
}
