//! What of the caller's environment goes along with a spawn: the agent runs with the person's PATH,
//! home, language and keys, and without what belongs to this terminal or to another session.

use std::collections::BTreeMap;

use crate::config::Environment;

/// Names that mean this process, its terminal or its multiplexer.
const NAMES: [&str; 22] = [
    "_",
    "COLORTERM",
    "COLUMNS",
    "COMPLETE",
    "LINES",
    "LS_COLORS",
    "OLDPWD",
    "PATH",
    "PS1",
    "PWD",
    "SHLVL",
    "STY",
    "TERM",
    "TERMCAP",
    "TERMINFO",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "VTE_VERSION",
    "WINDOW",
    "WINDOWID",
    "SSH_TTY",
    "XDG_SESSION_ID",
];
const PREFIXES: [&str; 13] = [
    "AO_",
    "CLAUDE",
    "ZELLIJ",
    "GIT_",
    "TMUX",
    "KITTY_",
    "WEZTERM_",
    "ALACRITTY_",
    "KONSOLE_",
    "GHOSTTY_",
    "ITERM_",
    "GNOME_TERMINAL_",
    "LC_TERMINAL",
];

/// The caller's PATH, where programs are looked up.
pub fn path(environment: &Environment) -> Option<String> {
    environment.get("PATH").map(|path| path.to_string_lossy().into_owned())
}

/// The rest. Variables that are not UTF-8 cannot go through JSON and stay behind.
pub fn variables(environment: &Environment) -> BTreeMap<String, String> {
    let text = |(name, value): (&std::ffi::OsString, &std::ffi::OsString)| {
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    environment.variables().iter().filter_map(text).filter(|(name, _)| goes_along(name)).collect()
}

fn goes_along(name: &str) -> bool {
    !NAMES.contains(&name) && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_goes_along_the_terminal_does_not() {
        let names = [
            "HOME",
            "LANG",
            "ANTHROPIC_API_KEY",
            "TERM",
            "AO_SESSION_ID",
            "CLAUDECODE",
            "ZELLIJ",
            "GIT_DIR",
            "TMUX_PANE",
            "PATH",
        ];
        let environment = Environment::of(names.map(|name| (name, "x")));
        let kept = variables(&environment);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["ANTHROPIC_API_KEY", "HOME", "LANG"]);
        assert_eq!(path(&environment).as_deref(), Some("x"));
    }
}
