//! Who gets the next free slot: runs take turns, so that a wide one does not starve a narrow one.

use std::collections::VecDeque;

/// Slots of all runs. Only running agents hold one.
#[derive(Debug)]
pub struct Turns<T> {
    most: usize,
    held: usize,
    /// Runs that want a slot, the next one first, each with its requests in order.
    waiting: VecDeque<(String, VecDeque<T>)>,
}

impl<T> Turns<T> {
    /// At most `most` at the same time.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, held: 0, waiting: VecDeque::new() }
    }

    /// The run `run` wants a slot.
    pub fn ask(&mut self, run: &str, request: T) {
        match self.waiting.iter_mut().find(|(name, _)| name == run) {
            Some((_, requests)) => requests.push_back(request),
            None => self.waiting.push_back((run.to_owned(), VecDeque::from([request]))),
        }
    }

    /// The next request, if a slot is free; it holds the slot from now on.
    pub fn grant(&mut self) -> Option<T> {
        if self.held >= self.most {
            return None;
        }
        let (run, mut requests) = self.waiting.pop_front()?;
        let request = requests.pop_front();
        if !requests.is_empty() {
            self.waiting.push_back((run, requests));
        }
        self.held += usize::from(request.is_some());
        request
    }

    /// A slot is free again.
    pub fn release(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// Takes a slot that is held already: an agent that lives from before.
    pub fn adopt(&mut self) {
        self.held += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_take_turns_and_the_limit_holds() {
        let mut turns = Turns::new(2);
        for n in 0..4 {
            turns.ask("wide", ("wide", n));
        }
        turns.ask("narrow", ("narrow", 0));
        assert_eq!(turns.grant(), Some(("wide", 0)));
        assert_eq!(turns.grant(), Some(("narrow", 0)));
        assert_eq!(turns.grant(), None);
        turns.release();
        assert_eq!(turns.grant(), Some(("wide", 1)));
        turns.adopt();
        turns.release();
        assert_eq!(turns.grant(), None);
    }
}
