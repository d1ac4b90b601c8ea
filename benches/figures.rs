//! Figures of many runs, and how they are printed.

use std::time::Duration;

/// Times of one thing, in milliseconds.
pub struct Times(Vec<f64>);

impl Times {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn push(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1000.0);
    }

    /// The time below which this share of the runs lies.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

pub fn heading(text: &str) {
    println!("\n{text}");
}

pub fn times(name: &str, times: &Times) {
    let (median, p95) = (times.median(), times.quantile(0.95));
    println!("  {name:<44} median {median:7.2} ms   p95 {p95:7.2} ms");
}

pub fn ratio(name: &str, ours: f64, theirs: f64, aim: Option<f64>) {
    let ratio = ours / theirs;
    println!("  {name:<44} {ratio:14.2} ×{}", verdict(ratio, aim, "×"));
}

pub fn memory(name: &str, kib: u64, aim: Option<f64>) {
    let mib = kib as f64 / 1024.0;
    println!("  {name:<44} {mib:13.1} MB{}", verdict(mib, aim, " MB"));
}

fn verdict(value: f64, aim: Option<f64>, unit: &str) -> String {
    let Some(aim) = aim else { return String::new() };
    let word = if value <= aim { "met" } else { "MISSED" };
    format!("   aim ≤ {aim}{unit}: {word}")
}
