//! Environments: of the server and so of every pane (an allow-list), and of a person's client.

use std::ffi::{OsStr, OsString};

use super::directory::Directory;

/// What a pane's viewer may need of the supervisor's environment. Everything else stays out: the
/// panes inherit the server's environment, and a session's marks or secrets are not theirs.
const KEPT: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "XDG_RUNTIME_DIR", "TZDIR", "TERMINFO"];

/// What a person's client must not inherit: another zellij's session, an agent's marks.
const STRIPPED: [&str; 3] = ["ZELLIJ", "CLAUDE", "AO_"];

type Variables = Vec<(OsString, OsString)>;

/// The server's environment: the allow-list out of `inherited`, the terminal that zellij's panes
/// are, what the viewer needs, and zellij's private places.
pub(super) fn of_server(
    inherited: impl Iterator<Item = (OsString, OsString)>,
    viewer: &[(OsString, OsString)],
    directory: &Directory,
) -> Variables {
    let mut all: Variables = inherited
        .filter(|(name, _)| {
            name.to_str().is_some_and(|name| KEPT.contains(&name) || name.starts_with("LC_"))
        })
        .collect();
    set(&mut all, "TERM", "xterm-256color");
    set(&mut all, "COLORTERM", "truecolor");
    for (name, value) in viewer {
        set(&mut all, name, value);
    }
    set_private(&mut all, directory);
    set(&mut all, "ZELLIJ_SESSION_NAME", directory.session_name());
    all
}

/// A person's client: their own environment without another zellij's or an agent's marks.
pub(super) fn of_client(
    inherited: impl Iterator<Item = (OsString, OsString)>,
    directory: &Directory,
) -> Variables {
    let mut all: Variables = inherited
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            !STRIPPED.iter().any(|prefix| name.starts_with(prefix))
        })
        .collect();
    set_private(&mut all, directory);
    all
}

/// zellij writes to its cache, its data and its log wherever it runs: here, and only here.
fn set_private(all: &mut Variables, directory: &Directory) {
    set(all, "ZELLIJ_SOCKET_DIR", directory.base());
    set(all, "ZELLIJ_CONFIG_FILE", directory.config());
    set(all, "ZELLIJ_CONFIG_DIR", directory.private("config"));
    set(all, "XDG_CACHE_HOME", directory.private("cache"));
    set(all, "XDG_DATA_HOME", directory.private("data"));
    set(all, "TMPDIR", directory.private("tmp"));
}

fn set(all: &mut Variables, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
    let name = name.as_ref();
    all.retain(|(other, _)| other != name);
    all.push((name.to_owned(), value.as_ref().to_owned()));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::ids::ProjectId;

    fn environment(names: &[&str]) -> std::vec::IntoIter<(OsString, OsString)> {
        let all: Variables = names.iter().map(|n| ((*n).into(), "theirs".into())).collect();
        all.into_iter()
    }

    fn value<'a>(all: &'a Variables, name: &str) -> Option<&'a str> {
        all.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.to_str())
    }

    const FOREIGN: [&str; 9] = [
        "AO_SESSION_ID",
        "AO_SESSION_TOKEN",
        "AO_ROLE",
        "CLAUDECODE",
        "ZELLIJ",
        "ZELLIJ_SESSION_NAME",
        "ZELLIJ_SOCKET_DIR",
        "PATH",
        "LC_ALL",
    ];

    #[test]
    fn nothing_of_a_session_gets_in() {
        let directory = Directory::new(Path::new("/r"), &ProjectId::parse("a").unwrap()).unwrap();
        let base = directory.base().to_str();
        let viewer = [("AO_DATA_DIR".into(), "/data".into())];
        let server = of_server(environment(&FOREIGN), &viewer, &directory);
        let client = of_client(environment(&FOREIGN), &directory);
        for all in [&server, &client] {
            assert_eq!(value(all, "PATH"), Some("theirs"));
            assert_eq!(value(all, "LC_ALL"), Some("theirs"));
            assert_eq!(value(all, "ZELLIJ_SOCKET_DIR"), base);
            for gone in &FOREIGN[..5] {
                assert_eq!(value(all, gone), None, "{gone}");
            }
        }
        assert_eq!(value(&server, "AO_DATA_DIR"), Some("/data"));
        assert_eq!(value(&server, "ZELLIJ_SESSION_NAME"), Some("a"));
        assert_eq!(value(&client, "ZELLIJ_SESSION_NAME"), None);
        assert_eq!(value(&server, "TERM"), Some("xterm-256color"));
    }
}
