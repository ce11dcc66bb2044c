//! What waits for one destination: bounded by bytes, a bound a lane, in the order it came.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::Lane;
use super::held::Held;
use crate::config::{Overflow, Queue as Limits};

/// Encoded batches, and the room of the one that is being sent. Some may be in a
/// [spill file](super::spill): of those it knows the numbers. Whatever has the lowest number is
/// sent next, wherever it is.
#[derive(Debug)]
pub(super) struct Queue {
    limits: Limits,
    waiting: VecDeque<Waiting>,
    sending: Option<Sending>,
    /// What is on its way into the file: its number, lane, bytes.
    moving: Option<(u64, Lane, usize)>,
    /// Numbers of what is in the file.
    spilled: VecDeque<u64>,
    /// Of all that waits and of what is being sent or moved, by lane.
    bytes: [usize; 2],
    next_number: u64,
}

/// A batch with its place in the order of all that ever came.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) number: u64,
    pub(super) held: Arc<Held>,
    pub(super) first_try: Option<Instant>,
}

/// What is to be sent next.
#[derive(Debug)]
pub(super) enum Next {
    Here(Waiting),
    /// It is in the file.
    Spilled,
}

#[derive(Debug)]
enum Sending {
    Here(Waiting),
    Spilled(u64),
}

impl Queue {
    /// `left`: batches that are in the file already.
    pub(super) fn new(limits: Limits, left: u64) -> Self {
        Self {
            limits,
            waiting: VecDeque::new(),
            sending: None,
            moving: None,
            spilled: (0..left).collect(),
            bytes: [0; 2],
            next_number: left,
        }
    }

    /// Whether the batch can be taken in without anything dropped for it. One that never can be
    /// counts as room: nobody need wait for that.
    pub(super) fn has_room(&self, held: &Held) -> bool {
        let size = held.size();
        size > self.limits.max_bytes || self.of(held.lane) + size <= self.limits.max_bytes
    }

    /// Takes the batch in if there is, or can be made, room. Gives the items dropped for that.
    pub(super) fn push(&mut self, held: Arc<Held>) -> u64 {
        let (size, lane) = (held.size(), held.lane);
        let full = self.of(lane) + size > self.limits.max_bytes;
        if size > self.limits.max_bytes - self.fixed(lane)
            || (full && self.limits.overflow != Overflow::DropOldest)
        {
            return held.items;
        }
        let mut dropped = 0;
        while self.of(lane) + size > self.limits.max_bytes {
            let oldest = self
                .waiting
                .iter()
                .position(|waiting| waiting.held.lane == lane);
            let Some(oldest) = oldest.and_then(|oldest| self.waiting.remove(oldest)) else {
                break;
            };
            self.bytes[lane as usize] -= oldest.held.size();
            dropped += oldest.held.items;
        }
        self.bytes[lane as usize] += size;
        self.waiting.push_back(Waiting {
            number: self.next_number,
            held,
            first_try: None,
        });
        self.next_number += 1;
        dropped
    }

    /// The oldest, to be sent. Its room stays taken until [`put_back`](Self::put_back) or
    /// [`sent`](Self::sent). `None` also while the oldest is on its way into the file.
    pub(super) fn take(&mut self) -> Option<Next> {
        let oldest = self.oldest()?;
        if self.spilled.front() == Some(&oldest) {
            self.sending = Some(Sending::Spilled(oldest));
            return Some(Next::Spilled);
        }
        if self.waiting.front()?.number != oldest {
            return None;
        }
        let waiting = self.waiting.pop_front()?;
        self.sending = Some(Sending::Here(waiting.clone()));
        Some(Next::Here(waiting))
    }

    /// It could not be sent and waits again, before all others.
    pub(super) fn put_back(&mut self, first_try: Option<Instant>) {
        if let Some(Sending::Here(waiting)) = self.sending.take() {
            self.waiting.push_front(Waiting {
                first_try,
                ..waiting
            });
        }
    }

    /// The batch that was taken is gone, one way or the other.
    pub(super) fn sent(&mut self) {
        match self.sending.take() {
            Some(Sending::Here(waiting)) => {
                self.bytes[waiting.held.lane as usize] -= waiting.held.size();
            }
            Some(Sending::Spilled(_)) => drop(self.spilled.pop_front()),
            None => {}
        }
    }

    /// The oldest of what waits here, to be put into the file.
    pub(super) fn move_oldest(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.moving = Some((waiting.number, waiting.held.lane, waiting.held.size()));
        Some(waiting)
    }

    /// Whether it goes before all that is in the file.
    pub(super) fn goes_first(&self, waiting: &Waiting) -> bool {
        self.spilled
            .front()
            .is_some_and(|first| waiting.number < *first)
    }

    /// It is in the file now.
    pub(super) fn moved(&mut self) {
        let Some((number, lane, size)) = self.moving.take() else {
            return;
        };
        self.bytes[lane as usize] -= size;
        self.add_spilled(number);
    }

    /// There is no room in the file: it waits here again.
    pub(super) fn not_moved(&mut self, waiting: Waiting) {
        self.moving = None;
        self.waiting.push_front(waiting);
    }

    /// All that is not in the file, in order, what is being sent too; it is forgotten here. The
    /// file has, or is to have, all.
    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        self.bytes = [0; 2];
        let sending = match self.sending.take() {
            Some(Sending::Here(waiting)) => Some(waiting),
            _ => None,
        };
        sending.into_iter().chain(self.waiting.drain(..)).collect()
    }

    /// So many batches, the oldest, are not in the file any more. One of them was to be sent.
    pub(super) fn forget_spilled(&mut self, batches: u64) {
        let batches = usize::try_from(batches).unwrap_or(usize::MAX);
        self.spilled.drain(..batches.min(self.spilled.len()));
        self.sending = None;
    }

    /// Whether all that came before `number` is gone.
    pub(super) fn is_past(&self, number: u64) -> bool {
        let sending = self.sending.as_ref().map(|sending| match sending {
            Sending::Here(waiting) => waiting.number,
            Sending::Spilled(number) => *number,
        });
        let oldest = sending.into_iter().chain(self.oldest()).min();
        oldest.is_none_or(|oldest| oldest >= number)
    }

    /// The number that the next batch will have.
    pub(super) fn next_number(&self) -> u64 {
        self.next_number
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.iter().sum()
    }

    /// A lane is more than half full.
    pub(super) fn is_filling(&self) -> bool {
        self.bytes
            .iter()
            .any(|bytes| *bytes > self.limits.max_bytes / 2)
    }

    /// Something is on its way into the file.
    pub(super) fn is_moving(&self) -> bool {
        self.moving.is_some()
    }

    pub(super) fn overflow(&self) -> Overflow {
        self.limits.overflow
    }

    pub(super) fn batches(&self) -> usize {
        let sending = matches!(self.sending, Some(Sending::Here(_)));
        self.waiting.len() + usize::from(sending) + usize::from(self.moving.is_some())
    }

    fn of(&self, lane: Lane) -> usize {
        self.bytes[lane as usize]
    }

    /// Bytes of a lane that nothing can be dropped of.
    fn fixed(&self, lane: Lane) -> usize {
        let sending = match &self.sending {
            Some(Sending::Here(waiting)) if waiting.held.lane == lane => waiting.held.size(),
            _ => 0,
        };
        let moving = self.moving.filter(|(_, moving, _)| *moving == lane);
        sending + moving.map_or(0, |(.., size)| size)
    }

    /// The lowest number of what waits: here, in the file, on the way there.
    fn oldest(&self) -> Option<u64> {
        let here = self.waiting.front().map(|waiting| waiting.number);
        let moving = self.moving.map(|(number, ..)| number);
        let spilled = self.spilled.front().copied();
        [here, moving, spilled].into_iter().flatten().min()
    }

    fn add_spilled(&mut self, number: u64) {
        match self.spilled.front() {
            Some(first) if number < *first => self.spilled.push_front(number),
            _ => self.spilled.push_back(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{Batch, Signal};

    fn batch(bytes: usize, items: u64) -> Arc<Held> {
        in_lane(Lane::Calls, bytes, items)
    }

    /// Of spans, which are not packed: its size is known.
    fn in_lane(lane: Lane, bytes: usize, items: u64) -> Arc<Held> {
        Arc::new(Held::new(Arc::new(Batch {
            signal: Signal::Traces,
            lane,
            items,
            body: vec![0; bytes],
        })))
    }

    fn queue(max_bytes: usize, overflow: Overflow) -> Queue {
        let limits = Limits {
            max_bytes,
            overflow,
        };
        Queue::new(limits, 0)
    }

    fn items(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| {
            let Next::Here(taken) = queue.take()? else {
                return None;
            };
            queue.sent();
            Some(taken.held.items)
        })
        .collect()
    }

    #[test]
    fn newest_is_dropped_when_full() {
        let mut queue = queue(100, Overflow::DropNewest);
        assert_eq!((queue.push(batch(60, 1)), queue.push(batch(40, 2))), (0, 0));
        assert_eq!(queue.push(batch(1, 4)), 4);
        assert_eq!(queue.bytes(), 100);
        assert_eq!(items(&mut queue), [1, 2]);
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn oldest_are_dropped_until_there_is_room() {
        let mut queue = queue(100, Overflow::DropOldest);
        for (bytes, items) in [(30, 1), (30, 2), (40, 4)] {
            assert_eq!(queue.push(batch(bytes, items)), 0);
        }
        assert_eq!(queue.push(batch(50, 8)), 1 + 2);
        assert_eq!(items(&mut queue), [4, 8]);
    }

    #[test]
    fn a_batch_larger_than_the_queue_evicts_nothing() {
        let mut queue = queue(100, Overflow::DropOldest);
        queue.push(batch(100, 1));
        assert_eq!(queue.push(batch(101, 2)), 2);
        assert_eq!(items(&mut queue), [1]);
    }

    #[test]
    fn the_batch_being_sent_keeps_its_room() {
        let mut queue = queue(100, Overflow::DropOldest);
        queue.push(batch(60, 1));
        queue.push(batch(40, 2));
        queue.take().unwrap();
        assert_eq!(
            queue.push(batch(50, 4)),
            4,
            "no room beside the one being sent"
        );
        assert_eq!(queue.push(batch(40, 8)), 2);
        assert_eq!((queue.bytes(), queue.batches()), (100, 2));
        queue.put_back(None);
        assert_eq!(items(&mut queue), [1, 8]);
    }

    #[test]
    fn past_counts_what_is_being_sent() {
        let mut queue = queue(100, Overflow::DropNewest);
        queue.push(batch(10, 1));
        let number = queue.next_number();
        queue.take().unwrap();
        assert!(!queue.is_past(number));
        queue.put_back(None);
        assert!(!queue.is_past(number));
        queue.push(batch(10, 2));
        queue.take();
        queue.sent();
        assert!(queue.is_past(number), "the second came later");
        let left: Vec<_> = queue.drain().iter().map(|left| left.held.items).collect();
        assert_eq!(left, [2]);
    }

    /// What is here, what is in the file and what is between the two go in their order.
    #[test]
    fn the_lowest_number_is_next_wherever_it_is() {
        let mut queue = Queue::new(
            Limits {
                max_bytes: 100,
                overflow: Overflow::Spill,
            },
            1,
        );
        for items in [1, 2, 4] {
            queue.push(batch(30, items));
        }
        assert!(matches!(queue.take(), Some(Next::Spilled)), "what was left");
        queue.sent();
        assert!(matches!(queue.take(), Some(Next::Here(first)) if first.held.items == 1));
        let second = queue.move_oldest().unwrap();
        assert!(!queue.goes_first(&second));
        queue.moved();
        queue.put_back(None);
        let first = queue.move_oldest().unwrap();
        assert!(queue.goes_first(&first) && queue.take().is_none());
        assert!(!queue.is_past(2));
        queue.moved();
        assert_eq!((queue.bytes(), queue.batches()), (30, 1));
        for _ in 0..2 {
            assert!(matches!(queue.take(), Some(Next::Spilled)));
            queue.sent();
        }
        assert_eq!(items(&mut queue), [4]);
        assert!(queue.is_past(queue.next_number()));
    }

    #[test]
    fn the_file_has_no_room_and_the_order_stays() {
        let mut queue = queue(100, Overflow::Spill);
        queue.push(batch(60, 1));
        queue.push(batch(40, 2));
        let first = queue.move_oldest().unwrap();
        assert_eq!(
            queue.push(batch(1, 4)),
            4,
            "on its way it still takes its room"
        );
        queue.not_moved(first);
        assert_eq!(items(&mut queue), [1, 2]);
    }

    #[test]
    fn neither_lane_takes_the_others_room() {
        let mut queue = queue(100, Overflow::DropOldest);
        queue.push(in_lane(Lane::Calls, 90, 1));
        queue.push(in_lane(Lane::Lines, 90, 2));
        queue.take().unwrap();
        assert!(queue.has_room(&in_lane(Lane::Lines, 10, 0)));
        assert!(!queue.has_room(&in_lane(Lane::Lines, 11, 0)));
        assert!(queue.has_room(&in_lane(Lane::Lines, 101, 0)), "never");
        assert_eq!(queue.push(in_lane(Lane::Lines, 90, 4)), 2);
        assert_eq!(queue.push(in_lane(Lane::Calls, 20, 8)), 8);
        assert_eq!(queue.push(in_lane(Lane::Calls, 10, 16)), 0);
        assert_eq!(queue.bytes(), 190);
        queue.put_back(None);
        assert_eq!(items(&mut queue), [1, 4, 16]);
        assert_eq!(queue.bytes(), 0);
    }
}
