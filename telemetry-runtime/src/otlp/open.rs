//! A request that records are appended to until it is full or old enough.

use std::sync::Arc;

use super::resource::{Open, Resource};
use super::wire;
use crate::export::{Batch, Lane, Signal};

/// The open batch: it begins with the resource, and each item is a field of its scope.
#[derive(Debug)]
pub(super) struct OpenBatch {
    signal: Signal,
    lane: Lane,
    /// The request up to its first item.
    head: Vec<u8>,
    open: Open,
    body: Vec<u8>,
    items: u64,
    /// Batches that may be back from everywhere by the next time, so that their memory serves again.
    lent: [Option<Arc<Batch>>; 2],
}

impl OpenBatch {
    pub(super) fn new(signal: Signal, lane: Lane, resource: &Resource) -> Self {
        let mut head = Vec::new();
        let open = resource.begin(&mut head, true);
        Self {
            signal,
            lane,
            body: head.clone(),
            head,
            open,
            items: 0,
            lent: [None, None],
        }
    }

    /// Appends an item; `write` gives its fields. `ScopeSpans.spans` and `ScopeLogs.log_records`
    /// have the same number.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = wire::open(&mut self.body, ITEM, wire::SHORT);
        write(&mut self.body);
        wire::close(&mut self.body, start, wire::SHORT);
        self.items += 1;
    }

    /// Appends an item, of which `write` gives tag and length too.
    #[inline]
    pub(super) fn push_whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.body);
        self.items += 1;
    }

    /// Appends items that were encoded elsewhere.
    pub(super) fn extend(&mut self, encoded: &[u8], items: u64) {
        self.body.extend_from_slice(encoded);
        self.items += items;
    }

    /// Items in it.
    pub(super) fn items(&self) -> u64 {
        self.items
    }

    /// Length of its body, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The batch, and a new one is open. `None` if there is nothing in it.
    pub(super) fn close(&mut self) -> Option<Arc<Batch>> {
        if self.items == 0 {
            return None;
        }
        self.open.close(&mut self.body);
        let next = self.next_body(self.body.len());
        let mut body = std::mem::replace(&mut self.body, next);
        if body.capacity() > 2 * body.len() {
            // It may wait for long, and what it holds is what the queue counts.
            body.shrink_to_fit();
        }
        let batch = Arc::new(Batch {
            signal: self.signal,
            lane: self.lane,
            items: std::mem::take(&mut self.items),
            body,
        });
        self.lent.rotate_right(1);
        self.lent[0] = Some(Arc::clone(&batch));
        Some(batch)
    }

    /// The memory of a batch that nobody has any more, else new one, as large as the last was.
    fn next_body(&mut self, last: usize) -> Vec<u8> {
        let back = self.lent.iter_mut().find_map(|lent| {
            let taken = Arc::try_unwrap(lent.take()?);
            taken.map_err(|still_lent| *lent = Some(still_lent)).ok()
        });
        let mut body = back.map_or_else(|| Vec::with_capacity(last), |batch| batch.body);
        body.clear();
        body.extend_from_slice(&self.head);
        body
    }
}

/// `ScopeSpans.spans`, `ScopeLogs.log_records`
pub(super) const ITEM: u32 = 2;
