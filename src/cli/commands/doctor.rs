//! `ao doctor`: is everything set up, and if not, what to do. Needs no supervisor.

use clap::Args;

use crate::cli::checks::{self, Check, Level};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::config::{Paths, Settings};
use crate::wire::error::{ApiError, ErrorCode};

/// Check the set-up and say what to do
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Make a damaged database anew, from what can be read of it and from the sessions
    ///
    /// The damaged file is kept beside the new one. A sound one is left as it is.
    #[arg(long)]
    pub rebuild: bool,

    /// Check that messages reach an agent: AGENT, or each that is installed
    ///
    /// In a throw-away place with a home of its own, against a model on this machine: messages while
    /// it is idle and while it works, of several lines, while a dialog is open, and after a kill.
    /// `ao agents` shows the result.
    #[arg(long, value_name = "AGENT", num_args = 0..=1, default_missing_value = "",
        conflicts_with = "rebuild")]
    pub delivery: Option<String>,
}

/// Does it. The exit code is 0 if nothing fails.
pub async fn run(args: &DoctorArgs, context: &Context) -> Result<(), Failure> {
    if args.rebuild {
        return rebuild(context).await;
    }
    if let Some(agent) = &args.delivery {
        return super::doctor_delivery::run(agent, context).await;
    }
    let checks = checks(context).await?;
    let failed: Vec<&str> =
        checks.iter().filter(|c| c.level == Level::Fail).map(|c| c.name.as_str()).collect();
    context.out.result(&serde_json::json!({"checks": checks}), &failed, || {
        checks.iter().try_for_each(|check| context.out.text(&lines(check)))
    })?;
    if failed.is_empty() {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::System,
        "the set-up has faults",
        format!("these checks failed: {}", failed.join(", ")),
        "each says what to do",
    )
    .into())
}

async fn rebuild(context: &Context) -> Result<(), Failure> {
    let Some(done) = crate::supervisor::rebuild(&context.environment).await? else {
        let answer = serde_json::json!({ "rebuilt": false });
        return context.out.result(&answer, &[], || {
            context.out.line("the database is sound; nothing was changed")
        });
    };
    let kept = done.kept.as_ref().map(|path| path.display().to_string());
    let answer = serde_json::json!({
        "rebuilt": true,
        "kept": kept,
        "rows": done.rows,
        "live": done.live,
        "put_back": done.put_back,
        "notices": done.notices,
    });
    let ids: Vec<&str> = done.live.iter().map(String::as_str).collect();
    context.out.result(&answer, &ids, || {
        let rows: u64 = done.rows.values().sum();
        context.out.line(&format!("rebuilt: {rows} rows could be read of the damaged database"))?;
        let list = |ids: &[String]| if ids.is_empty() { "none".into() } else { ids.join(", ") };
        context
            .out
            .line(&format!("sessions put back from their own files: {}", list(&done.put_back)))?;
        context.out.line(&format!("sessions that live: {}", list(&done.live)))?;
        if let Some(kept) = &kept {
            context.out.line(&format!("the damaged file is kept: {}", neutral::one_line(kept)))?;
        }
        for notice in &done.notices {
            context.out.notice(notice);
        }
        context
            .out
            .line("`ao status` starts the supervisor, which takes over the sessions that live")
    })
}

async fn checks(context: &Context) -> Result<Vec<Check>, Failure> {
    let environment = &context.environment;
    // A record that cannot be read is one of the things to find: the directories are told anyway.
    let paths = context.paths().or_else(|_| Paths::resolve(environment))?;
    let mut checks = checks::directories(&paths);
    let client = context.client_at(paths.clone());
    checks.push(checks::supervisor(&client).await);
    checks.extend(checks::warnings(&client).await);
    checks.extend(checks::git_locks(&client).await);
    let file = paths.config_file();
    let settings = match Settings::load(&file, environment) {
        Ok(settings) => {
            checks.push(Check::ok("settings", file.display().to_string()));
            settings
        }
        Err(error) => {
            let hint = "correct it; `ao config show` lists the settings";
            checks.push(Check::fail("settings", error.to_string(), hint));
            Settings::default()
        }
    };
    checks.push(checks::git().await);
    checks.push(checks::zellij(&settings, environment).await);
    checks.extend(checks::agents(&paths, &settings, environment));
    Ok(checks)
}

fn lines(check: &Check) -> String {
    let level = match check.level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail => "fail",
    };
    let mut text = format!("{level:4}  {}: {}\n", check.name, neutral::one_line(&check.found));
    if !check.hint.is_empty() {
        text.push_str(&format!("      try: {}\n", neutral::one_line(&check.hint)));
    }
    text
}
