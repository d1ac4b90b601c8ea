//! `ao scratchpad`: small versioned values by key.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Table, age, neutral};
use crate::cli::text_input;
use crate::client::{Client, Target};
use crate::wire::scratchpad::{PutScratch, ScratchAnswer, ScratchList};

/// Small versioned values by key, for a project's agents
///
/// What several need to know and may change: where something runs, what was decided. A value is
/// written always, only if there is none (--create), or only over the version that was seen
/// (--expect-version).
#[derive(Debug, Args)]
pub struct ScratchpadArgs {
    #[command(subcommand)]
    pub verb: Verb,
    /// The values of this run of a flow instead of the project's own
    #[arg(long, global = true, value_name = "RUN")]
    pub flow: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the values
    Ls,
    /// Print a value
    Get {
        /// Its key
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        key: String,
    },
    /// Write a value
    Put {
        /// Its key
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        name: String,
        /// The value
        #[arg(value_name = "VALUE", required_unless_present = "file", allow_hyphen_values = true)]
        value: Option<String>,
        /// The value from a file, or from standard input with -
        #[arg(long, value_name = "FILE", conflicts_with = "value",
            value_hint = clap::ValueHint::FilePath)]
        file: Option<PathBuf>,
        /// Only if there is none
        #[arg(long, conflicts_with = "expect_version")]
        create: bool,
        /// Only if it has this version
        #[arg(long, value_name = "VERSION")]
        expect_version: Option<u32>,
        #[command(flatten)]
        key: Key,
    },
    /// Remove a value
    Rm {
        /// Its key
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        name: String,
        /// Only if it has this version
        #[arg(long, value_name = "VERSION")]
        expect_version: Option<u32>,
        #[command(flatten)]
        key: Key,
    },
}

/// Does it.
pub async fn run(args: ScratchpadArgs, context: &Context) -> Result<(), Failure> {
    let flow = args.flow.as_deref();
    match args.verb {
        Verb::Ls => list(flow, context).await,
        Verb::Get { key } => {
            let client = context.client().await?;
            let target = target(&client, Some(&key), flow, context).await?;
            let answer: ScratchAnswer = client.get(&target).await?;
            context.out.result(&answer, &[&key], || {
                let value = &answer.entry.value;
                let text = if context.out.terminal { neutral::lines(value) } else { value.clone() };
                context.out.line(text.strip_suffix('\n').unwrap_or(&text))
            })
        }
        Verb::Put { name, value, file, create, expect_version, key } => {
            let from_file = file.as_deref().map(|file| text_input::read(file, "value"));
            let value = from_file.transpose()?.or(value).unwrap_or_default();
            let client = context.client_with(&key).await?;
            let target = target(&client, Some(&name), flow, context)
                .await?
                .flag("create", create)
                .with("expect_version", expect_version.map(|version| version.to_string()));
            let answer: ScratchAnswer = client.put(&target, &PutScratch { value }).await?;
            told(&answer, context)
        }
        Verb::Rm { name, expect_version, key } => {
            let client = context.client_with(&key).await?;
            let target = target(&client, Some(&name), flow, context)
                .await?
                .with("expect_version", expect_version.map(|version| version.to_string()));
            let answer: ScratchAnswer = client.delete(&target).await?;
            told(&answer, context)
        }
    }
}

async fn target(
    client: &Client,
    key: Option<&str>,
    flow: Option<&str>,
    context: &Context,
) -> Result<Target, Failure> {
    let project = context.project(client).await?;
    let segments: Vec<&str> = std::iter::once("scratchpad").chain(key).collect();
    Ok(Target::new(&segments).with("project", Some(project)).with("flow", flow))
}

async fn list(flow: Option<&str>, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let list: ScratchList = client.get(&target(&client, None, flow, context).await?).await?;
    let keys: Vec<&str> = list.entries.iter().map(|entry| entry.key.as_str()).collect();
    context.out.result(&list, &keys, || {
        if list.entries.is_empty() {
            return context.out.line("nothing on the scratchpad");
        }
        let mut table = Table::new(&["KEY", "VERSION", "BY", "VALUE", "AGE"]);
        for entry in &list.entries {
            let (version, age) = (entry.version.to_string(), age::since(&entry.written_at));
            table.row(&[&entry.key, &version, &entry.written_by, &entry.value, &age]);
        }
        context.out.table(&table)
    })
}

fn told(answer: &ScratchAnswer, context: &Context) -> Result<(), Failure> {
    let entry = &answer.entry;
    context.out.result(answer, &[&entry.key], || {
        context.out.line(&format!("{} (version {})", entry.key, entry.version))
    })
}
