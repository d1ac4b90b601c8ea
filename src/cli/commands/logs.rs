//! `ao logs`: a session's recorded output.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral::Stripper;
use crate::client::{Client, ClientError, Deadline, Target};
use crate::wire::session::LogsView;

/// The supervisor holds a question for more output this long, in seconds, before it says "none".
const WAIT_S: u64 = 30;

/// Print a session's recorded output
///
/// Control sequences are taken out, but for colours on a terminal.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: String,
    /// Go on with what comes, until the session ends
    #[arg(short, long)]
    pub follow: bool,
    /// Begin at this byte of the whole output
    #[arg(long, value_name = "OFFSET")]
    pub from: Option<u64>,
    /// Every byte as it came: a terminal will obey it
    #[arg(long)]
    pub raw: bool,
}

/// Does it.
pub async fn run(args: &LogsArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let mut stripper = Stripper::new(context.out.color);
    let mut from = args.from;
    loop {
        let piece = piece(&client, args, from).await?;
        if let Some(asked) = from.filter(|asked| *asked < piece.from) {
            context.out.notice(&format!("{} bytes are no longer kept", piece.from - asked));
        }
        let (nothing, over) = (piece.next == piece.from, piece.ended);
        if !(nothing && context.out.json) {
            print(&piece, &mut stripper, args.raw, context)?;
        }
        from = Some(piece.next);
        if nothing && (!args.follow || over) {
            return Ok(());
        }
    }
}

/// The next piece. While following, a supervisor that goes and comes back is waited for.
async fn piece(client: &Client, args: &LogsArgs, from: Option<u64>) -> Result<LogsView, Failure> {
    let target = Target::new(&["sessions", &args.id, "logs"])
        .with("from", from.map(|offset| offset.to_string()))
        .with("wait_s", args.follow.then(|| WAIT_S.to_string()));
    let limit = std::time::Duration::from_secs(WAIT_S + 10);
    loop {
        match client.get_within(&target, Deadline::Within(limit)).await {
            Ok(piece) => return Ok(piece),
            Err(ClientError::NotRunning { .. } | ClientError::Broken(_))
                if args.follow && from.is_some() =>
            {
                // There is no event for its coming back.
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn print(
    piece: &LogsView,
    stripper: &mut Stripper,
    raw: bool,
    context: &Context,
) -> Result<(), Failure> {
    if context.out.json {
        return context.out.json(piece);
    }
    if raw {
        context.out.text(&piece.text)?;
    } else {
        context.out.text(&stripper.feed(&piece.text))?;
    }
    context.out.flush()
}
