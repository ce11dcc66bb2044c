//! Calls whose records found no room: still counted, by the thread that made them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::call::{Outcome, Record};
use crate::metrics::{Apart, Sketch};

/// Calls made while their thread's locals were being destroyed.
static ORPHANS: Mutex<Option<Overflow>> = Mutex::new(None);

/// What one thread has counted since the collector came by.
#[derive(Default)]
pub(crate) struct Overflow {
    pub(crate) metrics: Apart,
    /// By position of the tool.
    pub(crate) tools: HashMap<u32, Uncollected>,
    /// Spans that were to be sent.
    pub(crate) spans: u64,
}

/// The calls of one tool that have no record.
#[derive(Default)]
pub(crate) struct Uncollected {
    /// By outcome, in the order of [`Outcome::ALL`].
    pub(crate) ended: [u64; 4],
    /// How long those took that succeeded.
    pub(crate) successes: Sketch,
}

impl Overflow {
    pub(crate) fn add(&mut self, record: &Record) {
        self.spans += u64::from(record.is_sent());
        let nanos = record.nanos();
        let tool = self.tools.entry(record.origin.tool.id).or_default();
        tool.add(record.outcome, nanos);
        if cfg!(feature = "metrics") {
            self.metrics.add(record, nanos);
        }
    }
}

impl Uncollected {
    pub(crate) fn add(&mut self, outcome: Outcome, nanos: u64) {
        self.ended[outcome as usize] += 1;
        if outcome == Outcome::Success {
            self.successes.add(nanos);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.ended.iter_mut().zip(other.ended) {
            *mine += theirs;
        }
        self.successes.merge(&other.successes);
    }

    /// However they ended.
    pub(crate) fn calls(&self) -> u64 {
        self.ended.iter().sum()
    }
}

/// Counts a call whose thread has no ring any more.
#[cold]
pub(crate) fn add_orphan(record: &Record) {
    if let Some(mut orphans) = crate::sync::lock(&ORPHANS) {
        orphans.get_or_insert_default().add(record);
    }
}

pub(super) fn take_orphans() -> Option<Overflow> {
    ORPHANS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
}
