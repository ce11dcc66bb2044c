//! One pass over all rings.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rtrb::Consumer;

use super::overflow::{Overflow, take_orphans};
use crate::call::clock::{self, Anchor};
use crate::call::record::{Details, Kept, Record};
use crate::call::ring::{self, Thread};
use crate::metrics::Metrics;

/// Records handed on between two looks at the clock and the lock.
const CHUNK: usize = 1024;

/// Where spans go: encoded at once, sent by others.
pub(crate) trait SpanSink: Send {
    /// A call to be sent. Never blocks.
    fn span(&mut self, record: &Record, nanos: u64, anchor: &Anchor);

    /// Spans that found no room before they came here.
    fn dropped(&mut self, spans: u64);

    /// After each pass; `flush`: hand on what is there.
    fn tick(&mut self, flush: bool);
}

/// Where spans go that nobody wants.
pub(crate) struct Nowhere;

impl SpanSink for Nowhere {
    fn span(&mut self, _record: &Record, _nanos: u64, _anchor: &Anchor) {}

    fn dropped(&mut self, _spans: u64) {}

    fn tick(&mut self, _flush: bool) {}
}

/// All threads' rings. They outlive a collector, as the threads do.
pub(super) static LANES: Mutex<Lanes> = Mutex::new(Lanes {
    all: Vec::new(),
    owner: Owner(0),
});

pub(super) struct Lanes {
    all: Vec<Lane>,
    owner: Owner,
}

/// The collector that may take records. One before it that was given up while it was busy
/// comes back too late.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// One thread's rings, the one in use last.
struct Lane {
    thread: Arc<Thread>,
    rings: VecDeque<Consumer<Record>>,
}

/// What records are handed to.
pub(super) struct Sinks<'a> {
    pub(super) metrics: &'a Mutex<Metrics>,
    pub(super) spans: &'a mut dyn SpanSink,
}

impl Lanes {
    /// Makes way for a new collector: everything that is there is handed to nobody.
    pub(super) fn take_over(&mut self) -> Owner {
        let metrics = Mutex::new(Metrics::disabled());
        self.owner.0 += 1;
        self.drain(
            self.owner,
            &mut Sinks {
                metrics: &metrics,
                spans: &mut Nowhere,
            },
        );
        self.owner
    }

    /// Takes everything that is there; gives the number of records.
    pub(super) fn drain(&mut self, owner: Owner, sinks: &mut Sinks<'_>) -> usize {
        if owner != self.owner {
            return 0;
        }
        let new = ring::new_threads().into_iter();
        self.all.extend(new.map(|thread| Lane {
            thread,
            rings: VecDeque::new(),
        }));
        let mut records = 0;
        for lane in &mut self.all {
            records += lane.drain(sinks);
        }
        if let Some(orphans) = take_orphans() {
            sinks.overflow(&orphans);
        }
        self.all.retain_mut(|lane| !lane.is_over());
        records
    }

    /// Shows the id of each tool whose call runs on some thread.
    pub(super) fn each_active(&self, mut show: impl FnMut(u32)) {
        self.all
            .iter()
            .for_each(|lane| lane.thread.each_active(&mut show));
    }
}

impl Lane {
    fn drain(&mut self, sinks: &mut Sinks<'_>) -> usize {
        // Taken first: a record can only be in a later ring once it is known here.
        self.rings.extend(self.thread.new_rings());
        let mut records = 0;
        while let Some(ring) = self.rings.front_mut() {
            // Asked before the last look, so that nothing comes after it.
            let over = ring.is_abandoned();
            records += sinks.take(ring, &self.thread);
            if !over {
                break;
            }
            if let Some(over) = self.rings.pop_front() {
                ring::retire(&over);
            }
        }
        if let Some(overflow) = self.thread.take_overflow() {
            sinks.overflow(&overflow);
        }
        records
    }

    /// The thread is gone, and so is all it left.
    fn is_over(&mut self) -> bool {
        self.rings.is_empty() && Arc::get_mut(&mut self.thread).is_some_and(Thread::is_empty)
    }
}

impl Sinks<'_> {
    fn take(&mut self, ring: &mut Consumer<Record>, thread: &Thread) -> usize {
        let mut taken = 0;
        // No more than was there at first: a busy thread must not keep the others waiting.
        let mut left = ring.slots();
        while left > 0 {
            let Ok(chunk) = ring.read_chunk(left.min(CHUNK)) else {
                break;
            };
            left -= chunk.len();
            taken += chunk.len();
            let anchor = Anchor::now();
            let mut metrics = lock(self.metrics);
            let mut details_bytes = 0;
            for record in chunk {
                let nanos = clock::nanos(record.start, record.end);
                metrics.add(&record, nanos, &anchor);
                if record.ids.sampled || record.kept != Kept::No {
                    self.spans.span(&record, nanos, &anchor);
                }
                details_bytes += record.details.as_deref().map_or(0, Details::bytes);
            }
            thread.leave_room(details_bytes);
        }
        taken
    }

    fn overflow(&mut self, overflow: &Overflow) {
        lock(self.metrics).merge(&overflow.metrics);
        self.spans.dropped(overflow.spans);
    }
}

fn lock(metrics: &Mutex<Metrics>) -> MutexGuard<'_, Metrics> {
    metrics.lock().unwrap_or_else(PoisonError::into_inner)
}
