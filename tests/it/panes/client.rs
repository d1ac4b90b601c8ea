//! A raw client of a zellij server: looks at what `ao::panes` does not show, and stands in for a
//! person at a terminal.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use zellij_utils::client_server_contract::client_server_contract::{
    ClientToServerMsg as WireRequest, ServerToClientMsg as WireAnswer,
};
use zellij_utils::data::PaneListEntry;
use zellij_utils::input::actions::Action;
use zellij_utils::input::cli_assets::CliAssets;
use zellij_utils::ipc::{ClientToServerMsg, ServerToClientMsg};
use zellij_utils::pane_size::Size;
use zellij_utils::prost::Message;

pub struct Client {
    stream: UnixStream,
}

impl Client {
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream }
    }

    /// A person with a terminal of this size.
    pub fn attach(socket: &Path, cols: usize, rows: usize) -> Self {
        let mut client = Self::connect(socket);
        client.send(ClientToServerMsg::AttachClient {
            cli_assets: CliAssets {
                terminal_window_size: Size { rows, cols },
                ..CliAssets::default()
            },
            tab_position_to_focus: None,
            pane_to_focus: None,
            is_web_client: false,
        });
        // Drawing begins when the client is part of the session.
        client.until(|message| matches!(message, ServerToClientMsg::Render { .. }));
        client
    }

    pub fn send(&mut self, message: ClientToServerMsg) {
        let body = WireRequest::from(message).encode_to_vec();
        self.stream.write_all(&u32::try_from(body.len()).unwrap().to_le_bytes()).unwrap();
        self.stream.write_all(&body).unwrap();
    }

    /// The next message; `None` at the end.
    pub fn next(&mut self) -> Option<ServerToClientMsg> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head).ok()?;
        let mut body = vec![0; u32::from_le_bytes(head) as usize];
        self.stream.read_exact(&mut body).ok()?;
        WireAnswer::decode(body.as_slice()).unwrap().try_into().ok()
    }

    pub fn until(&mut self, wanted: impl Fn(&ServerToClientMsg) -> bool) -> ServerToClientMsg {
        loop {
            let message = self.next().expect("the server answers");
            if wanted(&message) {
                return message;
            }
        }
    }

    /// What an action answers; nothing when zellij hangs up instead.
    fn ask(&mut self, action: Action) -> Option<String> {
        self.send(ClientToServerMsg::Action {
            action,
            terminal_id: None,
            client_id: None,
            is_cli_client: true,
        });
        loop {
            if let ServerToClientMsg::Log { lines } = self.next()? {
                return Some(lines.join("\n"));
            }
        }
    }
}

/// What an action answers. zellij forgets a client too many when one leaves, and then hangs up on
/// whoever came next: that one asks again.
fn ask(socket: &Path, action: &Action) -> String {
    let answer = (0..3).find_map(|_| Client::connect(socket).ask(action.clone()));
    answer.expect("the server answers one of three")
}

/// Every pane, as zellij tells it.
pub fn panes(socket: &Path) -> Vec<PaneListEntry> {
    let list = Action::ListPanes {
        show_tab: true,
        show_command: true,
        show_state: true,
        show_geometry: true,
        show_all: true,
        output_json: true,
    };
    serde_json::from_str(&ask(socket, &list)).unwrap()
}

/// The pane of a session, as zellij tells it.
pub fn pane(socket: &Path, id: &str) -> PaneListEntry {
    let end = format!(" {id}");
    panes(socket)
        .into_iter()
        .find(|pane| pane.pane_info.terminal_command.as_ref().is_some_and(|c| c.ends_with(&end)))
        .unwrap_or_else(|| panic!("no pane of {id}"))
}

/// Which pane each attached person looks at: `terminal_3`.
pub fn focused(socket: &Path) -> Vec<String> {
    let table = ask(socket, &Action::ListClients);
    let column = |line: &str| line.split_whitespace().nth(1).unwrap().to_owned();
    table.lines().skip(1).map(column).collect()
}

/// What is written in a pane.
pub fn screen(socket: &Path, id: &str) -> String {
    let pane_id = zellij_utils::data::PaneId::Terminal(pane(socket, id).pane_info.id);
    let dump = Action::DumpScreen {
        file_path: None,
        include_scrollback: false,
        pane_id: Some(pane_id),
        ansi: false,
    };
    ask(socket, &dump)
}
