//! What waits to be typed into the terminal, in order. Its parts are never mixed: a paste is whole
//! before the next part begins.

use std::collections::VecDeque;

use tokio::time::Instant;

/// Bytes of keys and answers that may wait for a program that does not read.
const LIMIT: usize = 64 * 1024;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A person's keys.
    Keys,
    /// An answer to the program's query.
    Answer,
    /// A message's text.
    Text,
    /// The Enter after it.
    Enter,
    /// A key that stops a turn.
    Stop,
}

#[derive(Debug)]
struct Waiting {
    part: Part,
    bytes: Vec<u8>,
    at: usize,
}

/// The queue in front of the pty.
#[derive(Debug)]
pub struct PtyQueue {
    parts: VecDeque<Waiting>,
    bytes: usize,
    progress: Instant,
}

impl PtyQueue {
    /// An empty one.
    pub fn new(now: Instant) -> Self {
        Self { parts: VecDeque::new(), bytes: 0, progress: now }
    }

    /// Adds a part. Keys and answers beyond what may wait are dropped, and false is returned.
    pub fn push(&mut self, part: Part, bytes: Vec<u8>, now: Instant) -> bool {
        let bounded = matches!(part, Part::Keys | Part::Answer);
        if bytes.is_empty() || (bounded && self.bytes + bytes.len() > LIMIT) {
            return bytes.is_empty();
        }
        if self.parts.is_empty() {
            self.progress = now;
        }
        self.bytes += bytes.len();
        self.parts.push_back(Waiting { part, bytes, at: 0 });
        true
    }

    /// What is to be typed next; empty if nothing waits.
    pub fn front(&self) -> &[u8] {
        self.parts.front().map_or(&[], |waiting| &waiting.bytes[waiting.at..])
    }

    /// How many bytes wait.
    pub fn waiting(&self) -> usize {
        self.bytes
    }

    /// When bytes were taken last, or began to wait.
    pub fn progress(&self) -> Instant {
        self.progress
    }

    /// The terminal took `count` bytes; tells which part is through with that.
    pub fn took(&mut self, count: usize, now: Instant) -> Option<Part> {
        let front = self.parts.front_mut()?;
        front.at += count;
        self.bytes -= count;
        self.progress = now;
        if front.at < front.bytes.len() {
            return None;
        }
        self.parts.pop_front().map(|waiting| waiting.part)
    }

    /// Takes back a message's part. True if none of it was typed. Otherwise, of a text in brackets,
    /// `closing` is left to be typed, for without it the program would take everything for text.
    pub fn take_back(&mut self, part: Part, closing: &[u8]) -> bool {
        let Some(index) = self.parts.iter().position(|waiting| waiting.part == part) else {
            return false;
        };
        let waiting = &mut self.parts[index];
        let rest = waiting.bytes.len() - waiting.at;
        if waiting.at > 0 && rest <= closing.len() {
            return false;
        }
        self.bytes -= rest;
        if waiting.at == 0 || closing.is_empty() {
            let untouched = waiting.at == 0;
            self.parts.remove(index);
            return untouched;
        }
        *waiting = Waiting { part: Part::Answer, bytes: closing.to_vec(), at: 0 };
        self.bytes += closing.len();
        false
    }

    /// Drops everything: there is nobody to read it.
    pub fn clear(&mut self) {
        self.parts.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_out_in_order_and_whole() {
        let now = Instant::now();
        let mut queue = PtyQueue::new(now);
        assert!(queue.push(Part::Text, b"text".to_vec(), now));
        assert!(queue.push(Part::Keys, b"k".to_vec(), now));
        assert_eq!(queue.took(3, now), None);
        assert_eq!(queue.front(), b"t");
        assert_eq!(queue.took(1, now), Some(Part::Text));
        assert_eq!(queue.took(1, now), Some(Part::Keys));
        assert_eq!((queue.waiting(), queue.front()), (0, &b""[..]));
    }

    #[test]
    fn a_half_typed_paste_keeps_its_end() {
        let now = Instant::now();
        let mut queue = PtyQueue::new(now);
        queue.push(Part::Text, b"[[long text]]".to_vec(), now);
        queue.took(5, now);
        assert!(!queue.take_back(Part::Text, b"]]"));
        assert_eq!((queue.front(), queue.waiting()), (&b"]]"[..], 2));
        queue.push(Part::Enter, b"\r".to_vec(), now);
        assert!(queue.take_back(Part::Enter, b""));
        assert_eq!(queue.waiting(), 2);
    }

    #[test]
    fn keys_for_a_program_that_does_not_read_are_bounded() {
        let now = Instant::now();
        let mut queue = PtyQueue::new(now);
        assert!(queue.push(Part::Keys, vec![b'x'; LIMIT], now));
        assert!(!queue.push(Part::Keys, b"y".to_vec(), now));
        assert!(queue.push(Part::Text, b"message".to_vec(), now));
    }
}
