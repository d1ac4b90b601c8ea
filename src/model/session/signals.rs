//! What each source says of an agent, side by side. The best of them that has something to say is
//! the activity; this is for when they disagree, or when the best has gone silent. Read where a
//! status is derived.

use crate::model::ids::Timestamp;

use super::{Activity, ActivityFact, ActivitySource};

/// An agent that is said to work and prints nothing for so long is not believed to, in
/// milliseconds. What agents show while they work moves all the time.
pub const SILENCE_MS: u64 = 10 * 60 * 1000;

/// So long a disagreement must last before it is called one, in milliseconds: sources see the same
/// change at different moments.
pub const SETTLING_MS: u64 = 10_000;

/// The last word of each source of this launch, in no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals(Vec<ActivityFact>);

impl Signals {
    /// Of these.
    #[must_use]
    pub fn new(facts: Vec<ActivityFact>) -> Self {
        Self(facts)
    }

    /// All, the best source first.
    pub fn facts(&self) -> impl Iterator<Item = &ActivityFact> {
        let mut facts: Vec<_> = self.0.iter().collect();
        facts.sort_by_key(|fact| std::cmp::Reverse(fact.source));
        facts.into_iter()
    }

    /// The last word of one source.
    #[must_use]
    pub fn of(&self, source: ActivitySource) -> Option<&ActivityFact> {
        self.0.iter().find(|fact| fact.source == source)
    }

    /// Takes a source's newest word. Where it repeats itself, it has said so since it said it
    /// first.
    #[must_use]
    pub fn with(mut self, fact: &ActivityFact) -> Self {
        match self.0.iter_mut().find(|old| old.source == fact.source) {
            None => self.0.push(*fact),
            Some(old) if old.activity == fact.activity || fact.at < old.at => {}
            Some(old) => *old = *fact,
        }
        self
    }

    /// Since when the work that `believed` tells of is contradicted by silence: it has printed
    /// nothing for [`SILENCE_MS`], and nobody has said that it works since.
    #[must_use]
    pub fn silent_since(&self, believed: &ActivityFact, now: Timestamp) -> Option<Timestamp> {
        let quiet =
            self.of(ActivitySource::Output).filter(|fact| fact.activity == Activity::Idle)?;
        let since = quiet.at.max(believed.at);
        let expired = believed.activity == Activity::Working && now.since(since) >= SILENCE_MS;
        expired.then_some(since)
    }

    /// What another source says that does not go with `believed`, if it has said so for longer
    /// than a change takes.
    #[must_use]
    pub fn against(&self, believed: &ActivityFact, now: Timestamp) -> Option<&ActivityFact> {
        self.facts().find(|fact| {
            fact.source != believed.source
                && fact.at >= believed.at
                && now.since(fact.at) >= SETTLING_MS
                && contradicts(fact, believed.activity)
        })
    }
}

/// Whether a source's word cannot be true together with what is believed. A quiet terminal goes
/// with work, and with a dialog.
fn contradicts(fact: &ActivityFact, believed: Activity) -> bool {
    use Activity::{Idle, NeedsInput, NeedsPermission, Starting, Working};
    match (fact.activity, believed) {
        (Working, Idle | NeedsPermission | NeedsInput) => true,
        (NeedsPermission | NeedsInput, Idle | Working | Starting) => true,
        // It came up, and what was to say so has not spoken.
        (Idle, Starting) => true,
        (Idle, Working | NeedsPermission | NeedsInput) => fact.source > ActivitySource::Output,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(activity: Activity, source: ActivitySource, at: i64) -> ActivityFact {
        ActivityFact { activity, source, at: Timestamp(at), background: 0 }
    }

    #[test]
    fn a_source_that_repeats_itself_has_said_so_since_the_first_time() {
        let quiet = |at| fact(Activity::Idle, ActivitySource::Output, at);
        let signals = Signals::default().with(&quiet(5)).with(&quiet(9));
        assert_eq!(signals.of(ActivitySource::Output), Some(&quiet(5)));
        let resumed = fact(Activity::Working, ActivitySource::Output, 12);
        let signals = signals.with(&resumed).with(&quiet(7));
        assert_eq!(signals.of(ActivitySource::Output), Some(&resumed), "an older word is late");
    }

    #[test]
    fn work_without_a_sign_expires() {
        let working = fact(Activity::Working, ActivitySource::Hook, 1000);
        let silent = Signals::default().with(&fact(Activity::Idle, ActivitySource::Output, 5000));
        let at = |ms: u64| Timestamp(5000 + i64::try_from(ms).unwrap());
        assert_eq!(silent.silent_since(&working, at(SILENCE_MS - 1)), None);
        assert_eq!(silent.silent_since(&working, at(SILENCE_MS)), Some(Timestamp(5000)));
        let idle = fact(Activity::Idle, ActivitySource::Hook, 1000);
        assert_eq!(silent.silent_since(&idle, at(SILENCE_MS)), None);
        let prints = silent.with(&fact(Activity::Working, ActivitySource::Output, 6000));
        assert_eq!(prints.silent_since(&working, at(SILENCE_MS * 2)), None);
    }

    #[test]
    fn disagreement_is_what_lasts() {
        let idle = fact(Activity::Idle, ActivitySource::Hook, 0);
        let prints = fact(Activity::Working, ActivitySource::Output, 1000);
        let signals = Signals::default().with(&idle).with(&prints);
        let late = Timestamp(1000 + i64::try_from(SETTLING_MS).unwrap());
        assert_eq!(signals.against(&idle, Timestamp(2000)), None);
        assert_eq!(signals.against(&idle, late), Some(&prints));
        let working = fact(Activity::Working, ActivitySource::Hook, 0);
        let quiet = Signals::default().with(&fact(Activity::Idle, ActivitySource::Output, 1000));
        assert_eq!(quiet.against(&working, late), None, "a quiet tool");
        let title = Signals::default().with(&fact(Activity::Idle, ActivitySource::Title, 1000));
        assert!(title.against(&working, late).is_some());
        let asks = fact(Activity::NeedsPermission, ActivitySource::Title, 1000);
        assert!(Signals::default().with(&asks).against(&working, late).is_some());
        let newer = fact(Activity::Working, ActivitySource::Hook, 2000);
        assert_eq!(Signals::default().with(&asks).against(&newer, late), None, "it is older");
    }
}
