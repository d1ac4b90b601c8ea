//! The states of a message. At any time it is in exactly one, with the reason where one is due.

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Accepted and durable; why it is held, if something holds it.
    Queued(Option<Held>),
    /// The host is writing it.
    Delivering,
    /// Its text and an Enter have gone into the terminal.
    Written,
    /// The agent's own hook has shown it as a prompt.
    Submitted,
    /// A message that names it as answered has been accepted.
    Answered,
    /// Its recipient has read it from the inbox.
    Read,
    /// It will not be written.
    Dead(Dead),
    /// Its deadline passed before it could be written.
    Expired,
    /// Somebody took it back before it was written.
    Cancelled,
    /// It may or may not have been submitted; it is never typed again.
    Uncertain(Uncertain),
}

/// Why a message waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It waits in the inbox until it is read.
    OnDemand,
    /// The agent works, or has been given a message that it has not taken up yet.
    AgentBusy,
    /// A dialog is open, where an Enter would answer it.
    Dialog,
    /// A person's unsent text is, or may be, in the composer.
    Draft,
    /// A person typed a moment ago.
    HumanTyping,
    /// The agent has not shown that it takes input.
    Starting,
    /// Something else than the agent has the terminal.
    NotForeground,
    /// The agent does not read its terminal.
    NotReading,
    /// The screen changed while the text was being checked.
    Changed,
    /// A line of it is longer than the terminal takes.
    LineTooLong,
    /// The host does not answer.
    HostDown,
    /// The model of the recipient's agent is at a limit and takes nothing more for a while.
    RateLimit,
    /// The recipient is being relaunched.
    Relaunching,
    /// The recipient is an orchestrator that does not run now.
    NotRunning,
    /// Sender and recipient only answer each other: a person has been told.
    PingPong,
}

/// Why a message is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// The worker it was for is over.
    RecipientEnded,
    /// What ao was about to tell is no longer so, or is told in another message.
    Outdated,
}

/// Why nobody can say whether a message was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertain {
    /// The host's ledger has an intent without an outcome.
    Interrupted,
    /// It was written, and no receipt came from an agent that gives receipts.
    NoReceipt,
    /// It was written, and its recipient ended before a receipt.
    RecipientEnded,
}

macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $type {
            /// The word on the wire and in the store.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The reverse of [`Self::as_str`].
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words!(Held {
    OnDemand => "on_demand",
    AgentBusy => "agent_busy",
    Dialog => "dialog",
    Draft => "draft",
    HumanTyping => "human_typing",
    Starting => "starting",
    NotForeground => "not_foreground",
    NotReading => "not_reading",
    Changed => "screen_changed",
    LineTooLong => "line_too_long",
    HostDown => "host_down",
    RateLimit => "rate_limit",
    Relaunching => "relaunching",
    NotRunning => "not_running",
    PingPong => "ping_pong",
});
words!(Dead {
    RecipientEnded => "recipient_ended",
    Outdated => "outdated",
});
words!(Uncertain {
    Interrupted => "interrupted",
    NoReceipt => "no_receipt",
    RecipientEnded => "recipient_ended",
});

impl State {
    /// State and reason as words, for the wire and the store.
    #[must_use]
    pub fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Queued(held) => ("queued", held.map(Held::as_str)),
            Self::Delivering => ("delivering", None),
            Self::Written => ("written", None),
            Self::Submitted => ("submitted", None),
            Self::Answered => ("answered", None),
            Self::Read => ("read", None),
            Self::Dead(why) => ("dead", Some(why.as_str())),
            Self::Expired => ("expired", None),
            Self::Cancelled => ("cancelled", None),
            Self::Uncertain(why) => ("uncertain", Some(why.as_str())),
        }
    }

    /// The reverse of [`State::words`].
    #[must_use]
    pub fn parse(state: &str, reason: Option<&str>) -> Option<Self> {
        Some(match (state, reason) {
            ("queued", None) => Self::Queued(None),
            ("queued", Some(held)) => Self::Queued(Some(Held::parse(held)?)),
            ("delivering", _) => Self::Delivering,
            ("written", _) => Self::Written,
            ("submitted", _) => Self::Submitted,
            ("answered", _) => Self::Answered,
            ("read", _) => Self::Read,
            ("expired", _) => Self::Expired,
            ("cancelled", _) => Self::Cancelled,
            ("dead", Some(why)) => Self::Dead(Dead::parse(why)?),
            ("uncertain", Some(why)) => Self::Uncertain(Uncertain::parse(why)?),
            _ => return None,
        })
    }

    /// Whether a message in this state may come to stand in `next`. Nothing goes back but a
    /// delivery that the host withheld; late evidence may turn a doubt into certainty. A queued
    /// one may stand in the composer already, its Enter withheld: then its agent may show it as a
    /// prompt, or end with it.
    #[must_use]
    pub fn may_become(self, next: State) -> bool {
        use State::{
            Answered, Cancelled, Dead, Delivering, Expired, Queued, Read, Submitted, Uncertain,
            Written,
        };
        match self {
            Queued(_) => matches!(
                next,
                Queued(_)
                    | Delivering
                    | Dead(_)
                    | Expired
                    | Cancelled
                    | Read
                    | Submitted
                    | Uncertain(_)
                    | Answered
            ),
            Delivering => {
                matches!(next, Queued(_) | Written | Submitted | Uncertain(_) | Dead(_))
            }
            Written => matches!(next, Submitted | Answered | Uncertain(_)),
            Uncertain(_) => matches!(next, Submitted | Answered),
            Submitted | Read => matches!(next, Answered),
            Answered | Dead(_) | Expired | Cancelled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_back() {
        for state in [
            State::Queued(None),
            State::Queued(Some(Held::Dialog)),
            State::Delivering,
            State::Written,
            State::Submitted,
            State::Answered,
            State::Read,
            State::Expired,
            State::Cancelled,
            State::Dead(Dead::RecipientEnded),
            State::Uncertain(Uncertain::NoReceipt),
        ] {
            let (word, reason) = state.words();
            assert_eq!(State::parse(word, reason), Some(state));
        }
        assert_eq!(State::parse("dead", None), None);
    }

    #[test]
    fn what_was_typed_is_never_queued_again() {
        let queued = State::Queued(None);
        for past in [
            State::Written,
            State::Submitted,
            State::Answered,
            State::Read,
            State::Expired,
            State::Cancelled,
            State::Uncertain(Uncertain::Interrupted),
            State::Dead(Dead::RecipientEnded),
        ] {
            assert!(!past.may_become(queued), "{past:?}");
            assert!(!past.may_become(State::Delivering), "{past:?}");
        }
    }
}
