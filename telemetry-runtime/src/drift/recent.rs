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
    /// Takes in calls that ended at about that time.
    pub(super) fn extend(&mut self, mut calls: &[u16], at: u64) {
        while !calls.is_empty() {
            let place = (self.pushed % KEPT as u64) as usize;
            if place.is_multiple_of(MARK) {
                match self.times.get_mut(place / MARK) {
                    Some(time) => *time = at,
                    None => self.times.push(at),
                }
            }
            let (block, rest) = calls.split_at(calls.len().min(MARK - place % MARK));
            match self.buckets.get_mut(place..place + block.len()) {
                Some(room) => room.copy_from_slice(block),
                None => self.buckets.extend_from_slice(block),
            }
            self.pushed += block.len() as u64;
            calls = rest;
        }
    }

    /// Calls pushed since the beginning.
    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Of the last `count` calls that are still there all but the newest `but`, oldest first, each less what
    /// `offset` says for its time.
    pub(super) fn last(&self, count: usize, but: usize, offset: impl Fn(u64) -> i32) -> Vec<u16> {
        let last = count.min(self.buckets.len());
        let count = last.saturating_sub(but);
        let mut calls = Vec::with_capacity(count);
        let first = ((self.pushed - last as u64) % KEPT as u64) as usize;
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
