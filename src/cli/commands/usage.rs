//! `ao usage`: tokens, what the cache gave, money where prices are known.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::usage;
use crate::client::Target;
use crate::wire::usage::{SessionUsage, UsageList};

/// Show the tokens that agents used, and how much of it the cache gave
///
/// IN, READ and WRITE do not overlap: the prompt that was neither read from the provider's cache
/// nor written to it, what was read from it, what was written to it. HIT is the part of the prompt
/// that was read. With a session's id its turns are shown, each with the shape of its prompt. Money
/// is shown where prices.toml in the configuration directory has the model's price.
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// One session, turn by turn
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions),
        conflicts_with_all = ["by", "since"])]
    pub id: Option<String>,
    /// What is summed up together
    #[arg(long, value_enum, default_value_t = By::Session)]
    pub by: By,
    /// Only from then on: 24h, 7d, 2026-03-01, or a whole RFC 3339 moment
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<jiff::Timestamp>,
}

/// What is summed up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    Session,
    Role,
    Project,
    /// In UTC
    Day,
    Model,
}

/// Does it.
pub async fn run(args: UsageArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    if let Some(id) = &args.id {
        let target = Target::new(&["sessions", id, "usage"]);
        let found: SessionUsage = client.get(&target).await?;
        return context.out.result(&found, &[id], || usage::turns(&context.out, &found));
    }
    let by = args.by.to_possible_value().map(|value| value.get_name().to_owned());
    // Projects are compared with each other where nobody names one.
    let project = match args.by {
        By::Project => context.global.project.clone(),
        _ => context.project_if_any(&client).await?,
    };
    let target = Target::new(&["usage"])
        .with("by", by)
        .with("project", project)
        .with("since", args.since.map(|at| at.to_string()));
    let list: UsageList = client.get(&target).await?;
    let ids: Vec<&str> = list.usage.iter().map(|row| row.key.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.usage.is_empty() {
            return context.out.line("no tokens are known of");
        }
        usage::table(&context.out, &list)
    })
}

/// A moment, or how long ago it was.
fn since(text: &str) -> Result<jiff::Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    if let Ok(at) = format!("{text}T00:00:00Z").parse() {
        return Ok(at);
    }
    let wrong = || "24h, 7d, 2026-03-01, or a whole RFC 3339 moment".to_owned();
    let ago = match text.strip_suffix('d') {
        Some(days) => {
            let days: u32 = days.parse().map_err(|_| wrong())?;
            std::time::Duration::from_secs(u64::from(days) * 86_400)
        }
        None => crate::cli::args::duration(text).map_err(|_| wrong())?,
    };
    jiff::Timestamp::now().checked_sub(ago).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_or_ago() {
        assert_eq!(since("2026-03-01").unwrap().to_string(), "2026-03-01T00:00:00Z");
        assert!(since("2026-03-01T10:00:00Z").is_ok());
        let day = jiff::Timestamp::now().as_second() - since("7d").unwrap().as_second();
        assert!((7 * 86_400..7 * 86_400 + 5).contains(&day));
        assert!(since("2h").is_ok());
        for bad in ["", "x", "-1d", "99999999999d"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }
}
