//! What services ask of the agents' manifests.

use crate::agents::{Catalog, DialogRule, IdleEvidence, Inject};
use crate::host;
use crate::model::session::ActivitySource;
use crate::store::sessions::Session;

/// Whether the session's agent tells its prompts and turns by hooks of its own, so that nothing
/// else is believed about it: its manifest says so, or it has done so in this generation.
#[must_use]
pub fn speaks_by_hooks(catalog: &Catalog, session: &Session) -> bool {
    let always = is_told_by_hooks(catalog, session);
    always || session.activity.is_some_and(|fact| fact.source >= ActivitySource::Screen)
}

/// Whether what the session's output and title say is kept beside and not believed: its manifest
/// wants hooks. Not of an agent that was found again, of which neither a hook nor a screen tells
/// that it has been idle all along.
#[must_use]
pub fn is_told_by_hooks(catalog: &Catalog, session: &Session) -> bool {
    let Ok(manifest) = catalog.get(&session.agent) else { return false };
    let has_screen = manifest.inject.composer.is_some() || !manifest.inject.ready.is_empty();
    manifest.idle_evidence == IdleEvidence::Hooks && (has_screen || !is_found_again(session))
}

/// Whether nobody has seen the launch: the session was put back when the records were lost, and
/// what its hooks had said went with them.
#[must_use]
pub fn is_found_again(session: &Session) -> bool {
    session.signals.of(ActivitySource::Record).is_none()
}

/// A manifest's rules for typing, in the session host's words.
#[must_use]
pub fn rules(inject: &Inject) -> host::InjectRules {
    host::InjectRules {
        human_quiet_ms: inject.human_quiet_ms,
        require_foreground: inject.require_foreground,
        dialog: patterns(&inject.dialog),
        busy: patterns(&inject.busy),
        ready: patterns(&inject.ready),
        composer: inject.composer.as_ref().map(|rule| host::ComposerRule {
            prompts: rule.prompts.clone(),
            placeholders: rule.placeholders.clone(),
            last_rows: rule.last_rows,
            required: rule.required,
        }),
        bracketed_only: inject.bracketed_only,
    }
}

fn patterns(rules: &[DialogRule]) -> Vec<host::Pattern> {
    let pattern = |rule: &DialogRule| host::Pattern {
        name: rule.name.clone(),
        text: rule.text.clone(),
        last_rows: rule.last_rows,
        unless_composer: rule.unless_composer,
    };
    rules.iter().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use crate::host::{Shown, read_screen};

    use super::*;

    /// A recorded screen of a real program.
    #[derive(Debug, Clone)]
    struct Recorded {
        agent: String,
        /// What the person saw: `idle`, `busy`, `permission` …
        situation: String,
        rows: Vec<String>,
    }

    /// Every recorded screen, from `tests/screens/AGENT-VERSION/SITUATION.txt`.
    fn recorded() -> Vec<Recorded> {
        let all = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/screens");
        let mut recorded = Vec::new();
        for folder in std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()) {
            if !folder.is_dir() {
                continue;
            }
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                let text = std::fs::read_to_string(&file).unwrap();
                recorded.push(Recorded {
                    agent: name.split_once('-').unwrap().0.to_owned(),
                    situation: file.file_stem().unwrap().to_str().unwrap().to_owned(),
                    rows: text.lines().map(str::to_owned).collect(),
                });
            }
        }
        recorded.sort_by(|a, b| (&a.agent, &a.situation).cmp(&(&b.agent, &b.situation)));
        recorded
    }

    fn rules_of(agent: &str) -> host::InjectRules {
        rules(&Catalog::built_in().get(agent).unwrap().inject)
    }

    fn asks(situation: &str) -> bool {
        situation.contains("permission") || situation.contains("question")
    }

    #[test]
    fn recorded_screens_are_what_they_are() {
        let recorded = recorded();
        assert!(recorded.len() > 35, "{}", recorded.len());
        for screen in recorded {
            let shown = read_screen(&rules_of(&screen.agent), &screen.rows);
            let situation = screen.situation.as_str();
            let right = match situation {
                _ if asks(situation) => matches!(shown, Shown::Dialog(_)),
                _ if situation.starts_with("busy") => shown == Shown::Busy,
                // Its composer has no mark at all: its hooks alone say that it is idle.
                _ if screen.agent == "pi" => shown == Shown::Unknown,
                // Its composer has no mark of its own.
                "idle-after-a-turn" | "refused" if screen.agent == "opencode" => {
                    shown == Shown::Ready
                }
                "draft" if screen.agent == "opencode" => shown == Shown::Unknown,
                "draft" => shown == Shown::Draft,
                // Esc puts the prompt back into the composer of some.
                "interrupted" => matches!(shown, Shown::Idle | Shown::Draft),
                _ => shown == Shown::Idle,
            };
            assert!(right, "{} {situation}: {shown:?}\n{}", screen.agent, screen.rows.join("\n"));
        }
    }

    #[test]
    fn what_an_agent_said_is_no_dialog() {
        for (agent, said) in
            [("claude", "● Do you want to go on?"), ("codex", "• Would you like to")]
        {
            let screens = recorded();
            let idle = |screen: &&Recorded| {
                screen.agent == agent && screen.situation == "idle-after-a-turn"
            };
            let mut screen = screens.iter().find(idle).unwrap().clone();
            let at = screen.rows.iter().position(|row| row.contains("hello")).unwrap();
            screen.rows.insert(at + 2, said.to_owned());
            assert_eq!(read_screen(&rules_of(agent), &screen.rows), Shown::Idle, "{agent}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// Half a dialog, one that is scrolled, has noise over it or is cut off at the right, is
        /// never an empty composer.
        #[test]
        fn a_damaged_dialog_is_never_idle(
            pick in any::<prop::sample::Index>(),
            noise in prop::collection::vec("[a-z ─│]{0,60}", 0..5),
            cut_bottom in 0..4_usize,
            columns in 40..130_usize,
        ) {
            let dialogs: Vec<Recorded> =
                recorded().into_iter().filter(|screen| asks(&screen.situation)).collect();
            let screen = pick.get(&dialogs);
            let used = screen.rows.iter().rposition(|row| !row.trim().is_empty()).unwrap() + 1;
            let mut rows = noise;
            rows.extend(screen.rows[..used.saturating_sub(cut_bottom)].iter().cloned());
            for row in &mut rows {
                *row = row.chars().take(columns).collect();
            }
            let shown = read_screen(&rules_of(&screen.agent), &rows);
            let is_idle = matches!(shown, Shown::Idle | Shown::Ready);
            prop_assert!(!is_idle, "{} {}", &screen.agent, rows.join("\n"));
        }

        /// What no rule knows is no empty composer.
        #[test]
        fn an_unknown_screen_is_never_idle(
            rows in prop::collection::vec("[a-zA-Z0-9 ─│╭╰?(),./:-]{0,100}", 0..40),
        ) {
            for manifest in Catalog::built_in().agents() {
                let shown = read_screen(&rules(&manifest.inject), &rows);
                prop_assert!(!matches!(shown, Shown::Idle | Shown::Ready), "{}: {rows:?}", manifest.name);
            }
        }
    }
}
