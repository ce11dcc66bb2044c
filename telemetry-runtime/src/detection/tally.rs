//! What drift detection has done and what it could not do.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::health::DriftHealth;

/// Counted by several threads, read by whoever asks for health.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) tools: AtomicU64,
    pub(super) calls: AtomicU64,
    pub(super) calls_unordered: AtomicU64,
    pub(super) calls_lost: AtomicU64,
    pub(super) calls_kept: AtomicU64,
    pub(super) events: AtomicU64,
    pub(super) tools_evicted: AtomicU64,
    pub(super) notifications_dropped: AtomicU64,
    pub(super) callback_panics: AtomicU64,
}

/// One more of something.
pub(super) fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Relaxed);
}

impl Tally {
    pub(super) fn health(&self, runs: bool, watches: bool) -> DriftHealth {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        DriftHealth {
            watching: runs && watches,
            tools: of(&self.tools),
            calls: of(&self.calls),
            calls_unordered: of(&self.calls_unordered),
            calls_lost: of(&self.calls_lost),
            calls_kept: of(&self.calls_kept),
            events: of(&self.events),
            tools_evicted: of(&self.tools_evicted),
            notifications_dropped: of(&self.notifications_dropped),
            callback_panics: of(&self.callback_panics),
        }
    }
}
