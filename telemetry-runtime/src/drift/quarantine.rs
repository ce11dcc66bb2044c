//! Quarantine: calls that look usual and are not yet taken for normal.

use std::ops::Range;

use super::Histogram;
use super::cusum::STEP;
use super::histogram::{BUCKETS, PER_OCTAVE};
use super::inbox::MOST;

/// The newest of them, and those before: a block each.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    newest: Block,
    older: Block,
}

/// Counts of all buckets there are: no end has to be looked for.
#[derive(Debug)]
struct Block {
    counts: Box<[u16; BUCKETS]>,
    calls: u64,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            counts: Box::new([0; BUCKETS]),
            calls: 0,
        }
    }
}

impl Quarantine {
    /// Where calls have looked unusual for long, a block is full, and they are not learned: only how they depend on each
    /// other may be seen of them.
    pub(super) fn add(&mut self, buckets: &[u16]) {
        let Block { counts, calls } = &mut self.newest;
        if *calls >= u64::from(u16::MAX) - MOST as u64 {
            return;
        }
        *calls += buckets.len() as u64;
        // Four at a time, as they nearly always come.
        let (fours, rest) = buckets.as_chunks::<STEP>();
        let mut count = |bucket: &u16| counts[usize::from(*bucket)] += 1;
        fours
            .iter()
            .for_each(|four| four.iter().for_each(&mut count));
        rest.iter().for_each(count);
    }

    /// Calls of the newest block.
    pub(super) fn newest(&self) -> u64 {
        self.newest.calls
    }

    pub(super) fn calls(&self) -> u64 {
        self.newest.calls + self.older.calls
    }

    /// Lets the older ones go to each of these, and begins a new block; says how many they were.
    pub(super) fn release(&mut self, to: [&mut Histogram; 2]) -> u64 {
        let calls = self.older.calls;
        if let Some(used) = self.older.used() {
            let counts = &mut self.older.counts[used.clone()];
            to.into_iter()
                .for_each(|to| to.add_counts(used.start as u16, counts));
            counts.fill(0);
            self.older.calls = 0;
        }
        std::mem::swap(&mut self.older, &mut self.newest);
        calls
    }

    pub(super) fn clear(&mut self) {
        self.older.clear();
        self.newest.clear();
    }
}

impl Block {
    /// From the first bucket in use to the last.
    fn used(&self) -> Option<Range<usize>> {
        // An octave at once, which takes next to no time where there is nothing.
        let is_used =
            |octave: &[u16; PER_OCTAVE]| octave.iter().fold(0, |any, count| any | count) > 0;
        let (octaves, _) = self.counts.as_chunks();
        let first = octaves.iter().position(is_used)?;
        let last = octaves.iter().rposition(is_used)?;
        let bucket = |place: Option<usize>| place.unwrap_or(0);
        let first = PER_OCTAVE * first + bucket(octaves[first].iter().position(|count| *count > 0));
        let last = PER_OCTAVE * last + bucket(octaves[last].iter().rposition(|count| *count > 0));
        Some(first..last + 1)
    }

    fn clear(&mut self) {
        self.counts.fill(0);
        self.calls = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_released_when_the_next_one_ends() {
        let (mut normal, mut grown) = (Histogram::default(), Histogram::default());
        let mut quarantine = Quarantine::default();
        quarantine.add(&[7, 9]);
        assert_eq!(quarantine.release([&mut normal, &mut grown]), 0);
        quarantine.add(&[3]);
        assert_eq!((quarantine.newest(), quarantine.calls()), (1, 3));
        assert_eq!(quarantine.release([&mut normal, &mut grown]), 2);
        assert_eq!(normal, Histogram::of_buckets(&[9, 7]));
        assert_eq!(grown, normal);
        quarantine.clear();
        assert_eq!(quarantine.release([&mut normal, &mut grown]), 0);
        assert_eq!(normal.total(), 2);
    }

    #[test]
    fn a_full_block_takes_no_more() {
        let mut quarantine = Quarantine::default();
        for _ in 0..1_000 {
            quarantine.add(&[BUCKETS as u16 - 1; MOST]);
        }
        let most = usize::from(u16::MAX) / MOST * MOST;
        assert_eq!(quarantine.calls(), most as u64);
    }
}
