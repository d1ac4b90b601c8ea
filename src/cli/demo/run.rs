//! One demonstration from the empty directory to the last table; whatever happens, it is cleaned up
//! unless it was to be kept.

use tokio::signal::unix::{SignalKind, signal};

use super::checks;
use super::clean_up::clean_up;
use super::facts::Facts;
use super::panes;
use super::progress::Progress;
use super::stage::{Show, Stage};
use super::story::{self, View};
use super::summary::{self, Kept};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::client::inside_session;
use crate::wire::error::{ApiError, ErrorCode};

/// How it is shown and left.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Everything stays.
    pub keep: bool,
    /// Panes are opened.
    pub zellij: bool,
}

/// Plays, compares, prints, cleans up.
///
/// # Errors
/// `WorkFailed` when something that the script promises did not come to pass; whatever a step says
/// that could not be taken.
pub async fn run(options: Options, context: &Context) -> Result<(), Failure> {
    refuse_inside_session(context)?;
    let attach = options.zellij && panes::has_terminal() && !context.out.json && !context.out.quiet;
    let show = Show { panes: options.zellij, slowly: attach };
    let stage = Stage::set(&context.environment, show)?;
    let (played, keep) = tokio::select! {
        played = play(&stage, options, attach, context) => {
            // What could not begin leaves nothing to look at.
            let keep = options.keep && played.as_ref().err().is_none_or(is_of_the_run);
            (played, keep)
        }
        interrupted = interrupted() => (Err(interrupted), false),
    };
    if keep {
        say_what_is_left(&stage, options, context)?;
        return played;
    }
    // The first failure is the one to be told.
    let cleaned = clean_up(&stage).await;
    played?;
    cleaned?;
    if options.zellij && !attach {
        context.out.notice(
            "without a terminal no panes are shown; with --keep they stay, and it says how to see them",
        );
    }
    Ok(())
}

fn is_of_the_run(failure: &Failure) -> bool {
    failure.code() == Some(ErrorCode::WorkFailed)
}

fn say_what_is_left(stage: &Stage, options: Options, context: &Context) -> Result<(), Failure> {
    if context.out.json || context.out.quiet {
        return Ok(());
    }
    context.out.text(&format!("\n{}", Kept::of(stage).lines(options.zellij)))
}

async fn play(
    stage: &Stage,
    options: Options,
    attach: bool,
    context: &Context,
) -> Result<(), Failure> {
    let mut progress = Progress::new(context.out);
    let view = View { panes: options.zellij, attach, keep: options.keep };
    let played = story::play(stage, view, &mut progress).await;
    // What was kept back while panes were shown is not lost with a failure.
    progress.release()?;
    let played = played?;
    let facts = Facts::collect(&played.client, stage).await?;
    let checks = checks::compare(&facts, &played.tally, &played.orchestrator);
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| format!("not so: {} ({})", check.what, check.found))
        .collect();
    let kept = options.keep.then(|| Kept::of(stage));
    summary::print(&context.out, facts, checks, kept, progress.elapsed_s())?;
    if failed.is_empty() {
        return Ok(());
    }
    Err(summary::failure(&failed.join("; "), options.keep))
}

/// A supervisor that is started in a session would end with it.
fn refuse_inside_session(context: &Context) -> Result<(), Failure> {
    if !inside_session(&context.environment) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::Unreachable,
        "the demo does not run inside a session",
        "it needs a supervisor of its own, which would be part of this session and end with it",
        "run `ao demo` in a terminal of your own",
    )
    .into())
}

/// Returns when somebody wants it to end.
async fn interrupted() -> Failure {
    let caught = || -> std::io::Result<_> {
        Ok((
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ))
    };
    match caught() {
        Ok((mut interrupt, mut terminate, mut hangup)) => tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        },
        // It can still be waited for to its end.
        Err(_) => std::future::pending().await,
    }
    ApiError::new(
        ErrorCode::WorkFailed,
        "the demo was interrupted",
        "it was told to end; everything it had made is gone again",
        "`ao demo` begins anew",
    )
    .into()
}
