//! What happens in a run: one word for each event, made from the run's seed. An event takes all
//! its choices from its own word, so that a tape can be shortened and still means the same.

/// Events of a run.
pub const LENGTH: usize = 200;

/// A source of choices (splitmix64): small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Choices(u64);

impl Choices {
    /// Those of an event, or of a run.
    pub fn new(word: u64) -> Self {
        Self(word)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).expect("it is below a usize")
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of them.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| all[self.below(all.len())])
    }
}

/// The events of a seed.
pub fn of_seed(seed: u64) -> Vec<u64> {
    let mut choices = Choices::new(seed);
    (0..LENGTH).map(|_| choices.next()).collect()
}

/// The shortest tape that can be had by leaving events out and still fails.
pub fn shortened(mut tape: Vec<u64>, fails: impl Fn(&[u64]) -> bool) -> Vec<u64> {
    let mut chunk = tape.len() / 2;
    while chunk > 0 {
        let (mut at, before) = (0, tape.len());
        while at < tape.len() {
            let mut shorter = tape.clone();
            shorter.drain(at..(at + chunk).min(tape.len()));
            if fails(&shorter) {
                tape = shorter;
            } else {
                at += chunk;
            }
        }
        // A last event that went may have kept earlier ones.
        chunk = if chunk == 1 && tape.len() < before { 1 } else { chunk / 2 };
    }
    tape
}
