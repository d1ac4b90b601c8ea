//! `ao send`: a message to a session.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;

use super::spawn::Policy;
use crate::cli::args::{Key, duration};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::messages;
use crate::cli::{candidates, text_input};
use crate::client::{Client, Deadline, Target};
use crate::model::names::ORCHESTRATOR;
use crate::wire::error::ErrorCode;
use crate::wire::message::{MessageAnswer, MessageView, Send};

/// Send a message to a session
///
/// Exit 0 means that the message is on disk. From inside a session the text arrives as
/// `[from <id>] text`. `orchestrator` as the ID means whoever is the project's orchestrator when
/// the message is delivered.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The session's id, unless --session gives it; then the text; - reads standard input
    #[arg(value_name = "ID] [TEXT", add = ArgValueCandidates::new(candidates::recipients))]
    pub words: Vec<String>,
    /// The session's id
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(candidates::recipients))]
    pub session: Option<String>,
    #[command(flatten)]
    pub message: MessageArgs,
}

/// What is sent and how, wherever it goes.
#[derive(Debug, Args)]
pub struct MessageArgs {
    /// The text
    #[arg(
        long = "message",
        value_name = "TEXT",
        conflicts_with = "file",
        allow_hyphen_values = true
    )]
    pub text: Option<String>,
    /// Read the text from a file, or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// When it is handed over [default: immediate]
    #[arg(long, value_name = "POLICY")]
    pub deliver: Option<Policy>,
    /// Stop what the agent does now, so that it reads this next
    #[arg(long)]
    pub interrupt: bool,
    /// Give it up if it has not been handed over after this time: seconds, or 30s, 5m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub by: Option<Duration>,
    /// The message that this one answers
    #[arg(long, value_name = "MESSAGE")]
    pub reply_to: Option<String>,
    /// What to wait for [default: accepted]
    #[arg(long, value_name = "STATE")]
    pub wait: Option<WaitFor>,
    /// How long to wait: seconds, or 30s, 5m; the message stays queued
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "wait")]
    pub timeout: Option<Duration>,
    #[command(flatten)]
    pub key: Key,
}

/// How far a message has to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// It is on disk
    Accepted,
    /// The agent has taken it
    Submitted,
    /// Somebody has answered it
    Reply,
}

/// Does it.
pub async fn run(args: SendArgs, context: &Context) -> Result<(), Failure> {
    let (recipient, words) = match (args.session, args.words.split_first()) {
        (Some(session), _) => (session, args.words.as_slice()),
        (None, Some((id, words))) => (id.clone(), words),
        (None, None) => {
            return Err(Failure::usage(
                "no recipient is named",
                "there is neither an ID nor --session",
                "`ao send ID TEXT`; `ao ls` lists the ids",
            ));
        }
    };
    let text = text(words, &args.message)?;
    let client = context.client_with(&args.message.key).await?;
    let project = if recipient == ORCHESTRATOR && client.address().session.is_none() {
        Some(context.project(&client).await?)
    } else {
        context.global.project.clone()
    };
    send(&client, &recipient, project, text, &args.message, context).await
}

/// Exactly one source of the text.
pub fn text(words: &[String], args: &MessageArgs) -> Result<String, Failure> {
    let two = || {
        Failure::usage(
            "the text is given twice",
            "words of the command line stand beside --message or --file",
            "give it once",
        )
    };
    match (words, &args.text, &args.file) {
        ([], Some(text), None) => text_input::checked(text.clone().into_bytes(), "message"),
        ([], None, Some(file)) => text_input::read(file, "message"),
        ([dash], None, None) if dash == "-" => text_input::read("-".as_ref(), "message"),
        ([], None, None) => Err(Failure::usage(
            "there is nothing to send",
            "no text is given",
            "`ao send ID TEXT`, --message TEXT, --file FILE, or - for standard input",
        )),
        (words, None, None) => text_input::checked(words.join(" ").into_bytes(), "message"),
        _ => Err(two()),
    }
}

/// Sends, waits as asked, prints.
pub async fn send(
    client: &Client,
    recipient: &str,
    project: Option<String>,
    text: String,
    args: &MessageArgs,
    context: &Context,
) -> Result<(), Failure> {
    let deliver = args.deliver.map(Policy::wire);
    let body = Send {
        text,
        deliver,
        interrupt: args.interrupt,
        by_s: args.by.map(|by| by.as_secs_f64()),
        reply_to: args.reply_to.clone(),
        project,
    };
    let target = Target::new(&["sessions", recipient, "messages"]);
    let answer: MessageAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    let until = match args.wait {
        None | Some(WaitFor::Accepted) => return print(&answer.message, context),
        Some(WaitFor::Submitted) => "submitted",
        Some(WaitFor::Reply) => "reply",
    };
    match wait(client, &answer.message.id, until, args.timeout).await {
        Ok(message) => print(&message, context),
        Err(failure) => {
            // It was accepted: its id and state are told with the error.
            let now = client.get(&Target::new(&["messages", &answer.message.id])).await;
            print(&now.map_or(answer.message, |answer: MessageAnswer| answer.message), context)?;
            Err(failure)
        }
    }
}

/// Waits for a message to be `submitted` or to have a `reply`.
pub async fn wait(
    client: &Client,
    id: &str,
    until: &str,
    timeout: Option<Duration>,
) -> Result<MessageView, Failure> {
    let target = Target::new(&["messages", id, "wait"]).with("for", Some(until));
    let answer: MessageAnswer = client.wait(&target, timeout).await?;
    Ok(answer.message)
}

fn print(message: &MessageView, context: &Context) -> Result<(), Failure> {
    // The text is what was given; a reply's wait may carry it, the answer to a send never does.
    let answer = MessageAnswer { message: MessageView { body: None, ..message.clone() } };
    context.out.result(&answer, &[&message.id], || {
        context.out.line(&messages::sent(message))?;
        if message.state == "uncertain" {
            context.out.notice("it is not certain that the agent got it; look with `ao screen`");
        }
        Ok(())
    })
}

/// Whether a failure is the end of a wait and nothing worse.
pub fn is_timeout(failure: &Failure) -> bool {
    failure.code() == Some(ErrorCode::Timeout)
}
