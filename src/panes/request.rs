//! Requests to a running server. Each has a connection of its own (half a millisecond), so that
//! no answer is taken for another's.

use std::path::Path;
use std::time::Duration;

use zellij_utils::input::actions::Action;
use zellij_utils::ipc::{ClientToServerMsg, ServerToClientMsg};

use super::connection::{Connection, Deadline};
use super::error::PanesError;

/// How long one request may take. A healthy server with 50 panes needs 10 ms.
pub(super) const REQUEST_LIMIT: Duration = Duration::from_millis(1500);

/// How long each attempt at a request waits that may be made again; together [`REQUEST_LIMIT`].
const ATTEMPTS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_millis(800)];

/// What came of a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What it answered before the list.
    pub said: Vec<String>,
    /// zellij's words for why not, empty if it had none.
    pub refusals: Vec<String>,
    /// The panes afterwards, zellij's JSON.
    pub panes: String,
}

/// Wraps an action as zellij's command line would send it. It takes effect as the client that typed
/// last, if a person is attached.
pub(super) fn action(action: Action) -> ClientToServerMsg {
    ClientToServerMsg::Action { action, terminal_id: None, client_id: None, is_cli_client: true }
}

/// Asks for every pane, as JSON.
fn list_panes() -> ClientToServerMsg {
    action(Action::ListPanes {
        show_tab: true,
        show_command: false,
        show_state: true,
        show_geometry: true,
        show_all: true,
        output_json: true,
    })
}

/// Sends `messages` and then asks for the panes, on one connection. A server answers the messages
/// of a connection in order, so the list that comes back shows what they did. zellij's plain
/// acknowledgements prove nothing: every connection gets one when any pane closes.
pub(super) async fn act(
    socket: &Path,
    messages: Vec<ClientToServerMsg>,
    deadline: Deadline,
) -> Result<Outcome, PanesError> {
    let mut connection = Connection::open(socket, deadline).await?;
    for message in messages {
        connection.send(message, deadline).await?;
    }
    ask_panes(&mut connection, deadline).await
}

/// Asks for the panes on a connection that is open.
pub(super) async fn ask_panes(
    connection: &mut Connection,
    deadline: Deadline,
) -> Result<Outcome, PanesError> {
    connection.send(list_panes(), deadline).await?;
    let mut outcome = Outcome::default();
    loop {
        match connection.next(deadline).await? {
            ServerToClientMsg::LogError { lines } => outcome.refusals.extend(lines),
            ServerToClientMsg::Log { lines } => {
                let text = lines.join("\n");
                // Actions answer with ids such as `terminal_3`; only the list is an array.
                if text.trim_start().starts_with('[') {
                    outcome.panes = text;
                    return Ok(outcome);
                }
                outcome.said.push(text);
            }
            _ => {}
        }
    }
}

/// Like [`act`], for messages that may be done twice: asked again when no answer comes.
///
/// zellij loses a connection now and then: its probe for a live session (part of `zellij attach`)
/// forgets its client's number twice, and the second time it is the number of whoever came next.
/// So that probe is not used here, and no single silence is believed.
pub(super) async fn act_again(
    socket: &Path,
    messages: Vec<ClientToServerMsg>,
    what: &'static str,
) -> Result<Outcome, PanesError> {
    for limit in ATTEMPTS {
        match act(socket, messages.clone(), Deadline::after(limit, what)).await {
            Err(PanesError::Hung { .. }) => {}
            answered => return answered,
        }
    }
    Err(PanesError::Hung { what, limit: REQUEST_LIMIT })
}

/// Asks the server to end, and waits until it closes the connection.
pub(super) async fn kill(socket: &Path, deadline: Deadline) -> Result<(), PanesError> {
    let mut connection = Connection::open(socket, deadline).await?;
    connection.send(ClientToServerMsg::KillSession, deadline).await?;
    loop {
        match connection.next(deadline).await {
            Ok(_) => {}
            Err(PanesError::Gone) => return Ok(()),
            Err(other) => return Err(other),
        }
    }
}
