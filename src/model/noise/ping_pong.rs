//! Two agents that only answer each other.

use crate::model::ids::Timestamp;

/// One message between two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// It went from the first of the two to the second.
    pub forth: bool,
    /// When it was accepted.
    pub at: Timestamp,
}

/// How many messages after `since` answer each other, the first one included. Several in a row in
/// one direction count as one: who sends a lot and gets no answer plays no ping-pong.
#[must_use]
pub fn answers(exchanges: &[Exchange], since: Timestamp) -> u32 {
    let mut count = 0;
    let mut last = None;
    for exchange in exchanges.iter().filter(|exchange| exchange.at > since) {
        if last != Some(exchange.forth) {
            count += 1;
            last = Some(exchange.forth);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(directions: &str) -> Vec<Exchange> {
        let exchange = |(at, c): (usize, char)| Exchange {
            forth: c == '>',
            at: Timestamp(i64::try_from(at).unwrap() + 1),
        };
        directions.chars().enumerate().map(exchange).collect()
    }

    #[test]
    fn only_answers_count() {
        for (directions, since, expected) in [
            ("", 0, 0),
            (">", 0, 1),
            (">>>>>", 0, 1),
            ("><><", 0, 4),
            (">><<>", 0, 3),
            ("><><", 2, 2),
            ("><><", 9, 0),
        ] {
            assert_eq!(answers(&all(directions), Timestamp(since)), expected, "{directions}");
        }
    }

    proptest! {
        #[test]
        fn one_direction_is_never_a_game(count in 1_usize..500, forth: bool) {
            let same: Vec<_> = (0..count)
                .map(|at| Exchange { forth, at: Timestamp(i64::try_from(at).unwrap() + 1) })
                .collect();
            prop_assert_eq!(answers(&same, Timestamp(0)), 1);
        }

        #[test]
        fn never_more_than_messages(directions in "[<>]{0,60}", since in 0_i64..70) {
            let all = all(&directions);
            let later = all.iter().filter(|e| e.at > Timestamp(since)).count();
            prop_assert!(answers(&all, Timestamp(since)) as usize <= later);
        }
    }
}
