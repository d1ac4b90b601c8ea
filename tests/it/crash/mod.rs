//! The proof that the supervisor may die anywhere: at each of its system calls, at random moments
//! of a run of mixed commands, in the middle of spawns. Afterwards everything is one to one.
//!
//! `AO_TEST_SEED` repeats a run, `AO_KILLS=full` makes everything as large as it gets.

mod calls;
mod commands;
mod cycles;
mod large_repository;
pub mod rest;

use crate::storm::seed::Seed;

/// A size: the short form's, or the long one's.
fn size(short: usize, full: usize) -> usize {
    let is_full = std::env::var("AO_KILLS").is_ok_and(|size| size == "full");
    if is_full { full } else { short }
}

/// One of them.
fn one<'a, T>(seed: &mut Seed, all: &'a [T]) -> Option<&'a T> {
    (!all.is_empty()).then(|| &all[seed.index(all.len())])
}
