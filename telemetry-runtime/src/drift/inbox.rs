//! An inbox: what a call changes at once of a tool. All else waits until some calls are looked at together.

use multiversion::multiversion;

use super::clock::SECOND;
use super::cusum::{LONG_STEP, STEP, STEPS};
use super::histogram::bucket_of;

/// Calls looked at together at most.
pub(super) const MOST: usize = 256;
/// What a call may wait for those after it, s; and where so many come in a second.
const WAIT: f64 = 0.1;
const OFTEN: f64 = 640.0;
const WAIT_OFTEN: f64 = 0.25;

/// Durations of successes: few where calls are rare, many where they come so fast that nobody notices.
///
/// In this order, so that each call changes two cache lines of it.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Inbox {
    /// How many tools have had this place before.
    pub(super) generation: u32,
    count: u32,
    /// Of these, so many have been [counted](Self::count_new).
    counted: u32,
    /// Calls that are enough.
    enough: u32,
    /// When the last call ended, whatever its outcome, and the first of those that wait or were the last to; before
    /// there was one, when the tool became known.
    pub(super) last_at: u64,
    pub(super) first_at: u64,
    /// When the second began, after which counts and rate are looked at.
    pub(super) second_at: u64,
    /// As precise as their buckets need it.
    nanos: [f32; MOST],
}

impl Inbox {
    /// Nothing waits in it.
    pub(super) fn new(generation: u32, now: u64) -> Self {
        Self {
            generation,
            count: 0,
            counted: 0,
            enough: STEP as u32,
            last_at: now,
            first_at: now,
            second_at: 0,
            nanos: [0.0; MOST],
        }
    }

    /// A call that has ended at that time. `true`: it is enough.
    #[inline]
    pub(super) fn push(&mut self, nanos: u64, at: u64) -> bool {
        let count = self.count;
        if count == 0 {
            self.first_at = at;
        }
        self.last_at = at;
        // There is room: what is enough is taken.
        self.nanos[count as usize % MOST] = nanos as f32;
        self.count = count + 1;
        count + 1 >= self.enough
    }

    #[inline]
    pub(super) fn is_enough(&self) -> bool {
        self.count >= self.enough
    }

    /// Whether a second has passed.
    #[inline]
    pub(super) fn is_due(&self, at: u64) -> bool {
        at.wrapping_sub(self.second_at) >= SECOND
    }

    /// Whether calls wait for more of them that have not come for a second.
    pub(super) fn is_late(&self, at: u64) -> bool {
        at.wrapping_sub(self.last_at) >= SECOND && self.is_patient() && self.count > 0
    }

    pub(super) fn enough(&self) -> u64 {
        self.enough.into()
    }

    /// Calls that wait.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Calls that have not been counted.
    #[inline]
    pub(super) fn new_calls(&self) -> u64 {
        (self.count - self.counted).into()
    }

    /// The same; now they have.
    pub(super) fn count_new(&mut self) -> u64 {
        let new = self.new_calls();
        self.counted = self.count;
        new
    }

    /// Whether calls wait for more of them than a rare tool's do.
    pub(super) fn is_patient(&self) -> bool {
        self.enough as usize > STEP
    }

    /// Calls that are looked at after each other.
    pub(super) fn step(&self) -> usize {
        // There may be more than are enough by now.
        if self.enough.max(self.count) as usize >= STEPS * STEP {
            LONG_STEP
        } else {
            STEP
        }
    }

    /// Calls that are enough where so many come in a second.
    pub(super) fn expect(&mut self, rate: f64) {
        let wait = if rate < OFTEN { WAIT } else { WAIT_OFTEN };
        let steps = (rate * wait) as usize / STEP;
        self.enough = (steps * STEP).clamp(STEP, MOST) as u32;
    }

    /// The buckets of those that wait, which have been counted. They wait no longer.
    pub(super) fn take<'a>(&mut self, room: &'a mut [u16; MOST]) -> &'a [u16] {
        let count = std::mem::take(&mut self.count) as usize;
        self.counted = 0;
        let room = &mut room[..count];
        find_buckets(&self.nanos[..count], room);
        room
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn find_buckets(nanos: &[f32], buckets: &mut [u16]) {
    for (bucket, nanos) in buckets.iter_mut().zip(nanos) {
        *bucket = bucket_of(*nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::histogram::bucket;

    #[test]
    fn as_many_wait_as_come_in_so_short_a_time() {
        let enough = |rate| {
            let mut inbox = Inbox::new(0, 0);
            inbox.expect(rate);
            (inbox.enough(), inbox.step())
        };
        assert_eq!(enough(0.0), (4, STEP));
        assert_eq!(enough(100.0), (8, STEP));
        assert_eq!(enough(639.0), (60, STEP));
        assert_eq!(enough(640.0), (160, LONG_STEP));
        assert_eq!(enough(1e9), (256, LONG_STEP));
        assert_eq!(enough(f64::NAN), (4, STEP));
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut inbox = Inbox::new(0, 7);
        let nanos = [1, 2, 3, u64::MAX];
        let full: Vec<bool> = nanos.iter().map(|nanos| inbox.push(*nanos, 8)).collect();
        assert_eq!(full, [false, false, false, true]);
        assert_eq!((inbox.count_new(), inbox.count_new()), (4, 0));
        let buckets = nanos.map(bucket);
        assert_eq!(inbox.take(&mut [0; MOST]), buckets);
        assert_eq!((inbox.count(), inbox.new_calls()), (0, 0));
        assert_eq!((inbox.first_at, inbox.last_at), (8, 8));
    }
}
