//! `ao ls` of a machine where much has been: fifty live sessions among a thousand, beside ten.

use std::path::Path;

use super::ao_bed::AoBed;
use super::figures::{self, Times, heading};
use super::whole_process;

/// Runs of each.
const LISTS: usize = 300;
/// Live sessions and ended ones, few and many.
const CROWDS: [(&str, usize, usize); 2] = [("few", 10, 0), ("many", 50, 950)];

pub fn bench(root: &Path) {
    heading(&format!("ao ls with 10 sessions, and with 1000 (50 of them live), {LISTS} runs"));
    let beds = CROWDS.map(|(name, live, ended)| {
        let place = root.join(name);
        std::fs::create_dir(&place).unwrap();
        AoBed::crowd(&place, live, ended)
    });
    let mut times = [Times::new(), Times::new()];
    for _ in 0..LISTS {
        for (bed, times) in beds.iter().zip(&mut times) {
            times.push(whole_process(bed.ao(&["ls"])));
        }
    }
    for ((name, ..), times) in CROWDS.iter().zip(&times) {
        figures::times(name, times);
    }
    let [few, many] = &times;
    figures::ratio("many / few, median", many.median(), few.median(), None);
    figures::ratio("many / few, p99", many.quantile(0.99), few.quantile(0.99), None);
}
