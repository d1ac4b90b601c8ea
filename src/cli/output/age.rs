//! Moments as people read them: how long ago.

/// `5s`, `3m`, `2h`, `4d`.
pub fn of_seconds(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The age of an RFC 3339 moment now; what is no moment is shown as it is.
pub fn since(moment: &str) -> String {
    let Ok(moment) = moment.parse::<jiff::Timestamp>() else { return moment.to_owned() };
    let elapsed = jiff::Timestamp::now().as_second().saturating_sub(moment.as_second());
    of_seconds(u64::try_from(elapsed).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_counts() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m"), (7199, "1h"), (200_000, "2d")] {
            assert_eq!(of_seconds(seconds), text);
        }
        assert_eq!(since("not a moment"), "not a moment");
    }
}
