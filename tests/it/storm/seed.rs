//! Random numbers that can be had again, and how large a run is.

use std::time::Duration;

/// A generator (splitmix64): small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Seed(u64);

impl Seed {
    /// `AO_TEST_SEED`, or one from the clock; printed, so that a failure can be repeated.
    pub fn of(test: &str) -> Self {
        let given = std::env::var("AO_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let clock = || {
            let since = std::time::UNIX_EPOCH.elapsed().unwrap();
            u64::from(since.subsec_nanos()) ^ (since.as_secs() << 20)
        };
        let seed = given.unwrap_or_else(clock);
        eprintln!("{test}: AO_TEST_SEED={seed}");
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A number below `end`, as an index.
    pub fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap()
    }

    /// A time between two.
    pub fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let span = u64::try_from((to - from).as_micros()).unwrap();
        from + Duration::from_micros(self.below(span))
    }

    /// A generator of its own for another thread.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }
}

/// Whether everything is to be as large as it gets.
pub fn full() -> bool {
    std::env::var("AO_STORM").is_ok_and(|size| size == "full")
}

/// A size: from the variable, else by the form of the run.
pub fn size(variable: &str, short: usize, full_form: usize) -> usize {
    let given = std::env::var(variable).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(if full() { full_form } else { short })
}
