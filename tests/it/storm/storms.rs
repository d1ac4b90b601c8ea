//! Storms: many messages to several agents while the supervisor is killed again and again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::field::{Field, Manifest};
use super::history::{Verdict, mark};
use super::kills::{self, Killed};
use super::seed::{Seed, size};
use super::sender::{Accepted, Sender};

/// Everything is submitted so long after the last kill at the latest.
const AFTER_THE_LAST_KILL: Duration = Duration::from_secs(60);
const SENDERS: usize = 4;

struct Storm {
    field: Field,
    accepted: Vec<Accepted>,
    kills: usize,
    killed: Killed,
    begun: Instant,
    unanswered: usize,
}

/// A text with a mark: one line or several, short or nearly as long as is typed in one piece.
fn text(seed: &mut Seed, number: usize) -> String {
    let words = ["fix", "the", "test", "naïve", "日本", "a\tb", "[x]", "\n", "`ls`", "ok?"];
    let count = if seed.below(10) == 0 { 500 } else { 1 + seed.index(30) };
    let words: Vec<&str> = (0..count).map(|_| words[seed.index(words.len())]).collect();
    format!("{} {} end", mark(number), words.join(" "))
}

fn storm(name: &str, manifest: &Manifest<'_>) -> Storm {
    let mut seed = Seed::of(name);
    let messages = size("AO_STORM_MESSAGES", 1000, 10_000);
    let field = Field::new(size("AO_STORM_PROBES", 10, 20), manifest);
    let kills = size("AO_STORM_KILLS", 10, 50);
    let begun = Instant::now();
    let (sending, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut killing = seed.fork();
    let (mut accepted, mut unanswered) = (Vec::new(), 0);
    let killed = std::thread::scope(|threads| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let (mut seed, field, next) = (seed.fork(), &field, &next);
                threads.spawn(move || send(field, &mut seed, number, (next, messages)))
            })
            .collect();
        let longest = size("AO_STORM_PAUSE_S", 4, 8) as u64;
        let pause = (Duration::from_millis(200), Duration::from_secs(longest));
        let killed = kills::storm(&field.sandbox, &mut killing, kills, pause, &sending);
        for sender in senders {
            let sender = sender.join().unwrap();
            unanswered += sender.unanswered;
            accepted.extend(sender.ledger);
        }
        killed
    });
    Storm { field, accepted, kills, killed, begun, unanswered }
}

/// Sends its share, so slowly that the storm lasts as long as the killing.
fn send(
    field: &Field,
    seed: &mut Seed,
    number: usize,
    (next, messages): (&AtomicUsize, usize),
) -> Sender {
    let mut sender = Sender::new(&field.sandbox.socket(), number);
    loop {
        let message = next.fetch_add(1, Ordering::Relaxed);
        if message >= messages {
            return sender;
        }
        let to = &field.sessions[seed.index(field.sessions.len())];
        sender.send(to, &text(seed, message), &format!("storm-{message}"));
        std::thread::sleep(seed.between(Duration::ZERO, Duration::from_millis(150)));
    }
}

impl Storm {
    /// Waits until everything is in one of these states, and compares.
    fn verdict(&self, states: &[&str]) -> Verdict {
        let left = || AFTER_THE_LAST_KILL.saturating_sub(self.killed.last.elapsed());
        self.field.hears(self.accepted.len(), left());
        self.field.settles(states, left());
        let settled = self.killed.last.elapsed();
        eprintln!(
            "{} messages in {:.1} s, {} kills, {} sends without an answer; all settled {:.1} s \
             after the last kill; longest without a supervisor {:.1} s",
            self.accepted.len(),
            self.begun.elapsed().as_secs_f64(),
            self.killed.times,
            self.unanswered,
            settled.as_secs_f64(),
            self.killed.longest.as_secs_f64(),
        );
        assert!(self.killed.times * 2 >= self.kills, "the storm was a calm one");
        let denied = self.field.sandbox.journal("denied");
        assert!(denied.is_empty(), "nobody was taken for somebody else: {denied:#?}");
        self.field.verdict(&self.accepted)
    }
}

#[test]
fn agents_with_hooks_miss_nothing_and_hear_nothing_twice() {
    let storm = storm("hooked storm", &Manifest::HOOKED);
    storm.verdict(&["submitted", "answered"]).assert_perfect();
}

#[test]
fn agents_without_hooks_hear_nothing_twice_and_miss_nothing_silently() {
    let storm = storm("plain storm", &Manifest::PLAIN);
    let mut verdict = storm.verdict(&["written", "uncertain"]);
    eprintln!("uncertain: {}", verdict.uncertain.len());
    assert!(verdict.uncertain.len() <= 2 * storm.killed.times, "{:?}", verdict.uncertain);
    verdict.uncertain.clear();
    verdict.assert_perfect();
}

#[test]
fn an_idle_agent_gets_a_message_promptly() {
    let field = Field::new(1, &Manifest { inject: "settle_ms = 300\n", ..Manifest::HOOKED });
    let session = field.sessions[0].as_str();
    let probe = field.probe(session);
    let mut sender = Sender::new(&field.sandbox.socket(), 0);
    let count = size("AO_STORM_IDLE", 20, 300);
    let (mut accepted, mut submitted) = (Vec::new(), Vec::new());
    for number in 0..count {
        let begun = Instant::now();
        sender.send(session, &mark(number), &mark(number));
        accepted.push(begun.elapsed());
        probe.hears(number + 1);
        submitted.push(begun.elapsed());
        field.sandbox.ao(&["wait", session, "--for", "idle", "--timeout", "30"]).ok();
    }
    accepted.sort();
    submitted.sort();
    let at = |times: &[Duration], percent: usize| times[(times.len() - 1) * percent / 100];
    eprintln!(
        "accepted p50 {:?} p95 {:?}; submitted p50 {:?} p95 {:?}, of which 300 ms settle",
        at(&accepted, 50),
        at(&accepted, 95),
        at(&submitted, 50),
        at(&submitted, 95)
    );
    field.verdict(&sender.ledger).assert_perfect();
    assert!(at(&submitted, 50) < Duration::from_secs(2));
}
