//! `ao result`: the whole result that a session reported.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::client::Target;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::session::ResultView;

/// Print the whole result that a session reported
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: String,
}

/// Does it.
pub async fn run(args: &ResultArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let view: ResultView = client.get(&Target::new(&["sessions", &args.id, "result"])).await?;
    let Some(result) = &view.result else {
        return Err(ApiError::new(
            ErrorCode::NotFound,
            "there is no result",
            format!("{} has reported none so far", view.session),
            format!("`ao wait {} --for done` waits for its report", view.session),
        )
        .into());
    };
    context.out.result(&view, &[&view.session], || {
        let text = if context.out.terminal { neutral::lines(result) } else { result.clone() };
        context.out.text(&text)?;
        if text.ends_with('\n') { Ok(()) } else { context.out.text("\n") }
    })
}
