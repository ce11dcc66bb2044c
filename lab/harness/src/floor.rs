//! What nobody who measures a duration can do without.

use std::hint::black_box;
use std::time::Instant;

use crate::case::Case;

/// The processor's counter, read at the start and at the end of a call.
pub const COUNTER: &str = "two reads of the counter";

/// Two readings of a clock, of two kinds.
#[must_use]
pub fn cases() -> Vec<Case> {
    let clock = quanta::Clock::new();
    let twice = move |number| {
        black_box(clock.raw());
        black_box(clock.raw());
        number
    };
    let instants = |number| {
        black_box(Instant::now());
        black_box(Instant::now());
        number
    };
    let nothing = |number: u64| number;
    vec![
        Case::new(COUNTER, twice, nothing),
        Case::new("two Instant::now()", instants, nothing),
    ]
}
