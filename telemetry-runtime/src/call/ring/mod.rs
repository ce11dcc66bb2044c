//! One thread's way to the collector: a bounded ring that starts small, and what a
//! thread shows of itself without being asked.
//!
//! The [`queue`] orders a record's bytes before its place; nothing else passes between the
//! two sides but the plain counters of [`Thread`], where a reader may see one a
//! moment late.

mod beside;
mod queue;
mod rings;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use self::beside::Beside;
use self::queue::Writer;
use self::rings::NewRings;
use super::active::Active;
use super::attributes::Attributes;
use super::record::{Piece, Record};
use crate::collector::{Overflow, wake};
use crate::sync::{is_child, lock};

pub(crate) use self::queue::Reader;
pub(crate) use self::rings::Rings;

/// Records in a new thread's ring, and in the largest.
const SMALLEST: usize = 64;
const LARGEST: usize = 16 * 1024;
/// Bytes in the smallest and the largest ring beside it, for what calls are given.
const SMALLEST_BESIDE: usize = 1024;
const LARGEST_BESIDE: usize = 1 << 20;
/// What takes more than this goes in a box.
const LARGEST_PIECE: usize = 1024;
/// Each ring is so many times the one before.
const GROWTH: usize = 4;
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

/// Bytes of all rings.
pub(crate) fn bytes_in_use() -> usize {
    RING_BYTES.load(Relaxed)
}

/// Threads that made their first call since the last time.
pub(crate) fn new_threads() -> Vec<Arc<Thread>> {
    std::mem::take(&mut *NEW_THREADS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The side of a thread that others see.
pub(crate) struct Thread {
    /// As the standard library has it.
    known: std::thread::Thread,
    /// Rings that the collector has not met yet.
    pub(crate) new_rings: NewRings<Record>,
    /// The same of those with what calls were given.
    pub(crate) new_beside: NewRings<u8>,
    /// What did not fit into the ring.
    pub(crate) overflow: Beside<Overflow>,
    /// Of the details that are under way.
    details_bytes: AtomicUsize,
    /// The calls that run on it.
    pub(crate) active: Active,
}

impl Thread {
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

    /// Whether so many records, with so many bytes beside them, are a good part of what it may have under way:
    /// then the next ones should not wait for long.
    pub(crate) fn is_filling(&self, records: usize, bytes: usize) -> bool {
        let rings = RING_BYTES.load(Relaxed);
        let bytes = bytes * 4;
        records > LARGEST / 4
            || rings > MAX_BYTES.load(Relaxed) / 2
            || bytes > share()
            || bytes > LARGEST_BESIDE
    }

    /// Its name, or its number. Made when it is asked for: a thread's first call has no time for it.
    pub(crate) fn name(&self) -> String {
        match self.known.name() {
            Some(name) => name.to_owned(),
            None => format!("{:?}", self.known.id()),
        }
    }

    /// What tells it from other threads while it is known.
    pub(crate) fn place(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// The collector has met all that the thread left.
    pub(crate) fn is_empty(&self) -> bool {
        self.new_rings.is_empty() && self.overflow.is_empty()
    }
}

/// Frees a ring's share of the bound once the collector has emptied it for good.
pub(crate) fn retire<T>(ring: &Reader<T>) {
    RING_BYTES.fetch_sub(ring.capacity() * size_of::<T>(), Relaxed);
}

/// Takes a ring's share of the bound, where that much is left.
fn take_share(bytes: usize) -> bool {
    let more = |taken: usize| {
        let more = taken + bytes;
        (more <= MAX_BYTES.load(Relaxed)).then_some(more)
    };
    RING_BYTES.fetch_update(Relaxed, Relaxed, more).is_ok()
}

/// Bytes of details that each thread may have under way.
fn share() -> usize {
    let left = MAX_BYTES
        .load(Relaxed)
        .saturating_sub(RING_BYTES.load(Relaxed));
    (left / THREADS.load(Relaxed).max(1)).max(LEAST_SHARE)
}

/// The side of a thread that only it sees.
pub(crate) struct Ring {
    writer: Option<Writer<Record>>,
    /// What calls were given, beside their records.
    beside: Option<Writer<u8>>,
    /// Bytes that were written there, of which the lowest 32 bits.
    written: u32,
    thread: Arc<Thread>,
}

impl Ring {
    pub(crate) fn new() -> Self {
        let thread = Arc::new(Thread {
            known: std::thread::current(),
            new_rings: NewRings::new(),
            new_beside: NewRings::new(),
            overflow: Beside::new(),
            details_bytes: AtomicUsize::new(0),
            active: Active::new(),
        });
        THREADS.fetch_add(1, Relaxed);
        let mut ring = Self {
            writer: None,
            beside: None,
            written: 0,
            thread: Arc::clone(&thread),
        };
        ring.grow();
        if let Some(mut new) = lock(&NEW_THREADS) {
            new.push(thread);
        }
        ring
    }

    /// Whether the next record has room in the ring as it is.
    #[inline(always)]
    pub(crate) fn has_room(&mut self) -> bool {
        self.writer.as_mut().is_some_and(Writer::has_room)
    }

    /// Adds a record without details where the ring [has room](Self::has_room), made where the collector
    /// finds it.
    #[inline(always)]
    pub(crate) fn push_plain(&mut self, record: Record) {
        if let Some(writer) = &mut self.writer {
            writer.write(record);
        }
    }

    /// Puts what a call was given where the collector finds it once it has the call's record. `None` where
    /// it is too much, or there is no room.
    #[inline]
    pub(crate) fn write(&mut self, captured: &Attributes) -> Option<Piece> {
        let bytes = captured.bytes();
        let has_room = |beside: &mut Writer<u8>| beside.has_room_for(bytes.len());
        if bytes.len() > LARGEST_PIECE
            || !self.beside.as_mut().is_some_and(has_room) && !self.grow_beside()
        {
            return None;
        }
        self.beside.as_mut()?.write_all(bytes);
        let piece = Piece {
            length: bytes.len() as u16,
            at: self.written,
        };
        self.written = self.written.wrapping_add(bytes.len() as u32);
        Some(piece)
    }

    /// Adds the record of a call that was given `captured`. Only a record takes the bytes beside it away
    /// again, so one that finds no room must leave none there.
    pub(crate) fn push_with(&mut self, mut record: Record, captured: Attributes) {
        if !captured.is_empty() {
            let piece = match record.details {
                None if self.has_room() || self.make_room() => self.write(&captured),
                None => return self.add_to_overflow(&record),
                Some(_) => None,
            };
            match piece {
                Some(piece) => record.captured = piece,
                None => record.details.get_or_insert_default().take_in(captured),
            }
        }
        self.push(record);
    }

    /// Adds a record. Never waits: one that finds no room is added to the thread's overflow.
    #[inline]
    pub(crate) fn push(&mut self, record: Record) {
        if let Some(details) = &record.details
            && !self.thread.take_room(details.bytes())
        {
            wake();
            return self.add_to_overflow(&record);
        }
        match self.has_room() {
            true => self.push_plain(record),
            false => self.push_full(record),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_full(&mut self, record: Record) {
        if self.make_room() {
            return self.push_plain(record);
        }
        if let Some(details) = &record.details {
            self.thread.leave_room(details.bytes());
        }
        self.add_to_overflow(&record);
    }

    /// Where the ring is full: a new one, which is empty.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) -> bool {
        if is_child() {
            return false;
        }
        wake();
        self.grow()
    }

    #[cold]
    fn add_to_overflow(&self, record: &Record) {
        if !is_child() {
            self.thread.overflow.add(|overflow| overflow.add(record));
        }
    }

    /// Puts a larger ring in the place of the full one, which the collector empties first.
    fn grow(&mut self) -> bool {
        let capacity = match &self.writer {
            None => SMALLEST,
            Some(full) => full.capacity() * GROWTH,
        };
        if capacity > LARGEST {
            return false;
        }
        if !take_share(capacity * size_of::<Record>()) {
            return false;
        }
        self.thread.new_rings.replace(&mut self.writer, capacity);
        true
    }

    /// The same for the ring beside it.
    #[cold]
    #[inline(never)]
    fn grow_beside(&mut self) -> bool {
        if is_child() {
            return false;
        }
        let capacity = match &self.beside {
            None => SMALLEST_BESIDE,
            Some(full) => {
                wake();
                full.capacity() * GROWTH
            }
        };
        if capacity > LARGEST_BESIDE || !take_share(capacity) {
            return false;
        }
        self.thread.new_beside.replace(&mut self.beside, capacity);
        true
    }

    /// Bytes that the ring beside it takes.
    #[cfg(test)]
    pub(crate) fn bytes_beside(&self) -> usize {
        self.beside.as_ref().map_or(0, Writer::capacity)
    }

    /// What of the thread others see.
    #[inline]
    pub(super) fn active(&self) -> &Active {
        &self.thread.active
    }
}

/// A guard that was leaked is no running call once its thread is gone.
impl Drop for Ring {
    fn drop(&mut self) {
        self.thread.active.leave(0);
        THREADS.fetch_sub(1, Relaxed);
    }
}
