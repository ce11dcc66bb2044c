//! A bounded queue between two threads, of which neither ever waits for the other.
//!
//! An item is made in the place where the reader finds it, which is what no safe queue
//! offers: a record goes to memory once.

#![expect(
    unsafe_code,
    reason = "two threads use one buffer, each a part of its own; models beside it look on"
)]

use std::mem::MaybeUninit;

use crate::sync::{
    Arc, AtomicU64,
    Ordering::{Acquire, Release},
    UnsafeCell,
};

/// What both sides see.
///
/// Positions count all items that ever were, so that none comes twice; an item's slot is its
/// position modulo the capacity.
///
/// | slots at positions | are | used by |
/// |---|---|---|
/// | `read..written` | items | the reader |
/// | `written..read + capacity` | free | the writer |
///
/// The writer alone moves `written`, the reader alone `read`.
///
/// # Ordering
///
/// * `written`: `Release` by the writer once the item is there, `Acquire` by the reader before
///   it looks at it. With either relaxed the model sees a slot read while it is written.
/// * `read`: `Release` by the reader once it is done with an item, `Acquire` by the writer
///   before it makes another one there. With a relaxed store the model sees a slot
///   written while it is read; so with either of these relaxed.
/// * [`CLOSED`] comes with the writer's last `written`, so who sees it sees all items.
#[repr(C)]
struct Shared<T> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
    before_written: Apart,
    written: AtomicU64,
    before_read: Apart,
    read: AtomicU64,
    after_read: Apart,
}

/// In `written`: the writer is gone. 2⁶³ items there never are.
const CLOSED: u64 = 1 << 63;

/// Keeps what is on its two sides from the lines that a processor fetches together, so that neither side's
/// writes slow the other's. An alignment would too, but memory that is aligned so is dear to come by, and a
/// thread's first call waits for it.
struct Apart(#[expect(dead_code, reason = "it is room")] MaybeUninit<[u8; 120]>);

impl Apart {
    const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }
}

// SAFETY: a slot is used by one side at a time, as the table says; items go from the
// writer's thread to the reader's, so they have to be `Send`.
unsafe impl<T: Send> Sync for Shared<T> {}
// SAFETY: as above; whichever thread drops it last drops the items that are left.
unsafe impl<T: Send> Send for Shared<T> {}

impl<T> Shared<T> {
    #[inline]
    fn slot(&self, position: u64) -> &UnsafeCell<MaybeUninit<T>> {
        // The length is a power of two.
        &self.slots[position as usize & (self.slots.len() - 1)]
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        let written = self.written.load(Acquire) & !CLOSED;
        for position in self.read.load(Acquire)..written {
            // SAFETY: nobody else has the buffer any more, and these slots hold items.
            self.slot(position)
                .with_mut(|slot| unsafe { (*slot).assume_init_drop() });
        }
    }
}

/// A queue of `capacity` items, a power of two.
pub(crate) fn queue<T>(capacity: usize) -> (Writer<T>, Reader<T>) {
    debug_assert!(capacity.is_power_of_two());
    let slots = (0..capacity).map(|_| UnsafeCell::new(MaybeUninit::uninit()));
    let shared = Arc::new(Shared {
        slots: slots.collect(),
        before_written: Apart::new(),
        written: AtomicU64::new(0),
        before_read: Apart::new(),
        read: AtomicU64::new(0),
        after_read: Apart::new(),
    });
    let writer = Writer {
        shared: Arc::clone(&shared),
        next: 0,
        limit: capacity as u64,
    };
    (writer, Reader { shared, next: 0 })
}

/// The side that items come from.
pub(crate) struct Writer<T> {
    shared: Arc<Shared<T>>,
    /// `written`
    next: u64,
    /// `read` as it was last seen, and the capacity: free up to here.
    limit: u64,
}

impl<T> Writer<T> {
    pub(crate) fn capacity(&self) -> usize {
        self.shared.slots.len()
    }

    /// Whether there is room for an item. Then it stays: only the writer takes it.
    #[inline]
    pub(crate) fn has_room(&mut self) -> bool {
        self.next < self.limit || self.look_again()
    }

    #[cold]
    fn look_again(&mut self) -> bool {
        self.limit = self.shared.read.load(Acquire) + self.shared.slots.len() as u64;
        self.next < self.limit
    }

    /// Adds an item where there [is room](Self::has_room), else drops it.
    #[inline(always)]
    pub(crate) fn write(&mut self, item: T) {
        if self.next >= self.limit {
            return;
        }
        self.shared.slot(self.next).with_mut(|slot| {
            // SAFETY: the slot is free: `next` is under what the reader has left.
            unsafe { (*slot).write(item) };
        });
        self.next += 1;
        self.shared.written.store(self.next, Release);
    }
}

impl<T: Copy> Writer<T> {
    /// Whether there is room for so many items. Then it stays.
    #[inline]
    pub(crate) fn has_room_for(&mut self, items: usize) -> bool {
        self.next + items as u64 <= self.limit || self.look_again_for(items)
    }

    #[cold]
    fn look_again_for(&mut self, items: usize) -> bool {
        self.look_again();
        self.next + items as u64 <= self.limit
    }

    /// Adds items where there [is room](Self::has_room_for) for them all, else none.
    #[inline]
    pub(crate) fn write_all(&mut self, items: &[T]) {
        if self.next + items.len() as u64 > self.limit {
            return;
        }
        let slots = &*self.shared.slots;
        let first = self.next as usize & (slots.len() - 1);
        let (until_the_end, rest) = items.split_at(items.len().min(slots.len() - first));
        write_part(&slots[first..], until_the_end);
        if !rest.is_empty() {
            write_part(slots, rest);
        }
        self.next += items.len() as u64;
        self.shared.written.store(self.next, Release);
    }
}

/// At once, or in a model each by itself, for loom's cells are no plain memory.
#[cfg(not(loom))]
#[inline]
fn write_part<T: Copy>(slots: &[UnsafeCell<MaybeUninit<T>>], items: &[T]) {
    let slots = &slots[..items.len()];
    let first = slots.as_ptr().cast::<T>().cast_mut();
    // SAFETY: these slots are free, as in `write`, and as many as the items; both wrappers have the
    // layout of what they hold, and the outer one lets that be changed.
    unsafe { std::ptr::copy_nonoverlapping(items.as_ptr(), first, items.len()) };
}

#[cfg(loom)]
fn write_part<T: Copy>(slots: &[UnsafeCell<MaybeUninit<T>>], items: &[T]) {
    for (slot, item) in slots.iter().zip(items) {
        // SAFETY: as above.
        slot.with_mut(|slot| unsafe { (*slot).write(*item) });
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        self.shared.written.store(self.next | CLOSED, Release);
    }
}

/// The side that items go to.
pub(crate) struct Reader<T> {
    shared: Arc<Shared<T>>,
    /// `read`
    next: u64,
}

/// What there is for the reader.
pub(crate) struct Waiting {
    pub(crate) items: usize,
    /// No more will come.
    pub(crate) closed: bool,
}

impl<T> Reader<T> {
    pub(crate) fn capacity(&self) -> usize {
        self.shared.slots.len()
    }

    /// How much there is at this moment.
    pub(crate) fn waiting(&self) -> Waiting {
        let written = self.shared.written.load(Acquire);
        Waiting {
            items: ((written & !CLOSED) - self.next) as usize,
            closed: written & CLOSED != 0,
        }
    }

    /// Shows the next items, at most `max`, in one or two slices; then what is left of them is dropped
    /// and their room is free.
    pub(crate) fn read(&mut self, max: usize, mut show: impl FnMut(&mut [T])) {
        let items = self.waiting().items.min(max);
        let taken = Taken {
            reader: self,
            items: items as u64,
        };
        let shared = &*taken.reader.shared;
        let first = taken.reader.next as usize & (shared.slots.len() - 1);
        let before_the_end = items.min(shared.slots.len() - first);
        let parts = [
            &shared.slots[first..first + before_the_end],
            &shared.slots[..items - before_the_end],
        ];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            show_part(part, &mut show);
        }
    }
}

/// As slices, or in a model each by itself, for loom's cells are no plain memory.
#[cfg(not(loom))]
fn show_part<T>(part: &[UnsafeCell<MaybeUninit<T>>], show: &mut impl FnMut(&mut [T])) {
    let first = part.as_ptr().cast::<T>().cast_mut();
    // SAFETY: these slots hold items, which the writer leaves alone until `read` has passed
    // them, and the reader is borrowed for itself; both wrappers have the layout of what they hold,
    // and the outer one lets that be changed.
    show(unsafe { std::slice::from_raw_parts_mut(first, part.len()) });
}

#[cfg(loom)]
fn show_part<T>(part: &[UnsafeCell<MaybeUninit<T>>], show: &mut impl FnMut(&mut [T])) {
    for slot in part {
        // SAFETY: as above.
        slot.with_mut(|slot| show(std::slice::from_mut(unsafe { (*slot).assume_init_mut() })));
    }
}

/// Items that have been looked at, or were being looked at when that panicked.
struct Taken<'a, T> {
    reader: &'a mut Reader<T>,
    items: u64,
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        let Self { reader, items } = self;
        let end = reader.next + *items;
        if !std::mem::needs_drop::<T>() {
            reader.next = end;
        }
        while reader.next < end {
            let slot = reader.shared.slot(reader.next);
            reader.next += 1;
            // SAFETY: the slot holds an item that nobody looks at any more.
            slot.with_mut(|slot| unsafe { (*slot).assume_init_drop() });
        }
        reader.shared.read.store(end, Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::queue;

    #[test]
    fn items_come_in_order_around_the_end_and_leave_their_room() {
        let (mut writer, mut reader) = queue::<usize>(4);
        let mut seen = Vec::new();
        for round in 0..10 {
            for item in 0..3 {
                assert!(writer.has_room());
                writer.write(round * 3 + item);
            }
            reader.read(2, |items| seen.extend_from_slice(items));
            assert_eq!(reader.waiting().items, 1);
            reader.read(4, |items| seen.extend_from_slice(items));
        }
        assert_eq!(seen, (0..30).collect::<Vec<_>>());
    }

    #[test]
    fn many_are_written_at_once_or_none() {
        let (mut writer, mut reader) = queue::<u8>(8);
        let mut seen = Vec::new();
        for round in 0..30 {
            let many = [round; 5];
            assert!(writer.has_room_for(5) && !writer.has_room_for(9));
            writer.write_all(&many[..usize::from(round % 6)]);
            writer.write_all(&[7; 9]);
            let items = reader.waiting().items;
            reader.read(items, |items| seen.extend_from_slice(items));
        }
        let expected = (0..30).flat_map(|round| vec![round; usize::from(round % 6)]);
        assert_eq!(seen, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let (mut writer, mut reader) = queue(2);
        (0..3).for_each(|item| writer.write(item));
        assert!(!writer.has_room());
        drop(writer);
        assert!(reader.waiting().closed);
        let mut seen = Vec::new();
        reader.read(9, |items| seen.extend_from_slice(items));
        assert_eq!(seen, [0, 1]);
    }

    #[test]
    fn every_item_is_dropped_once() {
        let item = Arc::new(());
        let (mut writer, mut reader) = queue(4);
        (0..3).for_each(|_| writer.write(Arc::clone(&item)));
        reader.read(1, |_| {});
        assert_eq!(Arc::strong_count(&item), 3);
        drop(reader);
        drop(writer);
        assert_eq!(Arc::strong_count(&item), 1);
    }

    #[test]
    fn a_reader_that_panics_has_read() {
        let item = Arc::new(());
        let (mut writer, mut reader) = queue(4);
        writer.write(Arc::clone(&item));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            reader.read(1, |_| panic!("on purpose"));
        }));
        assert!(panicked.is_err());
        assert_eq!(reader.waiting().items, 0);
        assert_eq!(Arc::strong_count(&item), 1);
    }

    /// Seeded: the same everywhere, another order each run.
    #[test]
    fn two_threads_at_random_paces() {
        const ITEMS: u64 = if cfg!(miri) { 300 } else { 100_000 };
        for seed in 0..4 {
            let (mut writer, mut reader) = queue::<Box<u64>>(8);
            let writing = std::thread::spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                let mut next = 0;
                while next < ITEMS {
                    for _ in 0..random.u64(1..12) {
                        if next < ITEMS && writer.has_room() {
                            writer.write(Box::new(next));
                            next += 1;
                        }
                    }
                    std::thread::yield_now();
                }
            });
            let mut random = fastrand::Rng::with_seed(!seed);
            let mut expected = 0;
            loop {
                let waiting = reader.waiting();
                let max = random.usize(1..10);
                reader.read(max, |items| {
                    for item in items {
                        assert_eq!(**item, expected);
                        expected += 1;
                    }
                });
                if waiting.closed && waiting.items <= max {
                    break;
                }
                std::thread::yield_now();
            }
            assert_eq!(expected, ITEMS);
            writing.join().unwrap();
        }
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::thread;

    use super::queue;

    /// What finds room comes once, whole and in order, and is there when the writer is gone.
    #[test]
    fn a_writer_that_comes_round_and_goes() {
        loom::model(|| {
            let (mut writer, mut reader) = queue::<Box<u32>>(1);
            let writing = thread::spawn(move || {
                let mut written = Vec::new();
                for item in 0..3 {
                    if writer.has_room() {
                        writer.write(Box::new(item));
                        written.push(item);
                    }
                }
                written
            });
            let mut seen = Vec::new();
            let mut closed = false;
            for _ in 0..2 {
                let waiting = reader.waiting();
                assert!(!closed || waiting.items == 0, "nothing comes after the end");
                reader.read(waiting.items, |items| {
                    seen.extend(items.iter().map(|item| **item));
                });
                closed = waiting.closed;
            }
            let written = writing.join().unwrap();
            reader.read(1, |items| seen.extend(items.iter().map(|item| **item)));
            assert_eq!(seen, written);
        });
    }

    /// Three at once into a ring of four, so that the next three come around its end.
    #[test]
    fn many_at_once_come_round() {
        loom::model(|| {
            let (mut writer, mut reader) = queue::<u32>(4);
            let writing = thread::spawn(move || {
                let mut written = Vec::new();
                for many in [[1, 2, 3], [4, 5, 6]] {
                    if writer.has_room_for(many.len()) {
                        writer.write_all(&many);
                        written.extend(many);
                    }
                }
                written
            });
            let mut seen = Vec::new();
            for _ in 0..2 {
                let items = reader.waiting().items;
                assert_eq!(items % 3, 0, "all or none");
                reader.read(items, |items| seen.extend_from_slice(items));
            }
            let written = writing.join().unwrap();
            reader.read(4, |items| seen.extend_from_slice(items));
            assert_eq!(seen, written);
        });
    }

    /// Whichever side goes last drops what was not read.
    #[test]
    fn a_reader_that_goes_early() {
        loom::model(|| {
            let (mut writer, reader) = queue::<Box<u32>>(2);
            let writing = thread::spawn(move || {
                writer.write(Box::new(1));
                writer.write(Box::new(2));
            });
            drop(reader);
            writing.join().unwrap();
        });
    }
}
