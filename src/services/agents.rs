//! What services ask of the agents' manifests.

use crate::agents::{Catalog, DialogRule, IdleEvidence, Inject};
use crate::host;
use crate::model::session::ActivitySource;
use crate::store::sessions::Session;

/// Whether the session's agent tells its prompts and turns by hooks of its own, so that nothing
/// else is believed about it: its manifest says so, or it has done so in this generation.
#[must_use]
pub fn speaks_by_hooks(catalog: &Catalog, session: &Session) -> bool {
    let always = catalog.get(&session.agent).is_ok_and(|m| m.idle_evidence == IdleEvidence::Hooks);
    always || session.activity.is_some_and(|fact| fact.source >= ActivitySource::Screen)
}

/// A manifest's rules for typing, in the session host's words.
#[must_use]
pub fn rules(inject: &Inject) -> host::InjectRules {
    host::InjectRules {
        human_quiet_ms: inject.human_quiet_ms,
        require_foreground: inject.require_foreground,
        dialog: patterns(&inject.dialog),
        busy: patterns(&inject.busy),
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
    };
    rules.iter().map(pattern).collect()
}
