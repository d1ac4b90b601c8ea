//! `ao attach`: a session's terminal, in this one.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::client::{Client, Deadline, Target};
use crate::host::viewer::{self, Terminal, ViewEnd};
use crate::host::{self, Admission, HostError};
use crate::model::ids::SessionId;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::session::{Attach, AttachAnswer};

/// Show a session's terminal in this one
///
/// Ctrl-] d detaches; Ctrl-] twice sends one Ctrl-]. The agent does not notice.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: String,
    /// Look, but send no keys
    #[arg(long)]
    pub read_only: bool,
    /// Run as a zellij pane: the size counts only once somebody types
    #[arg(long, hide = true)]
    pub pane: bool,
}

/// How to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct View {
    /// Send no keys.
    pub read_only: bool,
    /// Run as a zellij pane.
    pub pane: bool,
}

/// Does it.
pub async fn run(args: &AttachArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_of_running()?;
    view(&client, &args.id, View { read_only: args.read_only, pane: args.pane }).await
}

/// Where to attach, and with what right.
pub struct Door {
    /// The session host's socket.
    pub socket: PathBuf,
    /// The supervisor's ticket; without one the host lets in who is outside every session.
    pub ticket: Option<String>,
}

/// Shows the session until the person detaches or it ends.
pub async fn view(client: &Client, id: &str, view: View) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::usage(
            "cannot attach here",
            "standard input and output are not a terminal",
            format!("`ao screen {id}` and `ao logs {id}` work without one"),
        ));
    }
    let door = door(client, id, view).await?;
    look(id, door, view).await
}

/// Asks the supervisor; where none runs the session's host is asked directly.
async fn door(client: &Client, id: &str, view: View) -> Result<Door, Failure> {
    let target = Target::new(&["sessions", id, "attach"]);
    let body = Attach { read_only: view.read_only };
    match client.post::<AttachAnswer>(&target, &body, Deadline::Ordinary).await {
        Ok(answer) => Ok(Door { socket: answer.socket.into(), ticket: Some(answer.ticket) }),
        Err(error) if error.is_not_running() => {
            let session = SessionId::parse(id).map_err(|e| {
                ApiError::new(ErrorCode::NotFound, "no such session", e.to_string(), "`ao ls`")
            })?;
            let socket = client.address().paths.host_socket(&session);
            if !socket.exists() {
                return Err(error.into());
            }
            Ok(Door { socket, ticket: None })
        }
        Err(error) => Err(error.into()),
    }
}

/// Hands this terminal to the viewer of the session host.
async fn look(id: &str, door: Door, view: View) -> Result<(), Failure> {
    let terminal = Terminal::on_stdin().map_err(|e| failed(id, &e))?;
    let attach = host::Attach {
        admission: door.ticket.map_or(Admission::OutsideEverySession, Admission::Ticket),
        size: terminal.size().map_err(|e| failed(id, &e))?,
        read_only: view.read_only,
        pane: view.pane,
    };
    let stream = host::attach(&door.socket, attach).await.map_err(|e| failed(id, &e))?;
    match viewer::view(terminal, stream).await.map_err(|e| failed(id, &e))? {
        ViewEnd::Detached => say(&format!("detached from {id}, which goes on")),
        ViewEnd::Exited(_) => say(&format!("{id} has ended; `ao show {id}` tells how")),
        ViewEnd::Signalled(_) | ViewEnd::TerminalGone => {}
        ViewEnd::HostGone => {
            return Err(ApiError::new(
                ErrorCode::System,
                format!("the view of {id} has ended"),
                "its session host is gone, or could not keep up with this terminal",
                format!("`ao attach {id}` again, or `ao show {id}`"),
            )
            .into());
        }
    }
    Ok(())
}

fn failed(id: &str, error: &HostError) -> Failure {
    let hint = format!("`ao show {id}` tells whether it still runs");
    ApiError::new(ErrorCode::System, format!("cannot attach to {id}"), error.to_string(), hint)
        .into()
}

/// For the person whose terminal this is again; that it cannot be told changes nothing.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "[{}]", neutral::one_line(text));
}
