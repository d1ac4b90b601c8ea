//! How projects and sessions get their names (rules of the README's section on ids).

use super::ids::{IdError, MAX_SLUG, ProjectId, SessionId};

/// The role name, reserved: as an address it means whoever is canonical.
pub const ORCHESTRATOR: &str = "orchestrator";

/// Room that a session's id needs behind its prefix: `-orchestrator`.
const PREFIX_ROOM: usize = MAX_SLUG - 1 - ORCHESTRATOR.len();

/// The id of a project from its folder's name: lower case, everything but a-z, 0-9 and `-`
/// dropped, `p` if nothing is left; a clash gets `-2`, `-3` …
pub fn project_id(folder: &str, taken: impl Fn(&str) -> bool) -> Result<ProjectId, IdError> {
    let kept: String = folder
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
        .collect();
    let trimmed = kept.trim_start_matches('-');
    let slug = if trimmed.is_empty() { "p" } else { trimmed };
    ProjectId::parse(first_free(slug, MAX_SLUG, "-", |id| id == ORCHESTRATOR || taken(id)))
}

/// The prefix of a project from its folder's name. Four characters or fewer: as it is; camel case:
/// its capitals; words joined by `-` or `_`: their initials; else the first three characters. All
/// lower case; a clash gets a number.
pub fn prefix(folder: &str, taken: impl Fn(&str) -> bool) -> String {
    let plain: String =
        folder.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    let raw = raw_prefix(&plain).to_ascii_lowercase();
    let kept: String = raw.chars().filter(char::is_ascii_alphanumeric).collect();
    let base = if kept.is_empty() { "p".to_owned() } else { kept };
    // `<base>2` must not read as a worker of another project, hence no dash before the number.
    first_free(&base, PREFIX_ROOM, "", taken)
}

fn raw_prefix(name: &str) -> String {
    let words: Vec<&str> = name.split(['-', '_']).filter(|w| !w.is_empty()).collect();
    if name.len() <= 4 {
        return name.to_owned();
    }
    let capitals: String = name.chars().filter(char::is_ascii_uppercase).collect();
    let has_lower = name.chars().any(|c| c.is_ascii_lowercase());
    if capitals.len() > 1 && has_lower && words.len() == 1 {
        return capitals;
    }
    if words.len() > 1 {
        return words.iter().filter_map(|w| w.chars().next()).collect();
    }
    name.chars().take(3).collect()
}

/// The first of `base`, `base<separator>2`, `base<separator>3` … that is not taken, cut so that
/// it has at most `room` characters.
fn first_free(base: &str, room: usize, separator: &str, taken: impl Fn(&str) -> bool) -> String {
    let cut = |room: usize| -> &str {
        // The callers keep ASCII only, so every index is a boundary.
        base[..base.len().min(room)].trim_end_matches('-')
    };
    let plain = cut(room).to_owned();
    std::iter::once(plain)
        .chain((2_u32..).map(|n| {
            let tail = format!("{separator}{n}");
            format!("{}{tail}", cut(room - tail.len()))
        }))
        .find(|candidate| !taken(candidate))
        .expect("an endless row of candidates has a free one")
}

/// The id of a project's canonical orchestrator: `<prefix>-orchestrator`.
pub fn orchestrator_id(prefix: &str) -> Result<SessionId, IdError> {
    SessionId::parse(format!("{prefix}-{ORCHESTRATOR}"))
}

/// The id of a project's `n`th worker: `<prefix>-<n>`.
pub fn worker_id(prefix: &str, n: u32) -> Result<SessionId, IdError> {
    SessionId::parse(format!("{prefix}-{n}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_ids() {
        let free = |_: &str| false;
        for (folder, id) in [
            ("shop", "shop"),
            ("My_App", "myapp"),
            ("web-Shop", "web-shop"),
            ("日本", "p"),
            ("--x", "x"),
            ("orchestrator", "orchestrator-2"),
        ] {
            assert_eq!(project_id(folder, free).unwrap().as_str(), id, "{folder}");
        }
        let taken = |id: &str| id == "shop" || id == "shop-2";
        assert_eq!(project_id("shop", taken).unwrap().as_str(), "shop-3");
        let long = "a".repeat(80);
        assert_eq!(project_id(&long, free).unwrap().as_str().len(), MAX_SLUG);
    }

    #[test]
    fn prefixes() {
        let free = |_: &str| false;
        for (folder, expected) in [
            ("shop", "shop"),
            ("App", "app"),
            ("AgentOrchestrator", "ao"),
            ("agent-orchestrator", "ao"),
            ("my_cool_app", "mca"),
            ("website", "web"),
            ("WEBSITE", "web"),
            ("Website", "web"),
            ("日本", "p"),
        ] {
            assert_eq!(prefix(folder, free), expected, "{folder}");
        }
        assert_eq!(prefix("website", |p| p == "web"), "web2");
    }
}
