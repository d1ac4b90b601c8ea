//! A careful sender: speaks to the socket, gives each message a key, and sends again what was not
//! answered, with the same key. It writes down what it was told.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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
    socket: PathBuf,
    number: usize,
    connection: Option<BufReader<UnixStream>>,
    /// What was accepted, in the order in which it was sent.
    pub ledger: Vec<Accepted>,
    /// How often an answer stayed away.
    pub unanswered: usize,
}

impl Sender {
    pub fn new(socket: &Path, number: usize) -> Self {
        let socket = socket.to_owned();
        Self { socket, number, connection: None, ledger: Vec::new(), unanswered: 0 }
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
                Err(_) => {
                    self.connection = None;
                    self.unanswered += 1;
                }
            }
            assert!(Instant::now() < deadline, "no supervisor accepts {key}");
            std::thread::sleep(PAUSE);
        }
    }

    /// One try: status and body of the answer.
    pub fn post(&mut self, recipient: &str, text: &str, key: &str) -> io::Result<(u16, Value)> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => {
                let stream = UnixStream::connect(&self.socket)?;
                stream.set_read_timeout(Some(Duration::from_secs(20)))?;
                stream.set_write_timeout(Some(Duration::from_secs(20)))?;
                self.connection.insert(BufReader::new(stream))
            }
        };
        let body = json!({ "text": text }).to_string();
        let request = format!(
            "POST /api/v1/sessions/{recipient}/messages HTTP/1.1\r\nhost: ao\r\n\
             content-type: application/json\r\nidempotency-key: {key}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.get_mut().write_all(request.as_bytes())?;
        answer(connection)
    }
}

fn answer(connection: &mut impl BufRead) -> io::Result<(u16, Value)> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(cut)?;
    let mut length = 0;
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(cut());
        }
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((status, serde_json::from_slice(&body)?))
}
