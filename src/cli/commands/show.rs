//! `ao show`: everything about one session.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions;
use crate::client::Target;
use crate::wire::session::SessionDetail;

/// Show everything about a session: why its state is believed, its work, its last events and lines
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: String,
}

/// Does it.
pub async fn run(args: &ShowArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let detail: SessionDetail = client.get(&Target::new(&["sessions", &args.id])).await?;
    context.out.result(&detail, &[&detail.session.id], || sessions::detail(&context.out, &detail))
}
