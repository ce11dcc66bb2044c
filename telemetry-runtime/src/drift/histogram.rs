//! A histogram: counts of durations on a logarithmic scale, 32 buckets an octave.

use multiversion::multiversion;

/// Buckets an octave: each is 2.2 % wide.
pub(super) const PER_OCTAVE: usize = 32;
/// Octaves that are told apart: from 1 ns to 4.9 h.
const OCTAVES: usize = 44;
/// Buckets in all. What is longer counts in the last.
pub(super) const BUCKETS: usize = PER_OCTAVE * OCTAVES;

/// Durations beyond it, ns, count as it does, in the last bucket.
const LONGEST: f32 = 1.75e13;

/// The bucket of a duration in nanoseconds; 0 ns counts as 1.
#[inline]
pub(super) fn bucket(nanos: u64) -> u16 {
    bucket_of(nanos as f32)
}

/// The same, which a processor finds for several at once. Bounds of buckets are off by 0.022 % of a duration at most.
#[inline(always)]
pub(super) fn bucket_of(nanos: f32) -> u16 {
    const ONE: u32 = 1_f32.to_bits();
    const FRACTION: u32 = (1 << (f32::MANTISSA_DIGITS - 1)) - 1;
    const INSIDE: u32 = (FRACTION + 1).ilog2() - PER_OCTAVE.ilog2();
    // Unlike `clamp` these do not ask for NaN.
    let nanos = if nanos > 1.0 { nanos } else { 1.0 };
    let nanos = if nanos < LONGEST { nanos } else { LONGEST };
    // A float's exponent is the octave. With log₂ of 1 + x instead of x behind it, the bits are those of a place
    // on the scale.
    let bits = nanos.to_bits();
    let x = f32::from_bits(bits & FRACTION | ONE) - 1.0;
    let place = (bits & !FRACTION) + one_and_log2(x).to_bits();
    ((place - 2 * ONE) >> INSIDE) as u16
}

/// 1 + log₂(1 + x) for x from 0 to 1, exact at both ends: the polynomial that has its value where the remainder of
/// x is x·(1 − x) by one of degree 2, which it meets at Chebyshev's places.
#[inline(always)]
fn one_and_log2(x: f32) -> f32 {
    1.0 + x * (1.440_780_8 + x * (-0.683_450_2 + x * (0.324_285_2 - x * 0.081_615_74)))
}

/// The duration, ns, at a place on the scale: bucket b reaches from b to b + 1.
pub(super) fn nanos_at(place: f64) -> f64 {
    (place / PER_OCTAVE as f64).exp2()
}

/// Counts of durations, kept from the lowest to the highest bucket in use.
///
/// Adding two is exact: the counts are those of all calls together.
///
/// ```
/// use telemetry_runtime::drift::Histogram;
///
/// let mut histogram = Histogram::default();
/// histogram.add(1_000_000, 90);
/// histogram.add(8_000_000, 10);
/// assert_eq!(histogram.total(), 100);
/// let median = histogram.quantile_ms(0.5).unwrap();
/// assert!((median - 1.0).abs() < 0.03);
/// assert_eq!(Histogram::default().quantile_ms(0.5), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    low: u16,
    counts: Vec<u32>,
}

impl Histogram {
    /// Adds `count` calls of that duration.
    pub fn add(&mut self, nanos: u64, count: u32) {
        self.add_bucket(bucket(nanos), count);
    }

    pub(super) fn add_bucket(&mut self, bucket: u16, count: u32) {
        if count == 0 {
            return;
        }
        let place = self.reach(bucket.min(BUCKETS as u16 - 1));
        self.counts[place] = self.counts[place].saturating_add(count);
    }

    /// The place of a bucket, for which there is room now.
    fn reach(&mut self, bucket: u16) -> usize {
        if self.counts.is_empty() {
            self.low = bucket;
        }
        if bucket < self.low {
            let room = usize::from(self.low - bucket);
            self.counts.reserve_exact(room);
            self.counts.splice(0..0, std::iter::repeat_n(0, room));
            self.low = bucket;
        }
        let place = usize::from(bucket - self.low);
        if place >= self.counts.len() {
            // No more than that: each tool has several of these, and they soon grow no longer.
            self.counts.reserve_exact(place + 1 - self.counts.len());
            self.counts.resize(place + 1, 0);
        }
        place
    }

    /// A call each.
    pub(super) fn of_buckets(buckets: &[u16]) -> Self {
        let mut histogram = Self::default();
        histogram.add_buckets(buckets);
        histogram
    }

    /// Adds a call each.
    pub(super) fn add_buckets(&mut self, buckets: &[u16]) {
        // Both ends at once, not for each call beyond those before it.
        if let (Some(low), Some(high)) = (buckets.iter().min(), buckets.iter().max()) {
            self.reach(*low);
            self.reach(*high);
        }
        buckets
            .iter()
            .for_each(|bucket| self.add_bucket(*bucket, 1));
    }

    /// Adds so many calls of each bucket from `first` on; of the first and the last there are some.
    pub(super) fn add_counts(&mut self, first: u16, counts: &[u16]) {
        self.reach(first + counts.len() as u16 - 1);
        let place = self.reach(first);
        add_all(&mut self.counts[place..], counts);
    }

    /// Half of each count, rounded up: what is old counts less.
    pub(super) fn halve(&mut self) {
        self.counts
            .iter_mut()
            .for_each(|count| *count = count.div_ceil(2));
    }

    pub(super) fn clear(&mut self) {
        self.counts.clear();
    }

    /// Adds all of another. A bucket holds up to 2³² − 1 calls and stays there.
    pub fn merge(&mut self, other: &Self) {
        let mut buckets = other.buckets();
        let Some((first, _)) = buckets.next() else {
            return;
        };
        let last = buckets.next_back().map_or(first, |(last, _)| last);
        self.reach(last);
        let place = self.reach(first);
        let counts = &other.counts[usize::from(first - other.low)..];
        for (count, more) in self.counts[place..].iter_mut().zip(counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// The buckets in use with their counts, lowest first.
    pub(super) fn buckets(&self) -> impl DoubleEndedIterator<Item = (u16, u32)> + '_ {
        let counts = self.counts.iter().enumerate();
        counts.filter_map(|(offset, count)| {
            (*count > 0).then_some((self.low + offset as u16, *count))
        })
    }

    /// Calls in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The duration, ms, that a share `q` of all calls is not over, interpolated inside its
    /// bucket. `None` of nothing.
    #[must_use]
    pub fn quantile_ms(&self, q: f64) -> Option<f64> {
        self.place(q).map(|place| nanos_at(place) / 1e6)
    }

    /// The share of all calls below a place on the scale of buckets. 0 of nothing.
    pub(super) fn share_below(&self, place: f64) -> f64 {
        let below = |(bucket, count): (u16, u32)| {
            f64::from(count) * (place - f64::from(bucket)).clamp(0.0, 1.0)
        };
        self.buckets().map(below).sum::<f64>() / self.total().max(1) as f64
    }

    /// The place on the scale of buckets that a share `q` of all calls is not over.
    pub(super) fn place(&self, q: f64) -> Option<f64> {
        let total = self.total();
        let rank = q.clamp(0.0, 1.0) * total as f64;
        let mut below = 0.0;
        let mut last = None;
        for (bucket, count) in self.buckets() {
            let count = f64::from(count);
            if below + count >= rank {
                return Some(f64::from(bucket) + ((rank - below) / count).clamp(0.0, 1.0));
            }
            below += count;
            last = Some(f64::from(bucket) + 1.0);
        }
        last
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn add_all(counts: &mut [u32], more: &[u16]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count = count.saturating_add(u32::from(*more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_logarithms() {
        for nanos in [
            1_u64,
            2,
            3,
            5,
            1_000,
            123_456,
            10_000_000,
            3_600_000_000_000,
        ] {
            let exact = 32.0 * (nanos as f64).log2();
            let off = exact - f64::from(bucket(nanos));
            assert!((-0.06..1.06).contains(&off), "{nanos}: {off}");
        }
        assert_eq!(bucket(0), 0);
        assert_eq!(usize::from(bucket(u64::MAX)), BUCKETS - 1);
    }

    #[test]
    fn buckets_never_fall() {
        let mut last = 0;
        let mut nanos = 1_u64;
        while nanos < 1 << 44 {
            assert!(bucket(nanos) >= last);
            last = bucket(nanos);
            nanos += nanos / 997 + 1;
        }
    }

    #[test]
    fn many_at_once_are_one_by_one() {
        let mut random = fastrand::Rng::with_seed(1);
        let (mut one_by_one, mut at_once) = <(Histogram, Histogram)>::default();
        for calls in [0, 1, 5, 300] {
            let mut counts = [0; BUCKETS];
            for _ in 0..calls {
                let bucket = random.usize(..BUCKETS);
                counts[bucket] += 1;
                one_by_one.add_bucket(bucket as u16, 1);
            }
            let used = |count: &u16| *count > 0;
            if let Some(first) = counts.iter().position(used) {
                let last = counts.iter().rposition(used).unwrap_or(first);
                at_once.add_counts(first as u16, &counts[first..=last]);
            }
            assert_eq!(at_once, one_by_one);
        }
    }

    #[test]
    fn merging_is_adding() {
        let (mut left, mut right, mut both) = Default::default();
        let histograms: [&mut Histogram; 3] = [&mut left, &mut right, &mut both];
        for call in 0..1000_u64 {
            let nanos = call * call * 777 % 1_000_003;
            histograms[usize::from(call % 3 == 0)].add(nanos, 1);
            histograms[2].add(nanos, 1);
        }
        left.merge(&right);
        assert_eq!(left, both);
    }
}
