//! Times that tell a stream's lines apart.

use std::collections::{HashSet, VecDeque};

/// Kept of the times given out: more than the batches of one moment hold.
const REMEMBERED: usize = 65_536;

/// Two entries of one stream with the same time and the same line are one to Loki. So no two
/// entries of a stream get the same time as long as it is remembered: who comes second gets the
/// next nanosecond that is free. Times are otherwise left as they are, also where they go back:
/// Loki sorts.
#[derive(Debug, Default)]
pub(super) struct Times {
    given: HashSet<(usize, u64)>,
    order: VecDeque<(usize, u64)>,
}

impl Times {
    /// Makes the times of `entries` of one stream, sorted by time, unique; they stay sorted.
    pub(super) fn tell_apart<'a>(
        &mut self,
        stream: usize,
        entries: impl Iterator<Item = &'a mut u64>,
    ) {
        let mut free_from = 0;
        for time in entries {
            *time = (*time).max(free_from);
            while !self.given.insert((stream, *time)) {
                *time += 1;
            }
            self.order.push_back((stream, *time));
            free_from = *time + 1;
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.given.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_apart(times: &mut Times, stream: usize, entries: &[u64]) -> Vec<u64> {
        let mut entries = entries.to_vec();
        times.tell_apart(stream, entries.iter_mut());
        entries
    }

    #[test]
    fn equal_times_become_neighbours_and_the_order_stays() {
        let mut times = Times::default();
        assert_eq!(
            told_apart(&mut times, 0, &[5, 5, 6, 9, 9]),
            [5, 6, 7, 9, 10]
        );
        assert_eq!(told_apart(&mut times, 0, &[4, 5, 8, 8]), [4, 8, 11, 12]);
        assert_eq!(told_apart(&mut times, 1, &[5, 5]), [5, 6], "another stream");
    }

    #[test]
    fn a_clock_that_stands_still_costs_no_more_than_one_that_goes() {
        let mut times = Times::default();
        let still = vec![7; 50_000];
        let apart = told_apart(&mut times, 0, &still);
        assert_eq!((apart[0], apart[49_999]), (7, 50_006));
    }

    #[test]
    fn memory_is_bounded() {
        let mut times = Times::default();
        for batch in 0..40_u64 {
            let entries: Vec<u64> = (batch * 4096..(batch + 1) * 4096).collect();
            told_apart(&mut times, 0, &entries);
        }
        assert_eq!(
            (times.given.len(), times.order.len()),
            (REMEMBERED, REMEMBERED)
        );
    }
}
