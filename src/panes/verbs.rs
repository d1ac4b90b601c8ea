//! What is done with panes: open, list, close, rename, mark, focus.

use std::path::PathBuf;
use std::time::Duration;

use zellij_utils::data::{Direction, PaneId};
use zellij_utils::input::actions::Action;
use zellij_utils::input::cli_assets::CliAssets;
use zellij_utils::input::command::{RunCommand, RunCommandAction};
use zellij_utils::input::layout::{Run, TiledPaneLayout};
use zellij_utils::ipc::{ClientToServerMsg, PaneReference};

use super::connection::Deadline;
use super::error::PanesError;
use super::layout::{MAIN_TAB, Place, Placement, place};
use super::listing::{Pane, PaneView, Shows};
use super::project::{PaneSpec, ProjectPanes, command};
use super::request::{self, REQUEST_LIMIT, action};
use super::settings::{PLACEHOLDER, PLACEHOLDER_SCRIPT};
use super::start::HEADLESS_SIZE;
use super::title;
use crate::model::ids::SessionId;

/// Between two looks for a pane that zellij has not made yet: no event tells of a new pane.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl ProjectPanes {
    /// Opens the session's pane without taking anybody's focus. A pane that is there stays as it
    /// is, title included. Needs a running server ([`ensure`](Self::ensure)).
    ///
    /// # Errors
    /// [`PanesError::Gone`], [`PanesError::Hung`] and its kin; [`PanesError::NotOpened`] when the
    /// pane does not show up within 1.5 s.
    pub async fn open(&self, spec: &PaneSpec) -> Result<(), PanesError> {
        let _turn = self.turn().await?;
        let mut panes = self.panes().await?;
        let there: Vec<Pane> = of(&panes, &spec.session).cloned().collect();
        if there.iter().any(|pane| !pane.exited) {
            return Ok(());
        }
        if !there.is_empty() {
            panes = self.shut(&there).await?;
        }
        let name = title::clean(&spec.title);
        let placement = place(&panes, spec.place, &name);
        let made = self.make(self.view(&spec.session), &name, &placement).await;
        let mut panes = self.await_pane(&spec.session, made).await?;
        let placeholders: Vec<Pane> =
            panes.iter().filter(|pane| pane.shows == Shows::Placeholder).cloned().collect();
        if !placeholders.is_empty() {
            panes = self.shut(&placeholders).await?;
        }
        self.arrange(panes, spec).await
    }

    /// The sessions' panes. Those that are nobody's are left out.
    pub async fn list(&self) -> Result<Vec<PaneView>, PanesError> {
        Ok(self.panes().await?.iter().filter_map(Pane::view).collect())
    }

    /// Closes the session's pane; none is no error. When it was the last one, a pane that says so
    /// takes its place, for zellij throws people out of an empty session.
    pub async fn close(&self, session: &SessionId) -> Result<(), PanesError> {
        let _turn = self.turn().await?;
        let panes = self.panes().await?;
        let there: Vec<Pane> = of(&panes, session).cloned().collect();
        if there.is_empty() {
            return Ok(());
        }
        if there.len() == panes.len() {
            let script = vec!["-c".to_owned(), PLACEHOLDER_SCRIPT.to_owned()];
            let command = command(PathBuf::from("/bin/sh"), script);
            self.make(command, PLACEHOLDER, &place(&panes, Place::Main, PLACEHOLDER)).await?;
        }
        let left = self.shut(&there).await?;
        match of(&left, session).next() {
            Some(_) => Err(PanesError::NotClosed(session.clone())),
            None => Ok(()),
        }
    }

    /// Gives the session's pane another title, and its tab if it has one of its own.
    ///
    /// # Errors
    /// [`PanesError::NoPane`], and those of every request.
    pub async fn rename(&self, session: &SessionId, title: &str) -> Result<(), PanesError> {
        let _turn = self.turn().await?;
        self.set_title(session, &title::clean(title)).await
    }

    /// Marks the session's pane as one that has ended: `<title> · ended`. Twice is once.
    ///
    /// # Errors
    /// [`PanesError::NoPane`], and those of every request.
    pub async fn mark_ended(&self, session: &SessionId, title: &str) -> Result<(), PanesError> {
        let _turn = self.turn().await?;
        self.set_title(session, &title::ended(title)).await
    }

    /// Shows the session's pane to the person who typed last; with nobody attached, to the next who
    /// attaches.
    ///
    /// # Errors
    /// [`PanesError::NoPane`], and those of every request.
    pub async fn focus(&self, session: &SessionId) -> Result<(), PanesError> {
        let _turn = self.turn().await?;
        let deadline = Deadline::after(REQUEST_LIMIT, "focus a pane");
        let mut passed_by = false;
        while !deadline.is_over() {
            let (people, panes) = self.people().await?;
            let pane = the_one(&panes, session)?;
            let wanted = format!("terminal_{}", pane.id);
            let message = match people.first() {
                None if passed_by => return Ok(()),
                None => {
                    passed_by = true;
                    as_a_passer_by(pane)
                }
                // It leaves with its connection, but not at once.
                Some(_) if passed_by => action(Action::NoOp),
                Some(_) if people.iter().any(|person| person.looks_at == wanted) => return Ok(()),
                Some(first) => as_person(first, pane),
            };
            self.act(vec![message], "focus a pane").await?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        // Somebody came in just then, and may look where they like.
        if passed_by { Ok(()) } else { Err(deadline.missed()) }
    }

    /// Those who are attached, and the panes. A connection that has made a tab counts until zellij
    /// has noticed that it is closed.
    async fn people(&self) -> Result<(Vec<Person>, Vec<Pane>), PanesError> {
        let (outcome, panes) = self.act(vec![action(Action::ListClients)], "list people").await?;
        // A table: its heading, then a line for each.
        let lines = outcome.said.iter().flat_map(|text| text.lines());
        Ok((lines.filter_map(Person::read).collect(), panes))
    }

    async fn set_title(&self, session: &SessionId, title: &str) -> Result<(), PanesError> {
        let panes = self.panes().await?;
        let pane = the_one(&panes, session)?;
        let mut messages = vec![action(Action::RenamePaneByPaneId {
            pane_id: Some(PaneId::Terminal(pane.id)),
            name: title.as_bytes().to_vec(),
        })];
        if pane.tab_name != MAIN_TAB {
            let id = pane.tab_id as u64;
            messages.push(action(Action::RenameTabById { id, name: title.to_owned() }));
        }
        let (outcome, panes) = self.act(messages, "rename a pane").await?;
        if the_one(&panes, session)?.title == title {
            return Ok(());
        }
        Err(PanesError::Refused(outcome.refusals.join(" ")))
    }

    /// Waits for a pane that was asked for. No answer, or an early one, is no failure: what is
    /// there decides.
    async fn await_pane(
        &self,
        session: &SessionId,
        made: Result<Vec<Pane>, PanesError>,
    ) -> Result<Vec<Pane>, PanesError> {
        let mut panes = match made {
            Err(PanesError::Hung { .. }) => self.panes().await?,
            other => other?,
        };
        let deadline = Deadline::after(REQUEST_LIMIT, "open a pane");
        while of(&panes, session).next().is_none() {
            if deadline.is_over() {
                return Err(PanesError::NotOpened(session.clone()));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            panes = self.panes().await?;
        }
        Ok(panes)
    }

    /// Makes a pane, at most once, and gives back the panes that are there after it.
    async fn make(
        &self,
        command: RunCommandAction,
        name: &str,
        placement: &Placement,
    ) -> Result<Vec<Pane>, PanesError> {
        let make = match placement {
            Placement::Beside { tab_id } => Action::NewTiledPane {
                direction: None,
                command: Some(command),
                pane_name: Some(name.to_owned()),
                near_current_pane: false,
                no_focus: true,
                borderless: None,
                tab_id: Some(*tab_id),
            },
            Placement::Tab { name: tab } => new_tab(command, name, tab),
        };
        // A tab takes its size from whoever makes it, and without one comes out empty.
        let size = ClientToServerMsg::TerminalResize { new_size: HEADLESS_SIZE };
        let deadline = Deadline::after(REQUEST_LIMIT, "open a pane");
        let outcome = request::act(&self.socket(), vec![size, action(make)], deadline).await?;
        if outcome.refusals.is_empty() {
            return self.read(&outcome);
        }
        Err(PanesError::Refused(outcome.refusals.join(" ")))
    }

    /// Closes panes, and gives back those that are left.
    async fn shut(&self, panes: &[Pane]) -> Result<Vec<Pane>, PanesError> {
        let messages =
            panes.iter().map(|pane| action(Action::CloseTerminalPane { pane_id: pane.id }));
        Ok(self.act(messages.collect(), "close a pane").await?.1)
    }

    /// Puts the main tab first and the orchestrator on its left. One step at a time, for a step too
    /// many moves the first tab to the end.
    async fn arrange(&self, mut panes: Vec<Pane>, spec: &PaneSpec) -> Result<(), PanesError> {
        for _ in 0..=panes.len() {
            let pane = the_one(&panes, &spec.session)?;
            let direction = Direction::Left;
            let step = if pane.tab_name != MAIN_TAB {
                return Ok(());
            } else if pane.tab_position > 0 {
                Action::MoveTabByTabId { id: pane.tab_id as u64, direction }
            } else if spec.place == Place::Main && pane.column > 0 {
                let pane_id = PaneId::Terminal(pane.id);
                Action::MovePaneByPaneId { pane_id, direction: Some(direction) }
            } else {
                return Ok(());
            };
            panes = self.act(vec![action(step)], "arrange the panes").await?.1;
        }
        // A pane in another place is a pane.
        Ok(())
    }
}

fn of<'a>(panes: &'a [Pane], session: &'a SessionId) -> impl Iterator<Item = &'a Pane> {
    panes.iter().filter(move |pane| pane.session() == Some(session))
}

fn the_one<'a>(panes: &'a [Pane], session: &'a SessionId) -> Result<&'a Pane, PanesError> {
    of(panes, session).next().ok_or_else(|| PanesError::NoPane(session.clone()))
}

fn new_tab(command: RunCommandAction, name: &str, tab: &str) -> Action {
    let pane = TiledPaneLayout {
        name: Some(name.to_owned()),
        run: Some(Run::Command(RunCommand::from(command))),
        ..TiledPaneLayout::default()
    };
    Action::NewTab {
        tiled_layout: Some(TiledPaneLayout { children: vec![pane], ..TiledPaneLayout::default() }),
        floating_layouts: Vec::new(),
        swap_tiled_layouts: None,
        swap_floating_layouts: None,
        tab_name: Some(tab.to_owned()),
        should_change_focus_to_new_tab: false,
        cwd: None,
        initial_panes: None,
        first_pane_unblock_condition: None,
    }
}

/// Somebody attached.
struct Person {
    /// Their number as a client.
    id: u16,
    /// Their pane: `terminal_3`.
    looks_at: String,
}

impl Person {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        Some(Self { id: words.next()?.parse().ok()?, looks_at: words.next()?.to_owned() })
    }
}

/// Focuses the pane for whoever typed last; for this person if nobody has yet.
fn as_person(person: &Person, pane: &Pane) -> ClientToServerMsg {
    ClientToServerMsg::Action {
        action: Action::FocusPaneByPaneId { pane_id: PaneId::Terminal(pane.id) },
        terminal_id: None,
        client_id: Some(person.id),
        is_cli_client: true,
    }
}

/// Attaches to the pane and, with the connection, leaves at once: zellij remembers the tab that was
/// looked at last.
fn as_a_passer_by(pane: &Pane) -> ClientToServerMsg {
    ClientToServerMsg::AttachClient {
        cli_assets: CliAssets { terminal_window_size: HEADLESS_SIZE, ..CliAssets::default() },
        // Counted from 1.
        tab_position_to_focus: Some(pane.tab_position + 1),
        pane_to_focus: Some(PaneReference { pane_id: pane.id, is_plugin: false }),
        is_web_client: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_from_the_table() {
        let heading = "CLIENT_ID ZELLIJ_PANE_ID RUNNING_COMMAND";
        assert!(Person::read(heading).is_none());
        assert!(Person::read("").is_none());
        let person = Person::read("12        terminal_3     ao attach --pane shop-1").unwrap();
        assert_eq!((person.id, person.looks_at.as_str()), (12, "terminal_3"));
    }
}
