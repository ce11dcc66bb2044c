//! What finished calls are handed to: metrics, spans and whatever else wants each of them.

use std::sync::{Arc, Mutex, PoisonError};

use super::overflow::Overflow;
use crate::call::Record;
use crate::call::attributes::Written;
use crate::call::clock::Anchor;
use crate::call::record::Piece;
use crate::call::tool::Tool;
use crate::health::LongCall;
use crate::metrics::Metrics;

/// What some calls were given, beside their records.
#[derive(Clone, Copy, Default)]
pub(crate) struct Captured<'a> {
    bytes: &'a [u8],
    /// How many came before, of which the lowest 32 bits.
    at: u32,
}

impl<'a> Captured<'a> {
    pub(super) fn new(bytes: &'a [u8], at: u32) -> Self {
        Self { bytes, at }
    }

    /// What was captured of one of the calls, wherever that is.
    pub(crate) fn of(self, call: &'a Record) -> Written<'a> {
        if let Some(details) = &call.details {
            return details.captured.written();
        }
        let Piece { length, at } = call.captured;
        let first = at.wrapping_sub(self.at) as usize;
        let bytes = self.bytes.get(first..);
        let bytes = bytes.and_then(|bytes| bytes.get(..length.into()));
        Written::of(bytes.unwrap_or_default())
    }
}

/// Part of the collector's thread: what it does it does at once, without waiting for
/// anything, since every other sink waits for it.
pub(crate) trait Sink: Send {
    /// Calls that have ended, in the order in which one thread ended them.
    fn calls(&mut self, calls: &[Record], captured: Captured<'_>, anchor: &Anchor);

    /// Calls whose records found no room, as their threads have counted them.
    fn overflow(&mut self, overflow: &Overflow);

    /// A call of `tool` that has been running for long and still does: once a call. Gives whether
    /// this tells somebody.
    fn running(&mut self, _tool: &'static Tool, _call: &LongCall) -> bool {
        false
    }

    /// After each pass over all threads; `flush`: hand on what is there.
    fn tick(&mut self, _flush: bool) {}
}

impl Sink for Arc<Mutex<Metrics>> {
    fn calls(&mut self, calls: &[Record], _captured: Captured<'_>, anchor: &Anchor) {
        let mut metrics = self.lock().unwrap_or_else(PoisonError::into_inner);
        for record in calls {
            metrics.add(record, record.nanos(), anchor);
        }
    }

    fn overflow(&mut self, overflow: &Overflow) {
        let mut metrics = self.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.merge(&overflow.metrics);
    }
}
