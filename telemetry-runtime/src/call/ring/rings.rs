//! The rings of one thread, one after the other: each larger than the one before, which its
//! reader empties first.

use std::collections::VecDeque;

use super::queue::{Reader, Writer, queue};
use crate::sync::{Mutex, PoisonError, is_child};

/// Rings on their way to the side that reads them, oldest first.
///
/// | the writer | the reader |
/// |---|---|
/// | closes its ring, whose items it has written | takes what is new |
/// | puts the next one here | empties the ring that it has |
/// | writes into that | goes on to the next one if the ring was closed before it was emptied |
///
/// So items come in order, and none is left behind. A reader that asks for the end of a ring only after it has
/// emptied it loses items, as the model sees.
pub(crate) struct NewRings<T>(Mutex<Vec<Reader<T>>>);

impl<T> NewRings<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Puts a ring in the place of the writer's, which is full.
    pub(crate) fn replace(&self, writer: &mut Option<Writer<T>>, capacity: usize) {
        let (next, reader) = queue(capacity);
        *writer = Some(next);
        if !is_child() {
            let mut new = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            new.push(reader);
        }
    }

    fn take(&self) -> Vec<Reader<T>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All have been taken.
    pub(crate) fn is_empty(&self) -> bool {
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        new.is_empty()
    }
}

/// The reader's side: the one in use last.
pub(crate) struct Rings<T>(VecDeque<Reader<T>>);

impl<T> Rings<T> {
    pub(crate) fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Empties all that is there at this moment: `take` is told how many items to read of a ring,
    /// `retire` of rings that are no more. Gives the number of items.
    pub(crate) fn drain(
        &mut self,
        new: &NewRings<T>,
        mut take: impl FnMut(&mut Reader<T>, usize),
        mut retire: impl FnMut(&Reader<T>),
    ) -> usize {
        self.0.extend(new.take());
        let mut items = 0;
        while let Some(ring) = self.0.front_mut() {
            let waiting = ring.waiting();
            take(ring, waiting.items);
            items += waiting.items;
            if !waiting.closed {
                break;
            }
            if let Some(over) = self.0.pop_front() {
                retire(&over);
            }
        }
        items
    }

    /// Reads the next `items`, of which the writer has let its reader know that they are there, in whatever
    /// rings they are.
    pub(crate) fn read(
        &mut self,
        new: &NewRings<T>,
        mut items: usize,
        mut show: impl FnMut(&mut [T]),
        mut retire: impl FnMut(&Reader<T>),
    ) {
        while items > 0 {
            let Some(ring) = self.0.front_mut() else {
                self.0.extend(new.take());
                match self.0.is_empty() {
                    true => return,
                    false => continue,
                }
            };
            let here = ring.waiting().items.min(items);
            ring.read(here, &mut show);
            items -= here;
            // The rest is in the ring that has taken its place.
            if items > 0
                && let Some(over) = self.0.pop_front()
            {
                retire(&over);
            }
        }
    }

    /// All rings are over.
    pub(crate) fn end(&mut self, new: &NewRings<T>, retire: impl FnMut(&Reader<T>)) {
        self.0.extend(new.take());
        self.0.iter().for_each(retire);
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Seeded: pieces of every size beside items that say how large they are, rings that are replaced.
    #[test]
    fn pieces_are_read_as_they_were_written() {
        const ITEMS: usize = if cfg!(miri) { 100 } else { 20_000 };
        for seed in 0..8 {
            let new = NewRings::new();
            let (mut items, mut records) = queue::<u8>(64);
            let total = std::thread::scope(|scope| {
                let new = &new;
                let writing = scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed);
                    let mut beside: Option<Writer<u8>> = None;
                    let mut total = 0;
                    for _ in 0..ITEMS {
                        let piece = vec![random.u8(..); random.usize(0..16)];
                        while !items.has_room() {
                            std::thread::yield_now();
                        }
                        let fits = |beside: &mut Writer<u8>| beside.has_room_for(piece.len());
                        if !beside.as_mut().is_some_and(fits) {
                            new.replace(&mut beside, 16 << random.u32(0..4));
                        }
                        let ring = beside.as_mut().expect("it was put there");
                        ring.write_all(&piece);
                        items.write(piece.len() as u8);
                        total += piece.iter().map(|byte| u64::from(*byte)).sum::<u64>();
                    }
                    total
                });
                let (mut rings, mut seen, mut read) = (Rings::new(), 0, 0);
                while seen < ITEMS {
                    records.read(7, |lengths| {
                        for length in lengths {
                            seen += 1;
                            let mut piece = Vec::new();
                            let wanted = usize::from(*length);
                            rings.read(new, wanted, |part| piece.extend_from_slice(part), |_| {});
                            assert!(piece.len() == wanted && piece.iter().all(|b| *b == piece[0]));
                            read += piece.iter().map(|byte| u64::from(*byte)).sum::<u64>();
                        }
                    });
                    std::thread::yield_now();
                }
                let mut over = 0;
                rings.end(new, |_| over += 1);
                assert!(over > 0 && rings.is_empty());
                (writing.join().expect("no panic"), read)
            });
            assert_eq!(total.0, total.1);
        }
    }

    /// Seeded: rings of every size, a reader that comes now and then.
    #[test]
    fn items_come_in_order_through_all_rings() {
        const ITEMS: u32 = if cfg!(miri) { 200 } else { 20_000 };
        for seed in 0..8 {
            let new = NewRings::new();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let mut random = fastrand::Rng::with_seed(seed);
                    let mut writer = None;
                    for item in 0..ITEMS {
                        if !writer.as_mut().is_some_and(Writer::has_room) {
                            new.replace(&mut writer, 1 << random.u32(0..6));
                        }
                        let ring = writer.as_mut().expect("it was put there");
                        ring.write(Box::new(item));
                        if random.u8(..) == 0 {
                            std::thread::yield_now();
                        }
                    }
                });
                let mut rings = Rings::new();
                let (mut expected, mut retired) = (0, 0);
                while expected < ITEMS || !rings.is_empty() {
                    let read = |ring: &mut Reader<Box<u32>>, count| {
                        ring.read(count, |items| {
                            for item in items {
                                assert_eq!(**item, expected);
                                expected += 1;
                            }
                        });
                    };
                    rings.drain(&new, read, |_| retired += 1);
                    std::thread::yield_now();
                }
                assert!(retired > 1 && new.is_empty());
            });
        }
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::thread;

    use super::*;
    use crate::sync::Arc;

    /// As bytes are written beside records: two, then one more than their ring has room for.
    #[test]
    fn what_is_beside_an_item_is_there_with_it() {
        loom::model(|| {
            let shared = Arc::new(NewRings::new());
            let theirs = Arc::clone(&shared);
            let (mut items, mut records) = queue::<usize>(2);
            let writing = thread::spawn(move || {
                let mut beside = None;
                theirs.replace(&mut beside, 2);
                for piece in [&[1, 2_u32][..], &[3]] {
                    if !beside
                        .as_mut()
                        .is_some_and(|beside: &mut Writer<u32>| beside.has_room_for(piece.len()))
                    {
                        theirs.replace(&mut beside, 2);
                    }
                    let ring = beside.as_mut().expect("it was put there");
                    ring.write_all(piece);
                    items.write(piece.len());
                }
            });
            let mut rings = Rings::new();
            let mut seen = Vec::new();
            let mut drain = |rings: &mut Rings<u32>| {
                let mut wanted = 0;
                records.read(2, |items| wanted += items.iter().sum::<usize>());
                let before = seen.len();
                rings.read(&shared, wanted, |part| seen.extend_from_slice(part), |_| {});
                assert_eq!(seen.len() - before, wanted);
            };
            drain(&mut rings);
            drain(&mut rings);
            writing.join().unwrap();
            drain(&mut rings);
            assert_eq!(seen, [1, 2, 3]);
        });
    }

    /// A ring of one place and one of two, a reader that comes twice and once at the end.
    #[test]
    fn no_item_is_left_behind_where_rings_are_replaced() {
        loom::model(|| {
            let shared = Arc::new(NewRings::new());
            let theirs = Arc::clone(&shared);
            let writing = thread::spawn(move || {
                let mut writer = None;
                theirs.replace(&mut writer, 1);
                for item in 0..2_u32 {
                    if !writer.as_mut().is_some_and(Writer::has_room) {
                        theirs.replace(&mut writer, 2);
                    }
                    let ring = writer.as_mut().expect("it was put there");
                    ring.write(Box::new(item));
                }
            });
            let mut rings = Rings::new();
            let mut seen = Vec::new();
            let mut drain = |rings: &mut Rings<Box<u32>>| {
                let read = |ring: &mut Reader<Box<u32>>, count| {
                    ring.read(count, |items| seen.extend(items.iter().map(|item| **item)));
                };
                rings.drain(&shared, read, |_| {});
            };
            drain(&mut rings);
            drain(&mut rings);
            writing.join().unwrap();
            drain(&mut rings);
            assert!(rings.is_empty() && shared.is_empty());
            assert_eq!(seen, [0, 1]);
        });
    }
}
