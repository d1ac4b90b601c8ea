//! A message whose text went in before, and whose Enter was withheld: what is to be done with it
//! now that it is delivered again.

use std::time::Duration;

use tokio::time::Instant;

use crate::host::inject::{Composer, HeldWhy, may_enter};
use crate::model::ids::MessageId;

use super::host::Host;

/// A composer that shows nothing for so long holds nothing, however late its screen is: the text
/// went into what was open instead of it.
const LOST: Duration = Duration::from_secs(5);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resume {
    /// The text is there: press Enter.
    Enter,
    /// It is not there any more, and nobody has sent it: type it anew.
    Anew,
    /// Look again; since when the composer has been empty.
    Look(Instant),
    /// Not now.
    Withhold(HeldWhy),
    /// Nobody can say where the text is.
    Unknown,
}

impl Host {
    /// Decides. Once a person has typed, the text is theirs.
    pub(super) fn resume(
        &self,
        id: &MessageId,
        rules: &crate::host::inject::InjectRules,
        empty_since: Option<Instant>,
        now: Instant,
    ) -> Resume {
        let why = match &self.deliveries.pasted {
            Some((pasted, why)) if pasted == id => why.clone(),
            _ => HeldWhy::Changed,
        };
        if why == HeldWhy::Changed {
            return Resume::Withhold(why);
        }
        let facts = self.facts(rules, now);
        if let Err(why) = may_enter(rules, &facts, facts.bracketed) {
            return Resume::Withhold(why);
        }
        match facts.composer {
            Composer::Filled => Resume::Enter,
            // Nothing but its not reading stood against the Enter, and it has read everything now.
            Composer::NoRule if why == HeldWhy::NotReading => Resume::Enter,
            Composer::NoRule => Resume::Unknown,
            Composer::NotSeen => Resume::Withhold(why),
            Composer::Empty => match empty_since {
                Some(since) if now >= since + LOST => Resume::Anew,
                since => Resume::Look(since.unwrap_or(now)),
            },
        }
    }
}
