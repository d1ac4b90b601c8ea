//! How many automatic messages one recipient gets in a day.

use crate::model::ids::Timestamp;

/// A day in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Until when a recipient gets no further one: `nth_newest` is when it got the one that, counted
/// back from the newest, stands at the cap. Nothing when it may have another now.
#[must_use]
pub fn capped_until(nth_newest: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let until = nth_newest?.plus(DAY_MS);
    (now < until).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_slides() {
        let day = i64::try_from(DAY_MS).unwrap();
        assert_eq!(capped_until(None, Timestamp(5)), None);
        assert_eq!(capped_until(Some(Timestamp(5)), Timestamp(6)), Some(Timestamp(5 + day)));
        assert_eq!(capped_until(Some(Timestamp(5)), Timestamp(5 + day)), None);
    }
}
