//! What became of everything handed to one destination, in numbers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Counted by a destination, read by `health()` and the `telemetry.*` metrics.
///
/// Every item pushed ends in exactly one of `delivered` and the drops. A batch
/// is counted at once, a few times a second, so a lock costs nothing here.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

/// A [`Tally`] at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Items that the backend took.
    pub(crate) delivered: u64,
    /// Items by cause: see [`Counts::dropped`].
    dropped: [u64; Cause::ALL.len()],
    /// Attempts that failed, those tried again too.
    pub(crate) failures: u64,
    /// Items delivered otherwise than they were made, by reason.
    changed: BTreeMap<&'static str, u64>,
    /// Items that an earlier process left in its spill file.
    pub(crate) recovered: u64,
    /// What waits in the spill file.
    pub(crate) spilled_bytes: u64,
    pub(crate) spilled_items: u64,
    /// What waits in memory, the batch being sent included.
    pub(crate) queue_bytes: usize,
    pub(crate) queue_batches: usize,
    /// The last attempt that failed, or the last complaint that came with partial success.
    pub(crate) last_error: Option<LastError>,
}

#[derive(Clone, Debug)]
pub(crate) struct LastError {
    pub(crate) text: String,
    pub(crate) at: SystemTime,
}

/// Why items were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The queue was full, or the batch larger than the queue.
    QueueFull,
    /// Tried for as long as a batch may be tried.
    Expired,
    /// The backend refused the batch for good.
    Refused,
    /// Still waiting when the process ended.
    Shutdown,
    /// The backend took the batch but not these items (partial success).
    Rejected,
    /// The exporter panicked.
    Panic,
    /// What was kept in the spill file cannot be read any more.
    Damaged,
}

impl Cause {
    pub(crate) const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::Expired,
        Self::Refused,
        Self::Shutdown,
        Self::Rejected,
        Self::Panic,
        Self::Damaged,
    ];

    /// The value of the attribute `cause`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Shutdown => "shutdown",
            Self::Rejected => "rejected",
            Self::Panic => "panic",
            Self::Damaged => "damaged",
        }
    }
}

impl Counts {
    /// Items dropped for one cause.
    pub(crate) fn dropped(&self, cause: Cause) -> u64 {
        self.dropped[cause as usize]
    }

    /// Items delivered otherwise than they were made, by reason.
    pub(crate) fn changed(&self) -> Vec<(&'static str, u64)> {
        self.changed
            .iter()
            .map(|(why, items)| (*why, *items))
            .collect()
    }

    /// Items dropped for whatever cause.
    pub(crate) fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    pub(crate) fn delivered(&self, items: u64) {
        self.lock().delivered += items;
    }

    pub(crate) fn dropped(&self, cause: Cause, items: u64) {
        self.lock().dropped[cause as usize] += items;
    }

    pub(super) fn changed(&self, reasons: &[(&'static str, u64)]) {
        let mut counts = self.lock();
        for (why, items) in reasons {
            *counts.changed.entry(why).or_default() += items;
        }
    }

    pub(super) fn recovered(&self, items: u64) {
        self.lock().recovered += items;
    }

    pub(super) fn spilled(&self, bytes: u64, items: u64) {
        let mut counts = self.lock();
        counts.spilled_bytes = bytes;
        counts.spilled_items = items;
    }

    pub(crate) fn failed(&self, why: &str) {
        let mut counts = self.lock();
        counts.failures += 1;
        counts.last_error = Some(LastError::now(why));
    }

    pub(super) fn complained(&self, message: &str) {
        self.lock().last_error = Some(LastError::now(message));
    }

    pub(super) fn waiting(&self, bytes: usize, batches: usize) {
        let mut counts = self.lock();
        counts.queue_bytes = bytes;
        counts.queue_batches = batches;
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LastError {
    fn now(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            at: SystemTime::now(),
        }
    }
}
