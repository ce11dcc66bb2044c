//! Quarantine: calls that look usual and are not yet taken for normal.

use super::Histogram;

/// The newest of them, and those before: a block each.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    newest: Block,
    older: Block,
}

#[derive(Debug, Default)]
struct Block {
    durations: Histogram,
    calls: u64,
}

impl Quarantine {
    pub(super) fn add(&mut self, buckets: &[u16]) {
        self.newest.durations.add_buckets(buckets);
        self.newest.calls += buckets.len() as u64;
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
        to.into_iter()
            .for_each(|to| to.merge(&self.older.durations));
        let calls = self.older.calls;
        self.older.clear();
        std::mem::swap(&mut self.older, &mut self.newest);
        calls
    }

    pub(super) fn clear(&mut self) {
        self.older.clear();
        self.newest.clear();
    }
}

impl Block {
    /// Its room stays: it will soon be needed again.
    fn clear(&mut self) {
        self.durations.set_to_zero();
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
}
