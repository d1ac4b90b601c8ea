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
        self.arrange(&panes, spec).await
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
        let (outcome, panes) = self.act(vec![action(Action::ListClients)], "list people").await?;
        let pane = the_one(&panes, session)?;
        // A heading, then a line for each.
        let attended = outcome.said.iter().flat_map(|text| text.lines()).count() > 1;
        let message = if attended {
            action(Action::FocusPaneByPaneId { pane_id: PaneId::Terminal(pane.id) })
        } else {
            as_a_passer_by(pane)
        };
        // Its only refusal is that the pane has the focus already.
        self.act(vec![message], "focus a pane").await.map(|_| ())
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

    /// Puts the main tab first and the orchestrator on its left.
    async fn arrange(&self, panes: &[Pane], spec: &PaneSpec) -> Result<(), PanesError> {
        let pane = the_one(panes, &spec.session)?;
        if pane.tab_name != MAIN_TAB {
            return Ok(());
        }
        let left = || Some(Direction::Left);
        let mut messages = Vec::new();
        for _ in 0..pane.tab_position {
            let id = pane.tab_id as u64;
            messages.push(action(Action::MoveTabByTabId { id, direction: Direction::Left }));
        }
        if spec.place == Place::Main && pane.column > 0 {
            let pane_id = PaneId::Terminal(pane.id);
            messages.push(action(Action::MovePaneByPaneId { pane_id, direction: left() }));
        }
        if messages.is_empty() {
            return Ok(());
        }
        self.act(messages, "arrange the panes").await.map(|_| ())
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
