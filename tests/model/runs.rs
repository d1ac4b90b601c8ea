//! The runs: ten thousand seeds of two hundred events each. A failure prints its seed, the
//! shortest list of events that fails, and what happened in it; `AO_MODEL_SEED` runs one seed,
//! `AO_MODEL_RUNS` another number of them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::machine::Machine;
use super::tape;

/// Seeds of a run of the suite.
const RUNS: u64 = 10_000;

/// Runs a tape to its end and to rest; what went wrong, and what had happened.
fn run(tape: &[u64], log: bool) -> Result<Machine, (String, Vec<String>)> {
    let mut machine = Machine::new(log);
    for word in tape {
        let done = machine.event(*word).and_then(|()| machine.check());
        if let Err(wrong) = done {
            return Err((wrong, machine.log.unwrap_or_default()));
        }
    }
    machine.note(|| "everything comes to rest".to_owned());
    let rest =
        machine.settle_down().and_then(|()| machine.check()).and_then(|()| machine.check_rest());
    match rest {
        Ok(()) => Ok(machine),
        Err(wrong) => Err((wrong, machine.log.unwrap_or_default())),
    }
}

fn fail(seed: u64) -> ! {
    let short = tape::shortened(tape::of_seed(seed), |tape| run(tape, false).is_err());
    let (wrong, log) = run(&short, true).expect_err("it failed a moment ago");
    panic!("AO_MODEL_SEED={seed}: {wrong}\nafter:\n  {}", log.join("\n  "));
}

#[test]
fn ten_thousand_lives_keep_what_must_stay_true() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("AO_MODEL_SEED") {
        return if run(&tape::of_seed(seed), false).is_err() {
            fail(seed)
        };
    }
    let runs = number("AO_MODEL_RUNS").unwrap_or(RUNS);
    let next = AtomicU64::new(0);
    let failed = AtomicU64::new(u64::MAX);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) == u64::MAX {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= runs {
                        return;
                    }
                    if run(&tape::of_seed(seed), false).is_err() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    match failed.into_inner() {
        u64::MAX => {}
        seed => fail(seed),
    }
}
