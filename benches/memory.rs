//! What a process holds in memory, as the kernel counts it, in KiB.

use std::fs;

/// Pages of its own and shared ones alike (`VmRSS`).
pub fn rss(pid: u64) -> u64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Shared pages divided by who shares them (`Pss`): twenty hosts of one program share its code.
pub fn pss(pid: u64) -> u64 {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

fn field(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let line = text.lines().find(|line| line.starts_with(name));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no {name} in {file}"))
}
