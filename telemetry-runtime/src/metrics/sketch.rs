//! Quantiles of all durations seen, within 3 %.
//!
//! Counts on a scale of 16 buckets an octave (linear inside an octave, as in HDR
//! histograms, Tene 2012), kept only from the lowest to the highest in use.

/// log₂ of buckets an octave.
const BITS: u32 = 4;

#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch {
    /// The bucket of `counts[0]`.
    low: usize,
    counts: Vec<u64>,
}

impl Sketch {
    #[inline]
    pub(crate) fn add(&mut self, nanos: u64) {
        self.add_many(bucket(nanos), 1);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (offset, count) in other
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            self.add_many(other.low + offset, *count);
        }
    }

    /// Durations, ns within 3 %, with how many there were of each; shortest first.
    pub(crate) fn durations(&self) -> impl Iterator<Item = (u64, u64)> {
        let buckets = self.low..;
        let all = buckets.zip(&self.counts).filter(|(_, count)| **count > 0);
        all.map(|(bucket, count)| (middle(bucket), *count))
    }

    #[inline]
    fn add_many(&mut self, bucket: usize, count: u64) {
        match bucket
            .checked_sub(self.low)
            .and_then(|offset| self.counts.get_mut(offset))
        {
            Some(known) => *known += count,
            None => self.widen(bucket, count),
        }
    }

    #[cold]
    fn widen(&mut self, bucket: usize, count: u64) {
        if self.counts.is_empty() {
            self.low = bucket;
        }
        if bucket < self.low {
            self.counts
                .splice(0..0, std::iter::repeat_n(0, self.low - bucket));
            self.low = bucket;
        } else if bucket - self.low >= self.counts.len() {
            self.counts.resize(bucket - self.low + 1, 0);
        }
        self.counts[bucket - self.low] += count;
    }

    /// The duration, ns, that a share `q` of all is not over; `None` of nothing.
    pub(crate) fn quantile(&self, q: f64) -> Option<u64> {
        let total: u64 = self.counts.iter().sum();
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0;
        let reached = self.durations().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        reached.map(|(nanos, _)| nanos)
    }
}

/// The bucket of a duration: exact under 16 ns.
#[inline]
fn bucket(nanos: u64) -> usize {
    let octave = (63 - (nanos | 1).leading_zeros()).saturating_sub(BITS);
    ((octave << BITS) as u64 + (nanos >> octave)) as usize
}

/// The middle of a bucket, ns.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let octave = (bucket >> BITS).saturating_sub(1);
    let low = (bucket - (octave << BITS)) << octave;
    low + (1_u64 << octave) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_holds_its_own_middle_within_three_percent() {
        for nanos in (0..64).flat_map(|bit| [1_u64 << bit, (1_u64 << bit) + (1_u64 << bit) / 3]) {
            let shown = middle(bucket(nanos));
            assert_eq!(bucket(shown), bucket(nanos), "{nanos}");
            assert!(
                shown.abs_diff(nanos) as f64 <= 0.0313 * nanos as f64,
                "{nanos} {shown}"
            );
        }
    }

    #[test]
    fn quantiles_of_one_to_a_thousand() {
        let mut sketch = Sketch::default();
        (1..=500).rev().for_each(|nanos| sketch.add(nanos * 1000));
        let mut rest = Sketch::default();
        (501..=1000).for_each(|nanos| rest.add(nanos * 1000));
        sketch.merge(&rest);
        for (q, exact) in [
            (0.5, 500_000.0),
            (0.95, 950_000.0),
            (0.99, 990_000.0),
            (1.0, 1_000_000.0),
        ] {
            let shown = sketch.quantile(q).unwrap() as f64;
            assert!((shown / exact - 1.0).abs() < 0.035, "{q}: {shown}");
        }
        assert_eq!(Sketch::default().quantile(0.5), None);
        assert!(sketch.durations().is_sorted());
        assert_eq!(
            sketch.durations().map(|(_, count)| count).sum::<u64>(),
            1000
        );
    }
}
