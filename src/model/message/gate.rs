//! Whether the first message of a recipient's queue may be handed over now: to its host, which
//! checks again what only it can see (draft, foreground, dialog) right before the Enter, or in the
//! answer to a hook.

use crate::model::ids::{Generation, Timestamp};
use crate::model::session::{Activity, ActivityFact, ActivitySource, EndReason, Kind, Phase};

use super::{Boundary, Channel, Dead, Held, Policy};

/// How long an agent that gives receipts may take to show a written message as its prompt, before
/// the message is called uncertain, in milliseconds. Hooks were seen to take 40 ms; a machine
/// under load gets a lot more.
const RECEIPT_MS: u64 = 30_000;

/// When a message written at this moment is called uncertain if no receipt has come: see
/// [`Uncertain::NoReceipt`](super::Uncertain::NoReceipt).
#[must_use]
pub fn receipt_due(written: Timestamp) -> Timestamp {
    Timestamp(written.0 + i64::try_from(RECEIPT_MS).unwrap_or(i64::MAX))
}

/// What is known of the recipient.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// Where it stands in its life.
    pub phase: &'a Phase,
    /// Its kind: mail for an orchestrator waits for the next one.
    pub kind: Kind,
    /// Its launch.
    pub generation: Generation,
    /// What its agent was last seen doing.
    pub activity: Option<&'a ActivityFact>,
    /// Its agent reports prompts and turns by hooks of its own, so nothing else is believed.
    pub hooks: bool,
    /// A program of its own listens, which takes prompts while the agent works, too.
    pub listens: bool,
    /// Until when its model takes nothing more, as the failure of its last turn said.
    pub limited_until: Option<Timestamp>,
    /// When a message was written that no receipt has come for, if there is one.
    pub unreceipted: Option<Timestamp>,
}

/// The message in question.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Its policy.
    pub policy: Policy,
    /// Not before this moment: the pause after an attempt that came to nothing.
    pub not_before: Timestamp,
    /// Not after this moment.
    pub deadline: Option<Timestamp>,
    /// An attempt whose outcome is not known: ao was restarted, the host's answer was lost, or a
    /// hook has not said yet that it gave its agent the text.
    pub begun: Option<Begun>,
}

/// An attempt without an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// The launch that it was begun on. The ledger of that launch's host knows, and no other.
    pub generation: Generation,
    /// The way it was to go.
    pub channel: Channel,
}

/// What to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Hand it to the host.
    Deliver,
    /// Hold it; ask again when something about the recipient changes, or at the moment given.
    Hold(Held, Option<Timestamp>),
    /// It can never be written.
    Kill(Dead),
    /// Its deadline has passed.
    Expire,
    /// It was begun and is not gone on with: what came of it is in the ledger of its host.
    Doubt,
    /// The written one before it has waited too long for a receipt.
    GiveUpReceipt,
}

/// What to do with the head of a queue at `now`.
#[must_use]
pub fn next(head: Head, recipient: &Recipient<'_>, now: Timestamp) -> Next {
    let next = within_deadline(head, recipient, now);
    match (head.begun, next) {
        (Some(begun), _) if begun.generation != recipient.generation => Next::Doubt,
        (Some(_), _) if recipient.phase.is_over() => Next::Doubt,
        // The agent's hook says what became of it, within the time that it was given.
        (Some(Begun { channel: Channel::Hook | Channel::Side, .. }), _)
            if now < head.not_before =>
        {
            Next::Hold(Held::AgentBusy, Some(head.not_before))
        }
        (Some(Begun { channel: Channel::Hook | Channel::Side, .. }), _) => Next::Doubt,
        (Some(_), Next::Kill(_) | Next::Expire) => Next::Doubt,
        (_, next) => next,
    }
}

/// Whether the head of a queue goes with the answer to a hook that its agent has just called at
/// `boundary`. Nothing is typed, so neither a draft nor a dialog is in its way; what was begun
/// before is, and what was written before it and not shown to have been taken.
#[must_use]
pub fn at_boundary(
    head: Head,
    recipient: &Recipient<'_>,
    boundary: Boundary,
    now: Timestamp,
) -> bool {
    let wanted = match head.policy {
        Policy::Immediate => true,
        Policy::Deferred => boundary == Boundary::Turn,
        Policy::OnDemand => false,
    };
    wanted
        && *recipient.phase == Phase::Live
        && recipient.unreceipted.is_none()
        && head.begun.is_none()
        && head.deadline.is_none_or(|deadline| now < deadline)
}

fn within_deadline(head: Head, recipient: &Recipient<'_>, now: Timestamp) -> Next {
    let next = regardless_of_deadline(head, recipient, now);
    match (next, head.deadline) {
        (Next::Deliver | Next::Hold(..), Some(deadline)) if now >= deadline => Next::Expire,
        (Next::Hold(why, until), Some(deadline)) => {
            Next::Hold(why, Some(until.map_or(deadline, |until| until.min(deadline))))
        }
        (next, _) => next,
    }
}

fn regardless_of_deadline(head: Head, recipient: &Recipient<'_>, now: Timestamp) -> Next {
    match recipient.phase {
        Phase::Ended { .. } if recipient.kind == Kind::Worker => Next::Kill(Dead::RecipientEnded),
        Phase::Ended { .. } => Next::Hold(Held::NotRunning, None),
        Phase::Ending { reason: EndReason::Replaced { .. } } => Next::Hold(Held::Relaunching, None),
        Phase::Ending { .. } => Next::Hold(Held::NotRunning, None),
        Phase::Reserved | Phase::Preparing { .. } | Phase::Starting => {
            Next::Hold(Held::Starting, None)
        }
        Phase::Live => live(head, recipient, now),
    }
}

fn live(head: Head, recipient: &Recipient<'_>, now: Timestamp) -> Next {
    if let Some(written) = recipient.unreceipted {
        let due = receipt_due(written);
        if now >= due {
            return Next::GiveUpReceipt;
        }
        return Next::Hold(Held::AgentBusy, Some(due));
    }
    if let Some(held) = not_ready(head.policy, recipient) {
        return Next::Hold(held, None);
    }
    if let Some(until) = recipient.limited_until.filter(|until| now < *until) {
        return Next::Hold(Held::RateLimit, Some(until));
    }
    if now < head.not_before {
        return Next::Hold(Held::AgentBusy, Some(head.not_before));
    }
    Next::Deliver
}

/// Why the agent cannot take a message now, as far as its activity tells.
fn not_ready(policy: Policy, recipient: &Recipient<'_>) -> Option<Held> {
    // An agent with hooks is ready only by its own word: a paste with Enter into a dialog that it
    // opened unseen would answer it.
    let trusted =
        recipient.activity.filter(|fact| !recipient.hooks || fact.source >= ActivitySource::Screen);
    let Some(fact) = trusted else { return Some(Held::Starting) };
    match fact.activity {
        Activity::Starting => Some(Held::Starting),
        Activity::NeedsPermission | Activity::NeedsInput => Some(Held::Dialog),
        Activity::Idle => None,
        Activity::Working if recipient.listens && policy == Policy::Immediate => None,
        Activity::Working | Activity::Unknown if recipient.hooks => Some(Held::AgentBusy),
        // Without hooks output is all there is, and a spinner never goes quiet: only a message
        // that asks for idleness waits for it.
        Activity::Working | Activity::Unknown => {
            (policy == Policy::Deferred).then_some(Held::AgentBusy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(100_000);
    const HEAD: Head =
        Head { policy: Policy::Immediate, not_before: Timestamp(0), deadline: None, begun: None };

    fn fact(activity: Activity, source: ActivitySource) -> ActivityFact {
        ActivityFact::new(activity, source, Timestamp(1))
    }

    fn live(activity: Option<&ActivityFact>, hooks: bool) -> Recipient<'_> {
        Recipient {
            phase: &Phase::Live,
            kind: Kind::Worker,
            generation: Generation(1),
            activity,
            hooks,
            listens: false,
            limited_until: None,
            unreceipted: None,
        }
    }

    #[test]
    fn an_agent_with_hooks_is_ready_only_by_its_own_word() {
        for (activity, source, expected) in [
            (Activity::Idle, ActivitySource::Hook, Next::Deliver),
            (Activity::Idle, ActivitySource::Screen, Next::Deliver),
            (Activity::Idle, ActivitySource::Output, Next::Hold(Held::Starting, None)),
            (Activity::Working, ActivitySource::Hook, Next::Hold(Held::AgentBusy, None)),
            (Activity::NeedsPermission, ActivitySource::Hook, Next::Hold(Held::Dialog, None)),
            (Activity::Unknown, ActivitySource::Hook, Next::Hold(Held::AgentBusy, None)),
        ] {
            let fact = fact(activity, source);
            assert_eq!(next(HEAD, &live(Some(&fact), true), NOW), expected, "{activity:?}");
        }
        assert_eq!(next(HEAD, &live(None, true), NOW), Next::Hold(Held::Starting, None));
    }

    #[test]
    fn without_hooks_only_a_deferred_message_waits_for_quiet() {
        let working = fact(Activity::Working, ActivitySource::Output);
        assert_eq!(next(HEAD, &live(Some(&working), false), NOW), Next::Deliver);
        let deferred = Head { policy: Policy::Deferred, ..HEAD };
        assert_eq!(
            next(deferred, &live(Some(&working), false), NOW),
            Next::Hold(Held::AgentBusy, None)
        );
    }

    #[test]
    fn at_a_limit_of_its_model_it_is_left_alone_until_that_ends() {
        let idle = fact(Activity::Idle, ActivitySource::Hook);
        let mut recipient = live(Some(&idle), true);
        recipient.limited_until = Some(Timestamp(NOW.0 + 5));
        let held = Next::Hold(Held::RateLimit, Some(Timestamp(NOW.0 + 5)));
        assert_eq!(next(HEAD, &recipient, NOW), held);
        assert_eq!(next(HEAD, &recipient, Timestamp(NOW.0 + 5)), Next::Deliver);
    }

    #[test]
    fn who_listens_takes_what_is_immediate_while_it_works_and_nothing_into_a_dialog() {
        let busy = fact(Activity::Working, ActivitySource::Hook);
        let mut recipient = live(Some(&busy), true);
        recipient.listens = true;
        assert_eq!(next(HEAD, &recipient, NOW), Next::Deliver);
        let held = Next::Hold(Held::AgentBusy, None);
        assert_eq!(next(Head { policy: Policy::Deferred, ..HEAD }, &recipient, NOW), held);
        let dialog = fact(Activity::NeedsPermission, ActivitySource::Hook);
        recipient.activity = Some(&dialog);
        assert_eq!(next(HEAD, &recipient, NOW), Next::Hold(Held::Dialog, None));
        let begun = Begun { generation: Generation(1), channel: Channel::Side };
        let begun = Head { begun: Some(begun), ..HEAD };
        assert_eq!(next(begun, &recipient, NOW), Next::Doubt, "it is not told a second time");
    }

    #[test]
    fn a_deadline_ends_the_waiting() {
        let busy = fact(Activity::Working, ActivitySource::Hook);
        let waiting = Head { deadline: Some(Timestamp(100_500)), ..HEAD };
        let until = Some(Timestamp(100_500));
        assert_eq!(
            next(waiting, &live(Some(&busy), true), NOW),
            Next::Hold(Held::AgentBusy, until)
        );
        let late = Head { deadline: Some(NOW), ..HEAD };
        assert_eq!(next(late, &live(Some(&busy), true), NOW), Next::Expire);
        let idle = fact(Activity::Idle, ActivitySource::Hook);
        assert_eq!(next(late, &live(Some(&idle), true), NOW), Next::Expire, "late is late");
    }

    #[test]
    fn a_second_message_waits_for_the_receipt_of_the_first() {
        let idle = fact(Activity::Idle, ActivitySource::Hook);
        let mut recipient = live(Some(&idle), true);
        recipient.unreceipted = Some(Timestamp(90_000));
        assert!(matches!(next(HEAD, &recipient, NOW), Next::Hold(Held::AgentBusy, Some(_))));
        recipient.unreceipted = Some(Timestamp(1));
        assert_eq!(next(HEAD, &recipient, NOW), Next::GiveUpReceipt);
    }

    #[test]
    fn what_was_begun_is_finished_on_the_same_launch_or_in_doubt() {
        let idle = fact(Activity::Idle, ActivitySource::Hook);
        let busy = fact(Activity::Working, ActivitySource::Hook);
        let terminal = Begun { generation: Generation(1), channel: Channel::Terminal };
        let begun = Head { begun: Some(terminal), ..HEAD };
        assert_eq!(next(begun, &live(Some(&idle), true), NOW), Next::Deliver);
        let held = Next::Hold(Held::AgentBusy, None);
        assert_eq!(next(begun, &live(Some(&busy), true), NOW), held);
        let mut recipient = live(Some(&idle), true);
        recipient.generation = Generation(2);
        assert_eq!(next(begun, &recipient, NOW), Next::Doubt, "that ledger is not asked");
        let ended = Phase::Ended { reason: EndReason::Exited { code: 0 } };
        recipient = live(None, true);
        recipient.phase = &ended;
        assert_eq!(next(begun, &recipient, NOW), Next::Doubt, "it may have been read");
        let late = Head { deadline: Some(NOW), ..begun };
        assert_eq!(next(late, &live(Some(&busy), true), NOW), Next::Doubt);
    }

    #[test]
    fn a_hook_has_its_time_to_say_what_became_of_a_message() {
        let busy = fact(Activity::Working, ActivitySource::Hook);
        let hook = Begun { generation: Generation(1), channel: Channel::Hook };
        let until = Timestamp(NOW.0 + 5);
        let begun = Head { begun: Some(hook), not_before: until, ..HEAD };
        let held = Next::Hold(Held::AgentBusy, Some(until));
        assert_eq!(next(begun, &live(Some(&busy), true), NOW), held);
        let idle = fact(Activity::Idle, ActivitySource::Hook);
        assert_eq!(next(begun, &live(Some(&idle), true), NOW), held, "it is not typed as well");
        assert_eq!(next(begun, &live(Some(&idle), true), until), Next::Doubt);
    }

    #[test]
    fn a_boundary_takes_what_wants_to_go_there_and_nothing_out_of_order() {
        let busy = fact(Activity::Working, ActivitySource::Hook);
        let deferred = Head { policy: Policy::Deferred, ..HEAD };
        let mut recipient = live(Some(&busy), true);
        assert!(at_boundary(HEAD, &recipient, Boundary::Tool, NOW));
        assert!(at_boundary(HEAD, &recipient, Boundary::Turn, NOW));
        assert!(!at_boundary(deferred, &recipient, Boundary::Tool, NOW));
        assert!(at_boundary(deferred, &recipient, Boundary::Turn, NOW));
        assert!(!at_boundary(
            Head { deadline: Some(NOW), ..HEAD },
            &recipient,
            Boundary::Tool,
            NOW
        ));
        let begun = Begun { generation: Generation(1), channel: Channel::Terminal };
        let begun = Head { begun: Some(begun), ..HEAD };
        assert!(!at_boundary(begun, &recipient, Boundary::Tool, NOW));
        recipient.unreceipted = Some(Timestamp(1));
        assert!(!at_boundary(HEAD, &recipient, Boundary::Tool, NOW), "the one before is not taken");
        recipient.unreceipted = None;
        recipient.phase = &Phase::Starting;
        assert!(!at_boundary(HEAD, &recipient, Boundary::Tool, NOW));
    }

    #[test]
    fn mail_for_an_orchestrator_outlives_it_and_mail_for_a_worker_does_not() {
        let ended = Phase::Ended { reason: EndReason::Exited { code: 0 } };
        let mut recipient = live(None, false);
        recipient.phase = &ended;
        assert_eq!(next(HEAD, &recipient, NOW), Next::Kill(Dead::RecipientEnded));
        recipient.kind = Kind::Orchestrator;
        assert_eq!(next(HEAD, &recipient, NOW), Next::Hold(Held::NotRunning, None));
    }
}
