//! `ao project trust`: agree to the commands that come with a repository.

use crate::cli::consent;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::client::{Client, Deadline, Target};
use crate::wire::project::{TrustAnswer, TrustProject};

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Trust {
    /// Do not ask.
    pub yes: bool,
    /// Take it back.
    pub revoke: bool,
}

/// Shows the commands, asks, and pins exactly what was shown.
pub async fn run(
    client: &Client,
    id: &str,
    trust: Trust,
    context: &Context,
) -> Result<(), Failure> {
    let target = Target::new(&["projects", id, "trust"]);
    if trust.revoke {
        let answer: TrustAnswer =
            client.post(&target, &TrustProject::default(), Deadline::Ordinary).await?;
        return say(&answer, context, "no command of it runs any more");
    }
    let shown: TrustAnswer = client.get(&target).await?;
    let flows_are_new = shown.flows.iter().any(|flow| !flow.trusted);
    match shown.state.as_str() {
        "nothing" if shown.flows.is_empty() => {
            return say(&shown, context, "it has no commands");
        }
        "trusted" | "nothing" if !flows_are_new => {
            return say(&shown, context, "its commands are trusted already");
        }
        _ => {}
    }
    if !agreed(&shown, trust, context)? {
        return Err(Failure::usage(
            "nothing was trusted",
            "the answer was not yes",
            "sessions start without these commands",
        ));
    }
    let flows = shown.flows.into_iter().map(|flow| flow.hash).collect();
    let body = TrustProject { hash: shown.hash, flows };
    let answer: TrustAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    say(&answer, context, "these run from now on, exactly as they were shown")
}

fn agreed(shown: &TrustAnswer, trust: Trust, context: &Context) -> Result<bool, Failure> {
    if !context.out.json && !context.out.quiet {
        if !shown.commands.is_empty() {
            let what = format!("{} wants to run in each fresh worktree:", shown.file);
            list(&what, &shown.commands, context)?;
        }
        for flow in &shown.flows {
            list(&format!("the flow {} wants to run:", flow.file), &flow.commands, context)?;
        }
        context.out.flush()?;
    }
    if trust.yes {
        return Ok(true);
    }
    if !consent::can_ask() {
        return Err(Failure::usage(
            "nothing was trusted",
            format!("{} commands would run, and nobody is there to agree", count(shown)),
            "look at them, then: ao project trust --yes",
        ));
    }
    consent::ask("may these run?")
}

fn count(shown: &TrustAnswer) -> usize {
    shown.commands.len() + shown.flows.iter().map(|flow| flow.commands.len()).sum::<usize>()
}

fn list(what: &str, commands: &[Vec<String>], context: &Context) -> Result<(), Failure> {
    context.out.line(&neutral::one_line(what))?;
    for command in commands {
        let words = serde_json::to_string(command).expect("an argument list is plain JSON");
        context.out.line(&format!("  {}", neutral::one_line(&words)))?;
    }
    Ok(())
}

fn say(answer: &TrustAnswer, context: &Context, what: &str) -> Result<(), Failure> {
    context.out.result(answer, &[&answer.project], || {
        context.out.line(&format!("{}: {what}", answer.project))
    })
}
