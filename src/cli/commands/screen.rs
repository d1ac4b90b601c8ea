//! `ao screen`: what a session's terminal shows now.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral::{self, Stripper};
use crate::client::Target;
use crate::wire::session::ScreenView;

/// Show what a session's terminal shows now
#[derive(Debug, Args)]
pub struct ScreenArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: String,
    /// With colours
    #[arg(long)]
    pub ansi: bool,
    /// Lines above the screen, too
    #[arg(long, value_name = "LINES", default_value_t = 0)]
    pub scrollback: u32,
}

/// Does it.
pub async fn run(args: &ScreenArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let target = Target::new(&["sessions", &args.id, "screen"])
        .flag("ansi", args.ansi)
        .with("scrollback", Some(args.scrollback.to_string()));
    let screen: ScreenView = client.get(&target).await?;
    context.out.result(&screen, &[&screen.session], || {
        let empty = screen.lines.iter().rev().take_while(|line| line.trim().is_empty()).count();
        for line in &screen.lines[..screen.lines.len() - empty] {
            let line =
                if args.ansi { Stripper::new(true).feed(line) } else { neutral::lines(line) };
            context.out.line(line.trim_end())?;
        }
        Ok(())
    })
}
