//! zellij's list of panes, read: which session each one shows.

use zellij_utils::data::PaneListEntry;

use super::error::PanesError;
use super::settings::PLACEHOLDER_SCRIPT;
use crate::model::ids::SessionId;

/// One session's pane, as zellij shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaneView {
    /// The session it shows.
    pub session: SessionId,
    /// What stands on its frame.
    pub title: String,
    /// The name of its tab.
    pub tab: String,
    /// Its viewer has ended and the pane is still there.
    pub exited: bool,
}

/// Whose pane it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shows {
    /// A session, by its viewer's command line.
    Session(SessionId),
    /// Nobody yet: the pane that holds the place.
    Placeholder,
    /// Something else, which is left alone.
    Other,
}

/// A pane with what is needed to act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pane {
    pub id: u32,
    pub shows: Shows,
    pub title: String,
    pub tab_id: usize,
    pub tab_name: String,
    /// Counted from 0, left to right.
    pub tab_position: usize,
    /// Columns left of it.
    pub column: usize,
    pub exited: bool,
}

impl Pane {
    /// The session it shows.
    pub fn session(&self) -> Option<&SessionId> {
        match &self.shows {
            Shows::Session(session) => Some(session),
            _ => None,
        }
    }

    /// What callers see of it; `None` if it is no session's.
    pub fn view(&self) -> Option<PaneView> {
        Some(PaneView {
            session: self.session()?.clone(),
            title: self.title.clone(),
            tab: self.tab_name.clone(),
            exited: self.exited,
        })
    }
}

/// Reads zellij's JSON. `viewer` is the command line of a viewer up to the session's id: that, and
/// not the title, says whose a pane is, for a title can be changed by people and programs.
pub(super) fn read(json: &str, viewer: &str) -> Result<Vec<Pane>, PanesError> {
    let entries: Vec<PaneListEntry> = serde_json::from_str(json)
        .map_err(|e| PanesError::Garbled(format!("its list of panes: {e}")))?;
    Ok(entries.into_iter().filter(|e| !e.pane_info.is_plugin).map(|e| pane(e, viewer)).collect())
}

fn pane(entry: PaneListEntry, viewer: &str) -> Pane {
    let info = entry.pane_info;
    Pane {
        id: info.id,
        shows: info.terminal_command.map_or(Shows::Other, |command| shows(&command, viewer)),
        title: info.title,
        tab_id: entry.tab_id,
        tab_name: entry.tab_name,
        tab_position: entry.tab_position,
        column: info.pane_x,
        exited: info.exited || info.is_held,
    }
}

fn shows(command: &str, viewer: &str) -> Shows {
    if command.ends_with(PLACEHOLDER_SCRIPT) {
        return Shows::Placeholder;
    }
    let session = command.strip_prefix(viewer).and_then(|rest| rest.strip_prefix(' '));
    session.and_then(|id| SessionId::parse(id).ok()).map_or(Shows::Other, Shows::Session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_says_whose_it_is() {
        let viewer = "/opt/my ao/ao attach --pane";
        let session = |id: &str| Shows::Session(SessionId::parse(id).unwrap());
        for (command, expected) in [
            ("/opt/my ao/ao attach --pane shop-1", session("shop-1")),
            ("/opt/my ao/ao attach --pane shop-1 x", Shows::Other),
            ("/opt/my ao/ao attach --panels shop-1", Shows::Other),
            ("/opt/my ao/ao attach --pane", Shows::Other),
            ("/bin/sh", Shows::Other),
        ] {
            assert_eq!(shows(command, viewer), expected, "{command}");
        }
        let placeholder = format!("/bin/sh -c {PLACEHOLDER_SCRIPT}");
        assert_eq!(shows(&placeholder, viewer), Shows::Placeholder);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        assert!(matches!(read("[{}]", "ao"), Err(PanesError::Garbled(_))));
        assert_eq!(read("[]", "ao").unwrap(), []);
    }
}
