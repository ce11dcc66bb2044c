//! What spans and lines had no room for, of all of them: each says how much it was of it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Attributes and events.
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

/// Counts some more. Rare, or it would be a line that all threads fight for.
#[cold]
pub(crate) fn add_left_out(count: u32) {
    LEFT_OUT.fetch_add(count.into(), Relaxed);
}

/// Since `init`.
pub(crate) fn left_out() -> u64 {
    LEFT_OUT.load(Relaxed)
}

/// Counts anew.
pub(super) fn restart() {
    LEFT_OUT.store(0, Relaxed);
}
