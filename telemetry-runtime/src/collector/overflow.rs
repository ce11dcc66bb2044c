//! Calls whose records found no room: still counted, by the thread that made them.

use std::sync::{Mutex, PoisonError};

use crate::call::{Record, clock, record::Kept};
use crate::metrics::Apart;

/// Calls made while their thread's locals were being destroyed.
static ORPHANS: Mutex<Option<Overflow>> = Mutex::new(None);

/// What one thread has counted since the collector came by.
#[derive(Default)]
pub(crate) struct Overflow {
    pub(crate) metrics: Apart,
    /// Spans that were to be sent.
    pub(crate) spans: u64,
}

impl Overflow {
    pub(crate) fn add(&mut self, record: &Record) {
        if record.ids.sampled || record.kept != Kept::No {
            self.spans += 1;
        }
        if cfg!(feature = "metrics") {
            self.metrics
                .add(record, clock::nanos(record.start, record.end));
        }
    }
}

/// Counts a call whose thread has no ring any more.
#[cold]
pub(crate) fn add_orphan(record: &Record) {
    ORPHANS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .add(record);
}

pub(super) fn take_orphans() -> Option<Overflow> {
    ORPHANS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
}
