//! Takes another session's marks out of an environment before something is started with it.

use std::collections::BTreeMap;

/// What says which session a process belongs to. `AO_DATA_DIR` and `AO_SOCKET` say only where the
/// supervisor is, and stay.
const NAMES: [&str; 6] = [
    "AO_SESSION_ID",
    "AO_ISSUE_ID",
    "AO_ROLE",
    "AO_SESSION_TOKEN",
    "AO_PROJECT_ID",
    "AO_GENERATION",
];

/// An agent that finds another agent's variables thinks that it is that one's child; a program
/// that finds zellij's talks to the wrong zellij.
const PREFIXES: [&str; 2] = ["CLAUDE", "ZELLIJ"];

/// Removes the marks of a session (`AO_SESSION_ID` and its kin) and everything that starts with
/// `CLAUDE` or `ZELLIJ`.
pub fn scrub(environment: &mut BTreeMap<String, String>) {
    environment.retain(|name, _| {
        !NAMES.contains(&name.as_str()) && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rest() {
        let names = ["PATH", "AO_DATA_DIR", "AO_SOCKET", "AO_ROLE", "CLAUDECODE", "ZELLIJ"];
        let mut environment: BTreeMap<String, String> =
            names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        scrub(&mut environment);
        let left: Vec<&str> = environment.keys().map(String::as_str).collect();
        assert_eq!(left, ["AO_DATA_DIR", "AO_SOCKET", "PATH"]);
    }
}
