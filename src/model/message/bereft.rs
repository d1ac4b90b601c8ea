//! What becomes of a message when its recipient's generation ends.

use crate::model::ids::Generation;
use crate::model::session::Kind;

use super::{Dead, State, Uncertain};

/// The generation that ends.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// Mail for an orchestrator waits for the next one.
    pub kind: Kind,
    /// Its number.
    pub generation: Generation,
    /// Its agent shows what it takes as a prompt, so that what it has not shown is in doubt.
    pub gives_receipts: bool,
}

/// The state of a message for the session from now on. `written_to`: the generation that it was
/// handed to, if it was.
#[must_use]
pub fn after_recipient(state: State, written_to: Option<Generation>, end: Ending) -> State {
    match state {
        State::Written if end.gives_receipts && written_to == Some(end.generation) => {
            State::Uncertain(Uncertain::RecipientEnded)
        }
        _ if end.kind == Kind::Orchestrator => state,
        // What waits to be read, not typed, can be read by whoever brings the session back.
        State::Queued(Some(super::Held::OnDemand)) => state,
        // Its text is in the composer that has gone: somebody may have pressed Enter.
        State::Queued(_) if written_to == Some(end.generation) => {
            State::Uncertain(Uncertain::RecipientEnded)
        }
        State::Queued(_) => State::Dead(Dead::RecipientEnded),
        // What comes of a delivery that was cut off is in the ledger of its host.
        _ => state,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Held;
    use super::*;

    const END: Ending =
        Ending { kind: Kind::Worker, generation: Generation(2), gives_receipts: true };

    #[test]
    fn a_workers_mail_ends_with_it_and_says_how() {
        for queued in [State::Queued(None), State::Queued(Some(Held::PingPong))] {
            assert_eq!(after_recipient(queued, None, END), State::Dead(Dead::RecipientEnded));
        }
        let after = |state| after_recipient(state, Some(Generation(2)), END);
        let doubt = State::Uncertain(Uncertain::RecipientEnded);
        assert_eq!(after(State::Queued(Some(Held::Dialog))), doubt, "its text was typed");
        assert_eq!(after(State::Written), doubt);
        let on_demand = State::Queued(Some(Held::OnDemand));
        for state in [State::Delivering, State::Submitted, State::Read, on_demand] {
            assert_eq!(after(state), state);
        }
    }

    #[test]
    fn an_orchestrators_mail_waits_and_what_gives_no_receipts_is_not_doubted() {
        let end = Ending { kind: Kind::Orchestrator, ..END };
        for state in [State::Queued(None), State::Delivering] {
            assert_eq!(after_recipient(state, Some(Generation(2)), end), state);
        }
        let silent = Ending { gives_receipts: false, ..END };
        let written = State::Written;
        assert_eq!(after_recipient(written, Some(Generation(2)), silent), written);
        assert_eq!(after_recipient(written, Some(Generation(1)), END), written, "settled before");
    }
}
