//! `ao task result`, and the file that a result comes from.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::client::{Deadline, Target};
use crate::wire::MAX_ARTIFACT;
use crate::wire::error::{ApiError, ErrorCode};

/// Print a task's whole result, as it is; at a terminal without control characters
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// The task's id
    #[arg(value_name = "TASK")]
    pub id: String,
}

/// Does it.
pub async fn run(args: &ResultArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let target = Target::new(&["tasks", &args.id, "result"]);
    let bytes = client.download(&target, Deadline::Long).await?;
    let text = String::from_utf8_lossy(&bytes);
    let json = serde_json::json!({ "task": args.id, "bytes": bytes.len(), "result": text });
    context.out.result(&json, &[&args.id], || {
        if context.out.terminal {
            return context.out.line(neutral::lines(&text).trim_end());
        }
        context.out.bytes(&bytes)
    })
}

/// The whole file, or standard input for `-`.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let read = if file.as_os_str() == "-" {
        bounded(io::stdin().lock())
    } else {
        File::open(file).and_then(bounded)
    };
    let bytes = read.map_err(|error| {
        Failure::usage(
            format!("cannot read the result from {}", file.display()),
            error.to_string(),
            "name a file that can be read, or - for standard input",
        )
    })?;
    if bytes.len() <= MAX_ARTIFACT {
        return Ok(bytes);
    }
    Err(ApiError::new(
        ErrorCode::TooLarge,
        "the result is too large",
        format!("it has more than {MAX_ARTIFACT} bytes"),
        "commit it to the branch and name its path as the result",
    )
    .into())
}

fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_ARTIFACT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
