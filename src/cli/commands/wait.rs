//! `ao wait`: until sessions or messages have come so far.

use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use futures_util::future::{select_all, try_join_all};

use super::send;
use crate::cli::args::duration;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{messages, sessions};
use crate::client::{Client, Target};
use crate::wire::message::MessageView;
use crate::wire::session::{SessionAnswer, SessionView};

/// Wait until sessions are live, idle, exited or done, or messages are submitted or answered
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Ids of sessions, or of messages (m-…)
    #[arg(value_name = "ID", required = true, add = ArgValueCandidates::new(candidates::sessions))]
    pub ids: Vec<String>,
    /// What to wait for [default: idle for sessions, reply for messages]
    #[arg(long = "for", value_name = "STATE")]
    pub until: Option<Until>,
    /// Until one of them has come so far
    #[arg(long, conflicts_with = "all")]
    pub any: bool,
    /// Until all have (the default)
    #[arg(long)]
    pub all: bool,
    /// How long at most: seconds, or 30s, 5m; then the exit code is 6
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// How far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// The session's agent runs
    Live,
    /// Its agent waits for input
    Idle,
    /// Its agent has ended
    Exited,
    /// It reported done
    Done,
    /// The agent has taken the message
    Submitted,
    /// Somebody has answered the message
    Reply,
}

impl Until {
    fn wire(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Idle => "idle",
            Self::Exited => "exited",
            Self::Done => "done",
            Self::Submitted => "submitted",
            Self::Reply => "reply",
        }
    }

    fn is_of_messages(self) -> bool {
        matches!(self, Self::Submitted | Self::Reply)
    }
}

/// What has come so far.
enum Arrived {
    Session(Box<SessionView>),
    Message(Box<MessageView>),
}

/// Does it.
pub async fn run(args: &WaitArgs, context: &Context) -> Result<(), Failure> {
    for id in &args.ids {
        check(id, args.until)?;
    }
    let client = context.client().await?;
    let waits = args.ids.iter().map(|id| Box::pin(one(&client, id, args.until, args.timeout)));
    let arrived =
        if args.any { vec![select_all(waits).await.0?] } else { try_join_all(waits).await? };
    print(arrived, context)
}

fn is_message(id: &str) -> bool {
    crate::model::ids::MessageId::parse(id).is_ok()
}

fn check(id: &str, until: Option<Until>) -> Result<(), Failure> {
    let Some(until) = until else { return Ok(()) };
    if until.is_of_messages() == is_message(id) {
        return Ok(());
    }
    let kind = if is_message(id) { "a message" } else { "a session" };
    Err(Failure::usage(
        "this cannot be waited for",
        format!("{kind} is never {}", until.wire()),
        "sessions: live, idle, exited, done; messages: submitted, reply",
    ))
}

async fn one(
    client: &Client,
    id: &str,
    until: Option<Until>,
    timeout: Option<Duration>,
) -> Result<Arrived, Failure> {
    if is_message(id) {
        let until = until.unwrap_or(Until::Reply).wire();
        let message = send::wait(client, id, until, timeout).await?;
        return Ok(Arrived::Message(Box::new(message)));
    }
    let until = until.unwrap_or(Until::Idle).wire();
    Ok(Arrived::Session(Box::new(session(client, id, until, timeout).await?)))
}

/// Waits for a session to be `live`, `idle`, `exited` or `done`.
pub async fn session(
    client: &Client,
    id: &str,
    until: &str,
    timeout: Option<Duration>,
) -> Result<SessionView, Failure> {
    let target = Target::new(&["sessions", id, "wait"]).with("for", Some(until));
    let answer: SessionAnswer = client.wait(&target, timeout).await?;
    Ok(answer.session)
}

fn print(arrived: Vec<Arrived>, context: &Context) -> Result<(), Failure> {
    let (mut found, mut answered) = (Vec::new(), Vec::new());
    for one in arrived {
        match one {
            Arrived::Session(session) => found.push(*session),
            Arrived::Message(message) => answered.push(*message),
        }
    }
    let json = serde_json::json!({"sessions": found, "messages": answered});
    let ids: Vec<&str> =
        found.iter().map(|s| s.id.as_str()).chain(answered.iter().map(|m| m.id.as_str())).collect();
    context.out.result(&json, &ids, || {
        if !found.is_empty() {
            context.out.table(&sessions::table("SESSION", &found, 0))?;
        }
        if !answered.is_empty() {
            context.out.table(&messages::table(&answered))?;
        }
        Ok(())
    })
}
