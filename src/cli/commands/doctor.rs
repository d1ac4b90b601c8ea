//! `ao doctor`: is everything set up, and if not, what to do. Needs no supervisor.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;

/// Check the set-up and say what to do
#[derive(Debug, Args)]
pub struct DoctorArgs {}

/// Does it.
pub async fn run(_args: &DoctorArgs, context: &Context) -> Result<(), Failure> {
    context.out.line("")
}
