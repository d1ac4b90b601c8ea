//! `ao config`: settings, each with where its value comes from. Needs no supervisor.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Table;
use crate::client::inside_session;
use crate::config::{Setting, Settings};
use crate::wire::error::{ApiError, ErrorCode};

/// Show and change settings
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show all settings and where each value comes from (the default)
    Show,
    /// Print one value
    Get {
        /// The setting's name
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Write one value to the configuration file; a running supervisor takes it at its next start
    Set {
        /// The setting's name
        #[arg(value_name = "KEY")]
        key: String,
        /// Its value
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
}

/// A setting in JSON.
#[derive(Debug, Serialize)]
struct Row {
    key: &'static str,
    value: String,
    source: String,
    about: &'static str,
}

impl From<Setting> for Row {
    fn from(s: Setting) -> Self {
        Self { key: s.key, value: s.value, source: s.source.to_string(), about: s.about }
    }
}

/// Does it.
pub fn run(args: ConfigArgs, context: &Context) -> Result<(), Failure> {
    let file = context.paths()?.config_file();
    match args.verb.unwrap_or(Verb::Show) {
        Verb::Show => show(&Settings::load(&file, &context.environment)?, context),
        Verb::Get { key } => get(&file, &key, context),
        Verb::Set { key, value } => {
            if inside_session(&context.environment) {
                return Err(ApiError::new(
                    ErrorCode::Forbidden,
                    "the setting is as it was",
                    "settings are not changed from inside a session",
                    "a person runs this outside every session",
                )
                .into());
            }
            Settings::set(&file, &key, &value)?;
            get(&file, &key, context)
        }
    }
}

fn show(settings: &Settings, context: &Context) -> Result<(), Failure> {
    let rows: Vec<Row> = settings.list().into_iter().map(Row::from).collect();
    let keys: Vec<&str> = rows.iter().map(|row| row.key).collect();
    context.out.result(&serde_json::json!({"settings": rows}), &keys, || {
        let mut table = Table::new(&["SETTING", "VALUE", "FROM", "WHAT IT IS"]);
        for row in &rows {
            table.row(&[row.key, &row.value, &row.source, row.about]);
        }
        context.out.table(&table)
    })
}

fn get(file: &std::path::Path, key: &str, context: &Context) -> Result<(), Failure> {
    let setting = Row::from(Settings::load(file, &context.environment)?.get(key)?);
    let json = serde_json::json!({"setting": setting});
    context.out.result(&json, &[&setting.value], || context.out.line(&setting.value))
}
