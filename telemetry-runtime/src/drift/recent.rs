//! The most recent calls of a tool, in order.

use super::histogram::BUCKETS;

/// Calls that are kept.
pub(super) const KEPT: usize = 4096;
/// Calls to one mark of time.
const MARK: usize = 16;

/// A ring of the buckets of successful calls, with the time of every sixteenth.
#[derive(Debug, Default)]
pub(super) struct Recent {
    buckets: Vec<u16>,
    /// When each block of [`MARK`] calls began: nanoseconds since 1970.
    times: Vec<u64>,
    /// Calls pushed since the beginning.
    pushed: u64,
}

impl Recent {
    pub(super) fn push(&mut self, bucket: u16, at: u64) {
        let place = (self.pushed % KEPT as u64) as usize;
        if place < self.buckets.len() {
            self.buckets[place] = bucket;
        } else {
            self.buckets.push(bucket);
        }
        if place.is_multiple_of(MARK) {
            match self.times.get_mut(place / MARK) {
                Some(time) => *time = at,
                None => self.times.push(at),
            }
        }
        self.pushed += 1;
    }

    /// Calls pushed since the beginning.
    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// The last `count` calls that are still there, oldest first, each less what `offset` says for
    /// its time.
    pub(super) fn last(&self, count: usize, offset: impl Fn(u64) -> i32) -> Vec<u16> {
        let count = count.min(self.buckets.len());
        let mut calls = Vec::with_capacity(count);
        let first = ((self.pushed - count as u64) % KEPT as u64) as usize;
        let before_the_end = count.min(KEPT - first);
        for part in [first..first + before_the_end, 0..count - before_the_end] {
            // One mark of time after the other.
            let mut from = part.start;
            while from < part.end {
                let to = (from / MARK * MARK + MARK).min(part.end);
                let off = offset(self.times[from / MARK]);
                let block = self.buckets[from..to].iter();
                calls.extend(block.map(|bucket| less(*bucket, off)));
                from = to;
            }
        }
        calls
    }

    /// About when that call (counted from 0) ended; the oldest known where it is gone.
    pub(super) fn time(&self, call: u64) -> Option<u64> {
        let oldest = self
            .pushed
            .saturating_sub(self.buckets.len() as u64 - 1)
            .min(self.pushed);
        let call = call.clamp(oldest, self.pushed.max(1) - 1);
        let block = (call % KEPT as u64) as usize / MARK;
        self.times.get(block).copied()
    }
}

/// A bucket without its season.
#[inline]
pub(super) fn less(bucket: u16, offset: i32) -> u16 {
    (i32::from(bucket) - offset).clamp(0, BUCKETS as i32 - 1) as u16
}
