//! Reports in a store of their own, with a clock that the test sets: what becomes of them between
//! coming in and being written.

use crate::model::ids::{Generation, MessageId, ProjectId, SessionId, Timestamp};
use crate::model::message::{Dead, Held, Policy, State};
use crate::model::noise::{Dropped, Pauses};
use crate::model::report::Windows;
use crate::model::session::{Kind, ReportFact, ReportState};
use crate::store::messages::{self, Message, NewState};
use crate::store::notices::{self, New, Noted};
use crate::store::projects::{self, Project};
use crate::store::{Change, Origin, Store, StoreError, sessions};

use super::flush::{Look, tell};
use super::recheck::look;

const WINDOWS: Windows = Windows {
    done_ms: 10_000,
    batch_ms: 300_000,
    stuck_pause_ms: 180_000,
    changed_pause_ms: 600_000,
};
const NO_CAP: u32 = 1000;

/// A project with an orchestrator and two workers.
struct Lab {
    store: Store,
    _dir: tempfile::TempDir,
}

fn id(name: &str) -> SessionId {
    SessionId::parse(name).unwrap()
}

impl Lab {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("ao.db"), &dir.path().join("format")).unwrap();
        let lab = Self { store, _dir: dir };
        lab.at(0, |change| {
            projects::add(change, &project(), 1)?;
            for (name, kind) in
                [("o", Kind::Orchestrator), ("w-1", Kind::Worker), ("w-2", Kind::Worker)]
            {
                sessions::reserve(change, &session(name, kind))?;
            }
            Ok(())
        })
        .await;
        lab
    }

    /// A transaction at a moment.
    async fn at<T: Send + 'static>(
        &self,
        now: i64,
        work: impl FnOnce(&Change<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        let origin = Origin { request_id: None, now: Timestamp(now) };
        self.store.write(origin, work).await.unwrap()
    }

    /// A worker reports.
    async fn report(&self, now: i64, worker: &str, state: ReportState, note: &str) -> Noted {
        let (worker, note) = (id(worker), note.to_owned());
        self.at(now, move |change| {
            let at = change.now();
            let fact = ReportFact { state, note: Some(note.clone()), at };
            sessions::set_report(change, &worker, &fact, None)?;
            notices::note(change, &notice(worker, state, note, at))
        })
        .await
    }

    async fn flush(&self, now: i64) -> (Look, Option<Message>) {
        let flushed = self.at(now, |change| tell(change, &id("o"), NO_CAP)).await;
        (flushed.look, flushed.message)
    }

    /// The message as it would be written now.
    async fn look(&self, now: i64, message: &Message) -> Option<Message> {
        let message = message.clone();
        self.at(now, move |change| look(change, message, fresh())).await
    }

    /// One attempt to write the message.
    async fn attempt(&self, now: i64, message: &Message, outcome: State) -> Message {
        let message = message.clone();
        self.at(now, move |change| {
            let begun = NewState {
                attempts: Some(message.attempts + 1),
                generation: Some(Some(Generation(1))),
                ..NewState::plain(State::Delivering)
            };
            messages::set_state(change, &message, &begun)?;
            let begun = messages::find(change.db(), message.id.as_str())?.unwrap();
            messages::set_state(change, &begun, &NewState::plain(outcome))?;
            Ok(messages::find(change.db(), message.id.as_str())?.unwrap())
        })
        .await
    }

    /// Looked at, and written.
    async fn write(&self, now: i64, message: &Message) -> Message {
        let message = self.look(now, message).await.unwrap();
        self.attempt(now, &message, State::Written).await
    }
}

fn fresh() -> MessageId {
    MessageId::parse("m-another").unwrap()
}

fn project() -> Project {
    Project {
        id: ProjectId::parse("p").unwrap(),
        prefix: "p".into(),
        path: "/p".into(),
        common_dir: "/p/.git".into(),
        default_branch: "main".into(),
        agent: None,
        open_network: false,
        permits: false,
        trusted: None,
        restore: false,
        created_at: Timestamp(0),
    }
}

fn session(name: &str, kind: Kind) -> sessions::New {
    sessions::New {
        id: id(name),
        project: project().id,
        kind,
        label: None,
        issue: None,
        spawned_by: "person".into(),
        deliver: "deferred".into(),
        agent: "any".into(),
        choice: "{}".into(),
        prompt: None,
        branch: format!("b/{name}"),
        worktree: format!("/w/{name}"),
        nonce: "n".into(),
        one_shot: None,
    }
}

fn notice(worker: SessionId, state: ReportState, note: String, now: Timestamp) -> New {
    let urgent = matches!(state, ReportState::NeedsInput | ReportState::Stuck);
    New {
        project: "p".into(),
        recipient: id("o"),
        state,
        subject: worker,
        content: note.clone(),
        note: Some(note),
        result_bytes: None,
        policy: if urgent { Policy::Immediate } else { Policy::Deferred },
        due_at: WINDOWS.due(state, now),
        pauses: Pauses { changed_ms: WINDOWS.pause_ms(state), again_ms: WINDOWS.changed_pause_ms },
    }
}

/// The lines of a digest for two workers, which stand in a fence.
fn told(digest: &str) -> Vec<&str> {
    let lines: Vec<&str> = digest.lines().collect();
    let [first, edge, told @ .., end] = lines.as_slice() else { panic!("{digest}") };
    assert_eq!(*first, "2 workers report, the newest last:");
    assert!(edge.ends_with(": what they say, quoted -----"), "{digest}");
    let mark = edge.trim_start_matches("----- ").split(':').next().unwrap();
    assert_eq!(*end, format!("----- {mark}: end -----"));
    told.to_vec()
}

#[tokio::test]
async fn the_first_done_opens_the_window_and_what_comes_until_its_end_goes_along() {
    let lab = Lab::new().await;
    lab.report(0, "w-1", ReportState::Done, "a").await;
    lab.report(9_000, "w-2", ReportState::Done, "b").await;
    let (look, none) = lab.flush(9_999).await;
    assert_eq!((look.at, none.is_none()), (Some(Timestamp(10_000)), true));
    let (look, message) = lab.flush(10_000).await;
    let message = message.unwrap();
    assert_eq!(look, Look::default());
    assert_eq!(message.sender, "ao");
    assert_eq!(told(&message.body), ["- w-1: done - a", "- w-2: done - b"]);
    assert_eq!(lab.flush(20_000).await.1.map(|m| m.id), None, "told once");
}

/// Two hundred times the same and fifty changes within a minute.
#[tokio::test]
async fn a_worker_that_babbles_is_heard_twice_in_ten_minutes() {
    let lab = Lab::new().await;
    let mut told = Vec::new();
    let tell_due = async |now, told: &mut Vec<String>| {
        if let Some(message) = lab.flush(now).await.1 {
            told.push(lab.write(now, &message).await.body);
        }
    };
    for n in 0..250 {
        let now = 240 * n;
        let note = if n < 200 { "the same".to_owned() } else { format!("change {n}") };
        lab.report(now, "w-1", ReportState::Done, &note).await;
        tell_due(now, &mut told).await;
    }
    tell_due(609_999, &mut told).await;
    assert_eq!(told, ["report: done - the same"]);
    tell_due(611_000, &mut told).await;
    assert_eq!(told[1..], ["report: done - change 249"]);
}

#[tokio::test]
async fn what_comes_while_a_message_waits_rides_with_it() {
    let lab = Lab::new().await;
    lab.report(0, "w-1", ReportState::Done, "a").await;
    let first = lab.flush(10_000).await.1.unwrap();
    assert_eq!((first.sender.as_str(), first.policy), ("w-1", Policy::Deferred));
    lab.report(11_000, "w-2", ReportState::Stuck, "no disk").await;
    let (look, hurried) = lab.flush(11_000).await;
    assert!(look.on_change);
    assert_eq!(hurried.as_ref().map(|m| (&m.id, m.policy)), Some((&first.id, Policy::Immediate)));
    let written = lab.write(12_000, &first).await;
    assert_eq!(written.id, first.id);
    assert_eq!(told(&written.body), ["- w-1: done - a", "- w-2: stuck - no disk"]);
    assert_eq!(lab.flush(13_000).await.1.map(|m| m.id), None);
}

#[tokio::test]
async fn after_a_withheld_attempt_other_words_are_another_message() {
    let lab = Lab::new().await;
    lab.report(0, "w-1", ReportState::NeedsInput, "which?").await;
    let message = lab.flush(0).await.1.unwrap();
    let draft = State::Queued(Some(Held::Draft));
    let message = lab.attempt(1, &message, draft).await;
    let withheld = message.id.clone();
    lab.at(1, move |change| notices::set_withheld(change, &withheld, 1)).await;
    // Nothing has changed: the same message.
    assert_eq!(lab.look(2, &message).await.unwrap().id, message.id);
    lab.report(3, "w-1", ReportState::Done, "found it").await;
    assert!(lab.look(4, &message).await.is_none());
    let (old, new) = lab
        .at(5, move |change| {
            let find = |id: &MessageId| messages::find(change.db(), id.as_str());
            Ok((find(&message.id)?.unwrap(), find(&fresh())?.unwrap()))
        })
        .await;
    assert_eq!(old.state, State::Dead(Dead::Outdated));
    assert_eq!((new.body.as_str(), new.state), ("report: done - found it", State::Queued(None)));
    assert_eq!(lab.look(6, &new).await.unwrap().body, new.body);
}

#[tokio::test]
async fn what_may_be_in_the_terminal_keeps_its_words() {
    let lab = Lab::new().await;
    lab.report(0, "w-1", ReportState::NeedsInput, "which?").await;
    let message = lab.flush(0).await.1.unwrap();
    // The text is in the composer, the Enter was withheld.
    let message = lab.attempt(1, &message, State::Queued(Some(Held::Dialog))).await;
    lab.report(2, "w-1", ReportState::Done, "found it").await;
    assert_eq!(lab.look(3, &message).await.unwrap().body, "report: needs-input - which?");
}

#[tokio::test]
async fn each_pull_request_is_told_and_the_same_one_once() {
    let lab = Lab::new().await;
    for (now, note) in [(0, "#1"), (1, "#2"), (2, "#1")] {
        lab.report(now, "w-1", ReportState::PrCreated, note).await;
    }
    let message = lab.flush(300_000).await.1.unwrap();
    assert_eq!(message.body, "report: pr-created - #2\nreport: pr-created - #1");
}

#[tokio::test]
async fn a_message_from_outside_makes_the_same_words_news() {
    let lab = Lab::new().await;
    lab.report(0, "w-1", ReportState::NeedsInput, "which?").await;
    let message = lab.flush(0).await.1.unwrap();
    lab.write(1, &message).await;
    let again = lab.report(2, "w-1", ReportState::NeedsInput, "which?").await;
    assert_eq!(again, Noted::Dropped(Dropped::Repeated));
    lab.at(3, |change| {
        let answer = messages::New {
            id: MessageId::parse("m-answer").unwrap(),
            sender: "o".into(),
            recipient: id("w-1"),
            project: "p".into(),
            body: "the first".into(),
            policy: Policy::Immediate,
            interrupt: false,
            reply_to: None,
            key: None,
            deadline: None,
            limits: messages::Limits::NONE,
        };
        let answer = messages::accept(change, &answer)?;
        for state in [State::Delivering, State::Written] {
            let now = messages::find(change.db(), answer.id.as_str())?.unwrap();
            messages::set_state(change, &now, &NewState::plain(state))?;
        }
        Ok(())
    })
    .await;
    let again = lab.report(4, "w-1", ReportState::NeedsInput, "which?").await;
    assert_eq!(again, Noted::Waiting(Timestamp(4)));
}

#[tokio::test]
async fn at_the_cap_reports_wait_for_the_next_day() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let lab = Lab::new().await;
    for (now, note) in [(0, "a"), (1, "b")] {
        lab.report(now, "w-1", ReportState::NeedsInput, note).await;
        let flushed = lab.at(now, |change| tell(change, &id("o"), 2)).await;
        lab.write(now, &flushed.message.unwrap()).await;
    }
    lab.report(2, "w-1", ReportState::NeedsInput, "c").await;
    let flushed = lab.at(2, |change| tell(change, &id("o"), 2)).await;
    assert!(flushed.message.is_none());
    assert_eq!(flushed.look.at, Some(Timestamp(DAY)));
    let capped = lab.at(3, |change| notices::capped(change.db(), "p")).await;
    assert_eq!((capped[0].recipient.as_str(), capped[0].waiting), ("o", 1));
    let flushed = lab.at(DAY, |change| tell(change, &id("o"), 2)).await;
    assert_eq!(flushed.message.unwrap().body, "report: needs-input - c");
}
