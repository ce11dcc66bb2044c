//! What waits for one destination: bounded by bytes, a bound a lane, in the order it came.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::{Batch, Lane};
use crate::config::{Overflow, Queue as Limits};

/// Encoded batches, and the room of the one that is being sent.
#[derive(Debug)]
pub(super) struct Queue {
    limits: Limits,
    waiting: VecDeque<Waiting>,
    sending: Option<Sending>,
    /// Of all that waits and of what is being sent, by lane.
    bytes: [usize; 2],
    next_number: u64,
}

/// A batch with its place in the order of all that ever came.
#[derive(Debug)]
pub(super) struct Waiting {
    number: u64,
    pub(super) batch: Arc<Batch>,
    pub(super) first_try: Option<Instant>,
}

#[derive(Debug)]
struct Sending {
    number: u64,
    lane: Lane,
    bytes: usize,
    items: u64,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: VecDeque::new(),
            sending: None,
            bytes: [0; 2],
            next_number: 0,
        }
    }

    /// Whether the batch can be taken in without anything dropped for it. One that never can be
    /// counts as room: nobody need wait for that.
    pub(super) fn has_room(&self, batch: &Batch) -> bool {
        let size = size(batch);
        size > self.limits.max_bytes || self.of(batch.lane) + size <= self.limits.max_bytes
    }

    /// Takes the batch in if there is, or can be made, room. Gives the items dropped for that.
    pub(super) fn push(&mut self, batch: Arc<Batch>) -> u64 {
        let (size, lane) = (size(&batch), batch.lane);
        let being_sent = self.sending.as_ref().filter(|sending| sending.lane == lane);
        let free_at_most = self.limits.max_bytes - being_sent.map_or(0, |sending| sending.bytes);
        let full = self.of(lane) + size > self.limits.max_bytes;
        if size > free_at_most || (full && self.limits.overflow != Overflow::DropOldest) {
            return batch.items;
        }
        let mut dropped = 0;
        while self.of(lane) + size > self.limits.max_bytes {
            let oldest = self
                .waiting
                .iter()
                .position(|waiting| waiting.batch.lane == lane);
            let Some(oldest) = oldest.and_then(|oldest| self.waiting.remove(oldest)) else {
                break;
            };
            self.bytes[lane as usize] -= self::size(&oldest.batch);
            dropped += oldest.batch.items;
        }
        self.bytes[lane as usize] += size;
        self.waiting.push_back(Waiting {
            number: self.next_number,
            batch,
            first_try: None,
        });
        self.next_number += 1;
        dropped
    }

    fn of(&self, lane: Lane) -> usize {
        self.bytes[lane as usize]
    }

    /// The oldest, to be sent. Its room stays taken until [`put_back`](Self::put_back) or
    /// [`sent`](Self::sent).
    pub(super) fn take(&mut self) -> Option<Waiting> {
        let oldest = self.waiting.pop_front()?;
        self.sending = Some(Sending {
            number: oldest.number,
            lane: oldest.batch.lane,
            bytes: size(&oldest.batch),
            items: oldest.batch.items,
        });
        Some(oldest)
    }

    /// It could not be sent and waits again, before all others.
    pub(super) fn put_back(&mut self, batch: Waiting) {
        self.sending = None;
        self.waiting.push_front(batch);
    }

    /// The batch that was taken is gone, one way or the other.
    pub(super) fn sent(&mut self) {
        if let Some(sending) = self.sending.take() {
            self.bytes[sending.lane as usize] -= sending.bytes;
        }
    }

    /// Forgets everything; gives the number of items that were in it.
    pub(super) fn clear(&mut self) -> u64 {
        let sending = self.sending.take().map_or(0, |sending| sending.items);
        self.bytes = [0; 2];
        self.waiting
            .drain(..)
            .map(|waiting| waiting.batch.items)
            .sum::<u64>()
            + sending
    }

    /// Whether all that came before `number` is gone.
    pub(super) fn is_past(&self, number: u64) -> bool {
        let oldest = match (&self.sending, self.waiting.front()) {
            (Some(sending), _) => sending.number,
            (None, Some(waiting)) => waiting.number,
            (None, None) => return true,
        };
        oldest >= number
    }

    /// The number that the next batch will have.
    pub(super) fn next_number(&self) -> u64 {
        self.next_number
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.iter().sum()
    }

    pub(super) fn overflow(&self) -> Overflow {
        self.limits.overflow
    }

    pub(super) fn batches(&self) -> usize {
        self.waiting.len() + usize::from(self.sending.is_some())
    }
}

/// What a batch holds of memory, which may be more than its length.
fn size(batch: &Batch) -> usize {
    batch.body.capacity()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Signal;

    fn batch(bytes: usize, items: u64) -> Arc<Batch> {
        in_lane(Lane::Calls, bytes, items)
    }

    fn in_lane(lane: Lane, bytes: usize, items: u64) -> Arc<Batch> {
        Arc::new(Batch {
            signal: Signal::Logs,
            lane,
            items,
            body: vec![0; bytes],
        })
    }

    fn queue(max_bytes: usize, overflow: Overflow) -> Queue {
        Queue::new(Limits {
            max_bytes,
            overflow,
        })
    }

    fn items(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| {
            let taken = queue.take()?;
            queue.sent();
            Some(taken.batch.items)
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
        let sending = queue.take().unwrap();
        assert_eq!(
            queue.push(batch(50, 4)),
            4,
            "no room beside the one being sent"
        );
        assert_eq!(queue.push(batch(40, 8)), 2);
        assert_eq!((queue.bytes(), queue.batches()), (100, 2));
        queue.put_back(sending);
        assert_eq!(items(&mut queue), [1, 8]);
    }

    #[test]
    fn past_counts_what_is_being_sent() {
        let mut queue = queue(100, Overflow::DropNewest);
        queue.push(batch(10, 1));
        let number = queue.next_number();
        let sending = queue.take().unwrap();
        assert!(!queue.is_past(number));
        queue.put_back(sending);
        assert!(!queue.is_past(number));
        queue.push(batch(10, 2));
        queue.take();
        queue.sent();
        assert!(queue.is_past(number), "the second came later");
        assert_eq!(queue.clear(), 2);
    }

    #[test]
    fn neither_lane_takes_the_others_room() {
        let mut queue = queue(100, Overflow::DropOldest);
        queue.push(in_lane(Lane::Calls, 90, 1));
        queue.push(in_lane(Lane::Lines, 90, 2));
        let sending = queue.take().unwrap();
        assert!(queue.has_room(&in_lane(Lane::Lines, 10, 0)));
        assert!(!queue.has_room(&in_lane(Lane::Lines, 11, 0)));
        assert!(queue.has_room(&in_lane(Lane::Lines, 101, 0)), "never");
        assert_eq!(queue.push(in_lane(Lane::Lines, 90, 4)), 2);
        assert_eq!(queue.push(in_lane(Lane::Calls, 20, 8)), 8);
        assert_eq!(queue.push(in_lane(Lane::Calls, 10, 16)), 0);
        assert_eq!(queue.bytes(), 190);
        queue.put_back(sending);
        assert_eq!(items(&mut queue), [1, 4, 16]);
        assert_eq!(queue.bytes(), 0);
    }
}
