//! Amounts of bytes as people read them.

/// `512 B`, `1.5 kB`, `20 MB`: powers of 1000, as disks are sold.
pub fn of(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < units.len() {
        tenths /= 1000;
        unit += 1;
    }
    match tenths {
        0..100 => format!("{}.{} {}", tenths / 10, tenths % 10, units[unit]),
        _ => format!("{} {}", tenths / 10, units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_say_enough() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1549, "1.5 kB"),
            (20_400, "20 kB"),
            (999_999, "999 kB"),
            (1_000_000, "1.0 MB"),
            (103_000_000, "103 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(of(bytes), text);
        }
    }
}
