//! Costs in the calling thread: batches, interleaved.

use std::time::Instant;

use crate::case::{Calls, Case};
use crate::spread::Spread;

/// Calls between two readings of the clock: enough that it does not count, few enough that no
/// queue fills.
pub const BATCH: u64 = 1000;

/// Nanoseconds a call, the bare call's taken off. Each round makes one batch of each case, so
/// that what the machine does besides meets all alike; `settle` empties queues between them.
pub fn interleaved(cases: &[Case], rounds: usize, settle: impl Fn()) -> Vec<(&str, Spread)> {
    let mut with = vec![Vec::with_capacity(rounds); cases.len()];
    let mut bare = with.clone();
    for _ in 0..rounds {
        for (index, case) in cases.iter().enumerate() {
            settle();
            bare[index].push(timed(&case.bare));
            with[index].push(timed(&case.calls));
        }
    }
    let spreads = with.into_iter().zip(bare).map(|(with, bare)| {
        let bare = Spread::of(bare).median;
        Spread::of(with.into_iter().map(|value| value - bare).collect())
    });
    cases.iter().map(|case| case.name).zip(spreads).collect()
}

/// Of one batch, nanoseconds a call.
fn timed(calls: &Calls) -> f64 {
    let start = Instant::now();
    calls(BATCH);
    start.elapsed().as_nanos() as f64 / BATCH as f64
}
