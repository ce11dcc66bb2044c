//! What nobody who measures a duration can do without.

use std::hint::black_box;
use std::time::Instant;

use crate::case::Case;

/// Two readings of the standard library's clock.
#[must_use]
pub fn cases() -> Vec<Case> {
    vec![Case::new("two Instant::now()", two_instants, |_| {})]
}

fn two_instants(_: u64) {
    black_box(Instant::now());
    black_box(Instant::now());
}
