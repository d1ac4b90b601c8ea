//! Many senders of the same: one key is one message, however often and by whomever it is sent, and
//! fifty senders to one recipient do not get into each other's way.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::field::{Field, Manifest};
use super::history::mark;
use super::kills;
use super::seed::{Seed, full, size};
use super::sender::{Accepted, Sender};

#[test]
fn two_hundred_keys_sent_ten_times_each_are_two_hundred_messages() {
    const COPIES: usize = 10;
    let mut seed = Seed::of("keys");
    let keys = size("AO_STORM_KEYS", 200, 200);
    let field = Field::new(4, &Manifest::PLAIN);
    let recipient = |key: usize| field.sessions[key % field.sessions.len()].as_str();
    let mut killing = seed.fork();
    let ledgers: Vec<Vec<Accepted>> = std::thread::scope(|threads| {
        let copies: Vec<_> = (0..COPIES)
            .map(|_| {
                let mut seed = seed.fork();
                let (socket, recipient) = (field.sandbox.socket(), &recipient);
                threads.spawn(move || {
                    let mut sender = Sender::new(&socket, 0);
                    // Nearly in the same order: the copies meet.
                    for key in 0..keys {
                        std::thread::sleep(seed.between(Duration::ZERO, Duration::from_millis(40)));
                        sender.send(recipient(key), &mark(key), &format!("key-{key}"));
                    }
                    sender.ledger
                })
            })
            .collect();
        let pause = (Duration::from_millis(300), Duration::from_secs(2));
        kills::storm(&field.sandbox, &mut killing, 3, pause, &AtomicBool::new(false));
        copies.into_iter().map(|copy| copy.join().unwrap()).collect()
    });
    let mut ids: HashMap<&str, &Accepted> = HashMap::new();
    for accepted in ledgers.iter().flatten() {
        let known = ids.entry(&accepted.text).or_insert(accepted);
        assert_eq!(known.id, accepted.id, "one id for each key");
    }
    assert_eq!(ids.len(), keys);
    let mut other = Sender::new(&field.sandbox.socket(), 1);
    let (status, answer) = other.post(recipient(0), "another text", "key-0").unwrap();
    assert_eq!((status, answer["error"]["code"].as_str()), (409, Some("conflict")), "{answer}");
    let accepted: Vec<Accepted> = ids.into_values().cloned().map(anybodys).collect();
    field.hears(keys, Duration::from_secs(60));
    field.settles(&["written"], Duration::from_secs(10));
    field.verdict(&accepted).assert_perfect();
}

/// Which of the copies was the first is not known.
fn anybodys(mut message: Accepted) -> Accepted {
    message.sender =
        message.id.bytes().fold(0, |hash, byte| hash * 31 % 1_000_003 + usize::from(byte));
    message
}

#[test]
fn fifty_senders_to_one_recipient_keep_their_order_and_their_frames() {
    const SENDERS: usize = 50;
    let mut seed = Seed::of("fifty senders");
    let each = size("AO_STORM_EACH", 6, 20);
    let field = Field::new(1, &Manifest::PLAIN);
    let recipient = field.sessions[0].as_str();
    let accepted: Vec<Accepted> = std::thread::scope(|threads| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let (mut seed, socket) = (seed.fork(), field.sandbox.socket());
                threads.spawn(move || {
                    let mut sender = Sender::new(&socket, number);
                    for message in 0..each {
                        let length = 200 + seed.index(3000);
                        let fill: String =
                            (0..length).map(|n| if n % 70 == 69 { '\n' } else { 'x' }).collect();
                        let text = format!("{} {fill} end", mark(number * each + message));
                        sender.send(recipient, &text, &format!("{number}-{message}"));
                    }
                    sender.ledger
                })
            })
            .collect();
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    let limit = Duration::from_secs(if full() { 300 } else { 90 });
    field.hears(SENDERS * each, limit);
    field.settles(&["written"], Duration::from_secs(10));
    field.verdict(&accepted).assert_perfect();
    // On the wire: nothing but whole pastes, each followed by an Enter.
    let typed = String::from_utf8(field.probe(recipient).bytes()).unwrap();
    let frames: Vec<&str> = typed.split_inclusive("\x1b[201~\r").collect();
    assert_eq!(frames.len(), SENDERS * each);
    for frame in frames {
        let body = frame.strip_prefix("\x1b[200~").unwrap_or_else(|| panic!("{frame:?}"));
        assert!(!body.trim_end_matches("\x1b[201~\r").contains('\x1b'), "{frame:?}");
    }
}
