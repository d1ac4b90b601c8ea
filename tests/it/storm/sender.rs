//! A careful sender: speaks to the socket, gives each message a key, and sends again what was not
//! answered, with the same key. It writes down what it was told.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Http;

/// Nobody is without a supervisor for so long.
const PATIENCE: Duration = Duration::from_secs(90);
/// Before a refused connection is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// A message that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub id: String,
    pub recipient: String,
    pub text: String,
    /// Who sent it, for the order among one sender's messages.
    pub sender: usize,
    /// When the answer came.
    pub at: Instant,
}

/// One sender.
pub struct Sender {
    number: usize,
    http: Http,
    /// What was accepted, in the order in which it was sent.
    pub ledger: Vec<Accepted>,
    /// How often an answer stayed away.
    pub unanswered: usize,
}

impl Sender {
    pub fn new(socket: &Path, number: usize) -> Self {
        Self { number, http: Http::new(socket), ledger: Vec::new(), unanswered: 0 }
    }

    /// Sends until it is answered; a full queue is waited for.
    pub fn send(&mut self, recipient: &str, text: &str, key: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.post(recipient, text, key) {
                Ok((200, answer)) => {
                    let id = answer["message"]["id"].as_str().unwrap().to_owned();
                    self.ledger.push(Accepted {
                        id,
                        recipient: recipient.to_owned(),
                        text: text.to_owned(),
                        sender: self.number,
                        at: Instant::now(),
                    });
                    return;
                }
                Ok((429, _)) => {}
                Ok((status, answer)) => panic!("{status} for {key}: {answer}"),
                Err(_) => self.unanswered += 1,
            }
            assert!(Instant::now() < deadline, "no supervisor accepts {key}");
            std::thread::sleep(PAUSE);
        }
    }

    /// One try: status and body of the answer.
    pub fn post(&mut self, recipient: &str, text: &str, key: &str) -> io::Result<(u16, Value)> {
        let path = format!("/sessions/{recipient}/messages");
        self.http.call("POST", &path, Some(key), &json!({ "text": text }))
    }
}
