//! A client that keeps its connection, as the dashboard or a script would.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::DEADLINE;
use super::ao_bed::AoBed;

/// The connection.
pub struct Client(BufReader<UnixStream>);

impl Client {
    pub fn connect(ao: &AoBed) -> Self {
        let stream = UnixStream::connect(ao.socket()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Posts JSON to a path of the API; how long it took to the end of the answer, and that.
    pub fn post(&mut self, path: &str, body: &str) -> (Duration, Value) {
        self.call("POST", path, body)
    }

    /// The same without a body.
    pub fn get(&mut self, path: &str) -> (Duration, Value) {
        self.call("GET", path, "")
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> (Duration, Value) {
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: ao\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let begun = Instant::now();
        self.0.get_mut().write_all((head + body).as_bytes()).unwrap();
        let (status, answer) = self.answer();
        let took = begun.elapsed();
        let text = String::from_utf8_lossy(&answer);
        assert!(status.contains(" 200 "), "{method} {path}: {status} {text}");
        (took, serde_json::from_slice(&answer).unwrap())
    }

    /// Reads an answer: its first line and its body.
    fn answer(&mut self) -> (String, Vec<u8>) {
        let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
        self.0.read_line(&mut first).unwrap();
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (first, body)
    }
}
