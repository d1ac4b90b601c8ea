//! `ao report`: an agent speaks of itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{age, neutral};
use crate::cli::text_input;
use crate::client::{Deadline, Target};
use crate::model::names::ORCHESTRATOR;
use crate::wire::session::{Report, ReportAnswer};

/// Report on oneself, from inside a session; the orchestrator is told
///
/// A question or a dead end at once; a task that is done together with what others finish in the
/// same seconds; checkpoints and pull requests together, a little later. The orchestrator is never
/// interrupted.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// How it stands
    #[arg(value_name = "STATE")]
    pub state: State,
    /// A few sentences
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub note: Option<String>,
    /// The whole result, from a file or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub result_file: Option<PathBuf>,
    #[command(flatten)]
    pub key: Key,
}

/// What can be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// The task is done
    Done,
    /// A decision is needed
    NeedsInput,
    /// No way on
    Stuck,
    /// Something is reached, the work goes on
    Checkpoint,
    /// A pull request was opened
    PrCreated,
}

impl State {
    fn wire(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NeedsInput => "needs_input",
            Self::Stuck => "stuck",
            Self::Checkpoint => "checkpoint",
            Self::PrCreated => "pr_created",
        }
    }
}

/// Does it.
pub async fn run(args: &ReportArgs, context: &Context) -> Result<(), Failure> {
    let result = args.result_file.as_deref().map(|file| text_input::read(file, "result"));
    let result = result.transpose()?;
    let session = context.environment.get("AO_SESSION_ID").ok_or_else(|| {
        Failure::usage(
            "there is nobody to report on",
            "AO_SESSION_ID is not set: this is not inside a session",
            "an agent reports from its own session; a person sends with `ao send`",
        )
    })?;
    let client = context.client_with(&args.key).await?;
    let target = Target::new(&["sessions", &session.to_string_lossy(), "report"]);
    let body = Report { state: args.state.wire().to_owned(), note: args.note.clone(), result };
    let answer: ReportAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    context.out.result(&answer, &[&answer.session.id], || {
        let state = args.state.wire().replace('_', "-");
        context.out.line(&format!("{} reported {state}; {}", answer.session.id, told(&answer)))
    })
}

/// Who learns of it, and when.
fn told(answer: &ReportAnswer) -> String {
    if let Some(message) = &answer.message {
        return format!("{} is told ({})", message.to, message.id);
    }
    let Some(notice) = &answer.notice else {
        let own = answer.session.kind == ORCHESTRATOR;
        return if own { "the person sees it" } else { "it has been so before" }.to_owned();
    };
    match (&notice.dropped, &notice.due_at) {
        (Some(why), _) if why == "repeated" => format!("{} knows already", notice.to),
        (Some(why), _) => format!("not told on: {}", neutral::one_line(&why.replace('_', " "))),
        (None, Some(due)) => match age::until_s(due) {
            0 => format!("kept for {}", notice.to),
            seconds => format!("{} is told within {}", notice.to, age::of_seconds(seconds)),
        },
        (None, None) => format!("{} is told", notice.to),
    }
}
