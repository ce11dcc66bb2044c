//! Calls of a tool that wait to be looked at.

use super::cusum::{LONG_STEP, STEP};
use super::recent::less;

/// Calls looked at together at most.
pub(super) const MOST: usize = 128;
/// What a call may wait for those after it, s.
const WAIT: f64 = 0.1;

/// Buckets of successes: few where calls are rare, many where they come so fast that nobody notices.
#[derive(Debug)]
pub(super) struct Pending {
    buckets: [u16; MOST],
    count: u8,
    taken: u8,
    /// Calls that are enough.
    enough: u8,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self {
            buckets: [0; MOST],
            count: 0,
            taken: 0,
            enough: STEP as u8,
        }
    }

    /// `true`: it is enough.
    #[inline]
    pub(super) fn push(&mut self, bucket: u16) -> bool {
        debug_assert!(usize::from(self.count) < MOST, "what is enough is taken");
        self.buckets[usize::from(self.count) % MOST] = bucket;
        self.count += 1;
        self.is_enough()
    }

    #[inline]
    pub(super) fn is_enough(&self) -> bool {
        self.count >= self.enough
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn enough(&self) -> u64 {
        self.enough.into()
    }

    pub(super) fn count(&self) -> u32 {
        self.count.into()
    }

    /// Whether calls wait for more of them than a rare tool's do.
    pub(super) fn is_patient(&self) -> bool {
        usize::from(self.enough) > STEP
    }

    /// Calls that are looked at after each other.
    pub(super) fn step(&self) -> usize {
        if usize::from(self.enough) >= 4 * LONG_STEP {
            LONG_STEP
        } else {
            STEP
        }
    }

    /// Calls that are enough where so many come in a second.
    pub(super) fn expect(&mut self, rate: f64) {
        let steps = (rate * WAIT) as usize / STEP;
        self.enough = (steps * STEP).clamp(STEP, MOST) as u8;
    }

    /// None of them has been looked at.
    pub(super) fn is_untouched(&self) -> bool {
        self.taken == 0
    }

    /// Those that have not been looked at.
    pub(super) fn rest(&self) -> &[u16] {
        &self.buckets[usize::from(self.taken)..usize::from(self.count)]
    }

    /// The same without the season.
    pub(super) fn without<'a>(&self, offset: i32, room: &'a mut [u16; MOST]) -> &'a [u16] {
        let rest = self.rest();
        let room = &mut room[..rest.len()];
        if offset == 0 {
            room.copy_from_slice(rest);
        } else {
            let deseasoned = rest.iter().map(|bucket| less(*bucket, offset));
            room.iter_mut()
                .zip(deseasoned)
                .for_each(|(to, from)| *to = from);
        }
        room
    }

    /// So many of them have been looked at.
    pub(super) fn take(&mut self, calls: usize) {
        self.taken += calls as u8;
        if self.taken >= self.count {
            (self.taken, self.count) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_wait_as_come_in_a_tenth_of_a_second() {
        let enough = |rate| {
            let mut pending = Pending::new();
            pending.expect(rate);
            (pending.enough(), pending.step())
        };
        assert_eq!(enough(0.0), (4, STEP));
        assert_eq!(enough(100.0), (8, STEP));
        assert_eq!(enough(650.0), (64, LONG_STEP));
        assert_eq!(enough(1e9), (128, LONG_STEP));
        assert_eq!(enough(f64::NAN), (4, STEP));
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut pending = Pending::new();
        let full: Vec<bool> = (10..14).map(|bucket| pending.push(bucket)).collect();
        assert_eq!(full, [false, false, false, true]);
        pending.take(3);
        assert!(!pending.is_untouched());
        let mut room = [0; MOST];
        assert_eq!(pending.without(20, &mut room), [0]);
        assert_eq!(pending.rest(), [13]);
        pending.take(1);
        assert!(pending.is_empty() && pending.is_untouched());
    }
}
