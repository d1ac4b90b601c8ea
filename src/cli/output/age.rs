//! Moments as people read them: how long ago, how soon.

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

/// Seconds from now to an RFC 3339 moment, begun ones counted; 0 when it is past or no moment.
pub fn until_s(moment: &str) -> u64 {
    let Ok(moment) = moment.parse::<jiff::Timestamp>() else { return 0 };
    let ms = moment.as_millisecond().saturating_sub(jiff::Timestamp::now().as_millisecond());
    u64::try_from(ms).unwrap_or(0).div_ceil(1000)
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
        assert_eq!(until_s("not a moment"), 0);
        assert_eq!(until_s("1970-01-01T00:00:00Z"), 0);
        assert!(until_s("2970-01-01T00:00:00Z") > 1_000_000);
    }
}
