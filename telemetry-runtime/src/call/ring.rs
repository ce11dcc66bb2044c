//! One thread's way to the collector: a bounded ring that starts small, and what a
//! thread shows of itself without being asked.
//!
//! `rtrb` orders a record's bytes before its slot; nothing else passes between the
//! two sides but the plain counters of [`Thread`], where a reader may see one a
//! moment late.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::record::Record;
use crate::collector::{Overflow, wake};

/// Records in a new thread's ring, and in the largest.
const SMALLEST: usize = 64;
const LARGEST: usize = 16 * 1024;
/// Each ring is so many times the one before.
const GROWTH: usize = 4;
/// Calls of a thread that are seen as active by name; those nested deeper are in a list.
const SHALLOW: usize = 32;
/// Stands for a call that ended before the ones it had made.
const ENDED: u32 = u32::MAX;

/// Bytes of details that any thread may have under way, however many threads there are.
const LEAST_SHARE: usize = 4096;

/// Bytes of all rings, and how many there may be, details included.
static RING_BYTES: AtomicUsize = AtomicUsize::new(0);
static MAX_BYTES: AtomicUsize = AtomicUsize::new(8 << 20);
/// Threads that have a ring: they share what the rings leave for details.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Threads that the collector has not met yet.
static NEW_THREADS: Mutex<Vec<Arc<Thread>>> = Mutex::new(Vec::new());

/// Sets `calls_queue_max_bytes`.
pub(crate) fn set_max_bytes(bytes: usize) {
    MAX_BYTES.store(bytes, Relaxed);
}

/// Threads that made their first call since the last time.
pub(crate) fn new_threads() -> Vec<Arc<Thread>> {
    std::mem::take(&mut *NEW_THREADS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The side of a thread that others see.
pub(crate) struct Thread {
    /// Rings that the collector has not met yet, oldest first.
    rings: Mutex<Vec<Consumer<Record>>>,
    /// What did not fit into the ring.
    pub(crate) overflow: Mutex<Overflow>,
    has_overflow: AtomicBool,
    /// Of the details that are under way.
    details_bytes: AtomicUsize,
    active: [AtomicU32; SHALLOW],
    depth: AtomicU32,
    deeper: Mutex<Vec<u32>>,
}

impl Thread {
    pub(crate) fn new_rings(&self) -> Vec<Consumer<Record>> {
        std::mem::take(&mut *self.rings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What did not fit since the last time.
    pub(crate) fn take_overflow(&self) -> Option<Overflow> {
        if !self.has_overflow.swap(false, Relaxed) {
            return None;
        }
        Some(std::mem::take(
            &mut *self.overflow.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// Whether there is room for details of so many bytes: then it is taken. One alone always
    /// has.
    fn take_room(&self, bytes: usize) -> bool {
        let before = self.details_bytes.fetch_add(bytes, Relaxed);
        let has_room = before == 0 || before + bytes <= share();
        if !has_room {
            self.leave_room(bytes);
        }
        has_room
    }

    /// Details of so many bytes are no longer under way.
    pub(crate) fn leave_room(&self, bytes: usize) {
        self.details_bytes.fetch_sub(bytes, Relaxed);
    }

    /// The collector has met all that the thread left.
    pub(crate) fn is_empty(&mut self) -> bool {
        let rings = self.rings.get_mut().unwrap_or_else(PoisonError::into_inner);
        rings.is_empty() && !*self.has_overflow.get_mut()
    }

    /// Shows the id of each tool whose call is running on the thread.
    pub(crate) fn each_active(&self, mut show: impl FnMut(u32)) {
        let depth = self.depth.load(Relaxed) as usize;
        let shallow = self.active[..depth.min(SHALLOW)]
            .iter()
            .map(|tool| tool.load(Relaxed));
        shallow.filter(|tool| *tool != ENDED).for_each(&mut show);
        if depth > SHALLOW {
            let deeper = self.deeper.lock().unwrap_or_else(PoisonError::into_inner);
            deeper
                .iter()
                .copied()
                .filter(|tool| *tool != ENDED)
                .for_each(show);
        }
    }
}

/// Frees a ring's share of the bound once the collector has emptied it for good.
pub(crate) fn retire(ring: &Consumer<Record>) {
    RING_BYTES.fetch_sub(bytes(ring.buffer().capacity()), Relaxed);
}

/// Bytes of details that each thread may have under way.
fn share() -> usize {
    let left = MAX_BYTES
        .load(Relaxed)
        .saturating_sub(RING_BYTES.load(Relaxed));
    (left / THREADS.load(Relaxed).max(1)).max(LEAST_SHARE)
}

fn bytes(capacity: usize) -> usize {
    capacity * size_of::<Record>()
}

/// The side of a thread that only it sees.
pub(crate) struct Ring {
    producer: Option<Producer<Record>>,
    thread: Arc<Thread>,
}

impl Ring {
    pub(crate) fn new() -> Self {
        let thread = Arc::new(Thread {
            rings: Mutex::default(),
            overflow: Mutex::default(),
            has_overflow: AtomicBool::new(false),
            details_bytes: AtomicUsize::new(0),
            active: [const { AtomicU32::new(0) }; SHALLOW],
            depth: AtomicU32::new(0),
            deeper: Mutex::default(),
        });
        THREADS.fetch_add(1, Relaxed);
        let mut ring = Self {
            producer: None,
            thread: Arc::clone(&thread),
        };
        ring.grow();
        NEW_THREADS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
        ring
    }

    /// Never waits: a record that finds no room is added to the thread's overflow.
    #[inline]
    pub(crate) fn push(&mut self, record: Record) {
        if let Some(details) = &record.details
            && !self.thread.take_room(details.bytes())
        {
            wake();
            return self.add_to_overflow(&record);
        }
        let pushed = match &mut self.producer {
            Some(ring) => ring.push(record),
            None => Err(PushError::Full(record)),
        };
        if let Err(PushError::Full(record)) = pushed {
            self.push_full(record);
        }
    }

    #[cold]
    fn push_full(&mut self, record: Record) {
        wake();
        if self.grow()
            && let Some(producer) = &mut self.producer
        {
            // The new ring is empty.
            let _ = producer.push(record);
            return;
        }
        if let Some(details) = &record.details {
            self.thread.leave_room(details.bytes());
        }
        self.add_to_overflow(&record);
    }

    #[cold]
    fn add_to_overflow(&self, record: &Record) {
        self.thread
            .overflow
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(record);
        self.thread.has_overflow.store(true, Relaxed);
    }

    /// Puts a larger ring in the place of the full one, which the collector empties first.
    fn grow(&mut self) -> bool {
        let capacity = match &self.producer {
            None => SMALLEST,
            Some(full) => full.buffer().capacity() * GROWTH,
        };
        if capacity > LARGEST {
            return false;
        }
        let more = bytes(capacity);
        if RING_BYTES.fetch_add(more, Relaxed) + more > MAX_BYTES.load(Relaxed) {
            RING_BYTES.fetch_sub(more, Relaxed);
            return false;
        }
        let (producer, consumer) = RingBuffer::new(capacity);
        self.producer = Some(producer);
        self.thread
            .rings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(consumer);
        true
    }

    /// A call begins: shown as active from now on. Gives what [`Ring::ended`] takes.
    #[inline]
    pub(crate) fn began(&mut self, tool: u32) -> u32 {
        let depth = self.thread.depth.load(Relaxed);
        match self.thread.active.get(depth as usize) {
            Some(slot) => slot.store(tool, Relaxed),
            None => self.deeper(|list| list.push(tool)),
        }
        self.thread.depth.store(depth + 1, Relaxed);
        depth
    }

    /// The call that began at `slot` has ended. Those it made end before it, but for
    /// guards that are dropped out of order.
    #[inline]
    pub(crate) fn ended(&mut self, slot: u32) {
        let depth = self.thread.depth.load(Relaxed);
        if slot + 1 == depth && slot as usize <= SHALLOW && !self.left_behind(slot) {
            self.thread.depth.store(slot, Relaxed);
            if slot as usize == SHALLOW {
                self.deeper(Vec::clear);
            }
        } else {
            self.ended_out_of_order(slot, depth);
        }
    }

    /// The call below `slot` ended earlier.
    #[inline]
    fn left_behind(&self, slot: u32) -> bool {
        slot > 0 && self.thread.active[slot as usize - 1].load(Relaxed) == ENDED
    }

    #[cold]
    fn ended_out_of_order(&mut self, slot: u32, mut depth: u32) {
        let active = &self.thread.active;
        let mut deeper = self
            .thread
            .deeper
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match active.get(slot as usize) {
            Some(shallow) => shallow.store(ENDED, Relaxed),
            None => {
                if let Some(deep) = deeper.get_mut(slot as usize - SHALLOW) {
                    *deep = ENDED;
                }
            }
        }
        let ended = |deeper: &Vec<u32>, slot: usize| match active.get(slot) {
            Some(shallow) => shallow.load(Relaxed) == ENDED,
            None => deeper.get(slot - SHALLOW).is_none_or(|tool| *tool == ENDED),
        };
        while depth > 0 && ended(&deeper, depth as usize - 1) {
            depth -= 1;
        }
        deeper.truncate((depth as usize).saturating_sub(SHALLOW));
        self.thread.depth.store(depth, Relaxed);
    }

    fn deeper(&self, change: impl FnOnce(&mut Vec<u32>)) {
        change(
            &mut self
                .thread
                .deeper
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}

/// A guard that was leaked is no running call once its thread is gone.
impl Drop for Ring {
    fn drop(&mut self) {
        self.thread.depth.store(0, Relaxed);
        THREADS.fetch_sub(1, Relaxed);
    }
}
