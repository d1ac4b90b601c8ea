//! What a project's zellij is told: its configuration, and the layout it starts with. Both are
//! checked with zellij's own parser before they are used.
//!
//! zellij starts locked and stays so: every key reaches the agent but the five bound here, which
//! neither Claude Code, Codex nor a shell's line editor uses. Nothing quits the session or closes a
//! pane; leaving is detaching.

use zellij_utils::input::config::Config;
use zellij_utils::input::layout::Layout;

use super::error::PanesError;
use super::layout::MAIN_TAB;

/// The configuration. zellij passes over options that it does not know, so an older one takes it.
const CONFIG: &str = r#"// Written by ao for its own zellij; changed by hand it is written anew.
default_mode "locked"
default_shell "/bin/sh"
on_force_close "detach"
session_serialization false
disable_session_metadata true
show_startup_tips false
show_release_notes false
web_server false
web_sharing "disabled"
nested_session_handling "never"
advanced_mouse_actions false
mirror_session false
auto_layout true
pane_frames true
pane_frame_style "full"
scroll_buffer_size 1000
load_plugins {
}
keybinds clear-defaults=true {
    locked {
        bind "Alt j" { GoToNextTab; }
        bind "Alt k" { GoToPreviousTab; }
        bind "Alt o" { FocusNextPane; }
        bind "Alt z" { ToggleFocusFullscreen; }
        bind "Alt q" { Detach; }
    }
}
"#;

/// The layout at start: the main tab with a pane that holds its place, and how panes stand beside
/// one another there: the first one left and wide, the others to its right.
const LAYOUT: &str = r#"layout {
    tab name="@TAB@" {
        pane name="@NAME@" command="/bin/sh" close_on_exit=true {
            args "-c" "@SCRIPT@"
        }
    }
    swap_tiled_layout name="beside" {
        tab max_panes=1 {
            pane
        }
        tab {
            pane split_direction="vertical" {
                pane size="60%"
                pane split_direction="horizontal" {
                    children
                }
            }
        }
    }
}
"#;

/// The title of the pane that holds the place until a session has one.
pub(super) const PLACEHOLDER: &str = "ao";

/// What runs in it: it says why nothing is to be seen, and waits until it is closed.
pub(super) const PLACEHOLDER_SCRIPT: &str =
    "stty -echo 2>/dev/null; echo 'No session has a pane yet.'; exec cat >/dev/null";

/// The configuration, checked.
pub(super) fn config() -> Result<&'static str, PanesError> {
    match Config::from_kdl(CONFIG, None) {
        Ok(_) => Ok(CONFIG),
        Err(e) => Err(PanesError::Settings { what: "configuration", reason: e.to_string() }),
    }
}

/// The layout at start, checked.
pub(super) fn layout() -> Result<String, PanesError> {
    let text = LAYOUT
        .replace("@TAB@", MAIN_TAB)
        .replace("@NAME@", PLACEHOLDER)
        .replace("@SCRIPT@", PLACEHOLDER_SCRIPT);
    match Layout::from_kdl(&text, None, None, None) {
        Ok(_) => Ok(text),
        Err(e) => Err(PanesError::Settings { what: "layout", reason: e.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use zellij_utils::data::InputMode;
    use zellij_utils::input::actions::Action;

    use super::*;

    #[test]
    fn zellij_takes_both() {
        config().unwrap();
        layout().unwrap();
    }

    #[test]
    fn every_option_is_known_to_the_parser() {
        let config = Config::from_kdl(CONFIG, None).unwrap();
        let options = config.options;
        assert_eq!(options.default_mode, Some(InputMode::Locked));
        assert_eq!(options.session_serialization, Some(false));
        assert_eq!(options.disable_session_metadata, Some(true));
        assert_eq!(options.show_startup_tips, Some(false));
        assert_eq!(options.show_release_notes, Some(false));
        assert_eq!(options.web_server, Some(false));
        assert_eq!(options.advanced_mouse_actions, Some(false));
        assert_eq!(options.mirror_session, Some(false));
        assert_eq!(options.scroll_buffer_size, Some(1000));
        assert!(options.pane_frame_style.is_some_and(|style| style.draws_full_frames()));
        assert!(options.on_force_close.is_some());
        assert!(config.background_plugins.is_empty());
    }

    #[test]
    fn no_key_ends_anything_or_leaves_the_locked_mode() {
        let config = Config::from_kdl(CONFIG, None).unwrap();
        let bound: Vec<&Action> =
            config.keybinds.0.values().flat_map(|keys| keys.values()).flatten().collect();
        assert_eq!(bound.len(), 5);
        assert!(bound.iter().any(|action| matches!(action, Action::Detach)));
        assert!(!bound.iter().any(|action| matches!(
            action,
            Action::Quit
                | Action::CloseFocus
                | Action::CloseTab
                | Action::SwitchToMode { .. }
                | Action::NewPane { .. }
        )));
    }
}
