//! How moments look on the wire: RFC 3339 in UTC with milliseconds.

use crate::model::ids::Timestamp;

/// `2026-03-01T09:30:00.250Z`. Out of the calendar's range: the number of milliseconds.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |t| format!("{t:.3}"))
}

/// Whole seconds from `earlier` to `now`, 0 if the clock went back.
#[must_use]
pub fn age_s(now: Timestamp, earlier: Timestamp) -> u64 {
    now.since(earlier) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_three_decimals() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(Timestamp(1_772_357_400_250)), "2026-03-01T09:30:00.250Z");
    }
}
