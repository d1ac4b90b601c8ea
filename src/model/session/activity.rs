//! What a live session's agent was last seen doing, by whom, and when.

use serde::{Deserialize, Serialize};

use crate::model::ids::Timestamp;

/// What an agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// It has been launched and has not shown that it takes input.
    Starting,
    /// It works.
    Working,
    /// It waits for its next prompt.
    Idle,
    /// A dialog asks a person for leave.
    NeedsPermission,
    /// It asks a question.
    NeedsInput,
    /// Nothing tells.
    Unknown,
}

impl Activity {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Idle => "idle",
            Self::NeedsPermission => "needs_permission",
            Self::NeedsInput => "needs_input",
            Self::Unknown => "unknown",
        }
    }
}

/// Who says so; a better source is not overruled by a worse one while it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivitySource {
    /// The supervisor's own record of the launch.
    Record,
    /// The session host, from output going quiet and coming back.
    Output,
    /// The title that the agent gives its terminal, by the manifest's rules.
    Title,
    /// The session host, from what the screen shows by the manifest's rules.
    Screen,
    /// The agent's own hook.
    Hook,
}

impl ActivitySource {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Output => "output",
            Self::Title => "title",
            Self::Screen => "screen",
            Self::Hook => "hook",
        }
    }
}

/// An activity with its source and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityFact {
    /// What.
    pub activity: Activity,
    /// Who says so.
    pub source: ActivitySource,
    /// Since when.
    pub at: Timestamp,
    /// How many of its subagents work on in the background though it takes a prompt.
    #[serde(default)]
    pub background: u32,
}

impl ActivityFact {
    /// What `source` saw at this moment.
    #[must_use]
    pub fn new(activity: Activity, source: ActivitySource, at: Timestamp) -> Self {
        Self { activity, source, at, background: 0 }
    }

    /// Whether `newer` replaces this: the same or a better source does, and what a hook or the
    /// screen tells of an earlier moment still replaces what was only inferred since. And an idle
    /// screen may take back a dialog or work that a hook told of: agents have no hook for a dialog
    /// that is refused or a turn that is interrupted.
    #[must_use]
    pub fn yields_to(&self, newer: &ActivityFact) -> bool {
        let over = self.may_end_unsaid() && newer.source == ActivitySource::Screen;
        let is_inferred = self.source < ActivitySource::Screen;
        let is_better = newer.source > self.source && is_inferred;
        is_better || newer.at >= self.at && (newer.source >= self.source || over)
    }

    /// Whether the screen is to be looked at when output has gone quiet: for what may be over
    /// without a word, and for the first sign of an agent that gives it only there (`by_screen`).
    /// Work is over by the screen only where it is known what work looks like (`busy_is_known`).
    #[must_use]
    pub fn asks_the_screen(&self, by_screen: bool, busy_is_known: bool) -> bool {
        if self.source < ActivitySource::Screen {
            return by_screen;
        }
        match self.activity {
            Activity::NeedsPermission | Activity::NeedsInput => true,
            Activity::Working => busy_is_known,
            Activity::Starting | Activity::Idle | Activity::Unknown => false,
        }
    }

    fn may_end_unsaid(&self) -> bool {
        matches!(
            self.activity,
            Activity::NeedsPermission | Activity::NeedsInput | Activity::Working
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(activity: Activity, source: ActivitySource, at: i64) -> ActivityFact {
        ActivityFact::new(activity, source, Timestamp(at))
    }

    #[test]
    fn an_idle_screen_takes_back_what_ends_without_a_word() {
        let idle = fact(Activity::Idle, ActivitySource::Screen, 9);
        for (activity, yields) in [
            (Activity::Working, true),
            (Activity::NeedsPermission, true),
            (Activity::NeedsInput, true),
            (Activity::Idle, false),
            (Activity::Unknown, false),
        ] {
            let hook = fact(activity, ActivitySource::Hook, 5);
            assert_eq!(hook.yields_to(&idle), yields, "{activity:?}");
            assert!(!hook.yields_to(&fact(Activity::Idle, ActivitySource::Output, 9)));
            assert!(!hook.yields_to(&fact(Activity::Idle, ActivitySource::Screen, 4)), "older");
            assert!(hook.yields_to(&fact(Activity::Working, ActivitySource::Hook, 9)));
        }
    }

    #[test]
    fn the_screen_is_asked_for_what_it_can_tell() {
        let hook = |activity| fact(activity, ActivitySource::Hook, 5);
        assert!(hook(Activity::Working).asks_the_screen(false, true));
        assert!(!hook(Activity::Working).asks_the_screen(true, false));
        assert!(hook(Activity::NeedsPermission).asks_the_screen(false, false));
        assert!(!hook(Activity::Idle).asks_the_screen(true, true));
        let launched = fact(Activity::Starting, ActivitySource::Record, 5);
        assert!(launched.asks_the_screen(true, false));
        assert!(!launched.asks_the_screen(false, true));
        let output = fact(Activity::Working, ActivitySource::Output, 5);
        assert!(output.asks_the_screen(true, false));
        assert!(!output.asks_the_screen(false, true));
    }
}
