//! Where a pane goes. The main tab holds up to three panes: the orchestrator on the left and wide,
//! the first two workers to its right, one above the other. Every later worker has a tab of its own,
//! named like its pane, so that each of twenty still has a whole screen. The orchestrator goes to
//! the main tab however full it is.

use super::listing::{Pane, Shows};

/// The name of the first tab.
pub(super) const MAIN_TAB: &str = "main";

/// Up to so many panes does a worker join the main tab.
const MAIN_ROOM: usize = 3;

/// What kind of session a pane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The orchestrator: in the main tab, on the left.
    Main,
    /// A worker: in the main tab while there is room, else in a tab of its own.
    Worker,
}

/// Where to make a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placement {
    /// In a tab that is there.
    Beside { tab_id: usize },
    /// In a new tab of this name.
    Tab { name: String },
}

/// The rule, for the panes as they are now.
pub(super) fn place(panes: &[Pane], place: Place, title: &str) -> Placement {
    let main: Vec<&Pane> = panes.iter().filter(|pane| pane.tab_name == MAIN_TAB).collect();
    let Some(first) = main.first() else {
        return Placement::Tab { name: MAIN_TAB.to_owned() };
    };
    let taken = main.iter().filter(|pane| pane.shows != Shows::Placeholder).count();
    if place == Place::Main || taken < MAIN_ROOM {
        Placement::Beside { tab_id: first.tab_id }
    } else {
        Placement::Tab { name: title.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::SessionId;

    fn pane(id: u32, tab: &str, tab_id: usize) -> Pane {
        Pane {
            id,
            shows: Shows::Session(SessionId::parse(format!("s-{id}")).unwrap()),
            title: format!("s-{id}"),
            tab_id,
            tab_name: tab.to_owned(),
            tab_position: tab_id,
            column: 0,
            exited: false,
        }
    }

    #[test]
    fn three_share_the_main_tab() {
        let mut panes = vec![Pane { shows: Shows::Placeholder, ..pane(0, MAIN_TAB, 7) }];
        for id in 1..=3 {
            assert_eq!(place(&panes, Place::Worker, "x"), Placement::Beside { tab_id: 7 }, "{id}");
            panes.push(pane(id, MAIN_TAB, 7));
        }
        assert_eq!(place(&panes, Place::Worker, "x"), Placement::Tab { name: "x".into() });
        assert_eq!(place(&panes, Place::Main, "x"), Placement::Beside { tab_id: 7 });
    }

    #[test]
    fn without_a_main_tab_the_next_pane_makes_one() {
        let panes = [pane(1, "w-1", 3)];
        for kind in [Place::Main, Place::Worker] {
            assert_eq!(place(&panes, kind, "x"), Placement::Tab { name: MAIN_TAB.into() });
        }
    }
}
