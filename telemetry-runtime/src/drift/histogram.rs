//! A histogram: counts of durations on a logarithmic scale, 32 buckets an octave.

/// Buckets an octave: each is 2.2 % wide.
pub(super) const PER_OCTAVE: usize = 32;
/// Octaves that are told apart: from 1 ns to 4.9 h.
const OCTAVES: usize = 44;
/// Buckets in all. What is longer counts in the last.
pub(super) const BUCKETS: usize = PER_OCTAVE * OCTAVES;

/// The longest duration that is told apart from a shorter one, ns.
const LONGEST: u64 = (1 << OCTAVES) - 1;

/// Bits of the mantissa that choose a bucket inside its octave.
const MANTISSA: u32 = 10;

/// The bucket, inside its octave, of each mantissa: floor(32·log₂(1 + m/1024)).
static WITHIN: [u8; 1 << MANTISSA] = within();

/// The bucket of a duration in nanoseconds; 0 ns counts as 1.
#[inline]
pub(super) fn bucket(nanos: u64) -> u16 {
    // A float's exponent is the octave, the first bits of its fraction are those after the leading one.
    let float = nanos.clamp(1, LONGEST) as i64 as f64;
    let bits = (float.to_bits() >> (52 - MANTISSA)) as usize - (1023 << MANTISSA);
    let (octave, mantissa) = (bits >> MANTISSA, bits % (1 << MANTISSA));
    (octave * PER_OCTAVE + usize::from(WITHIN[mantissa])) as u16
}

/// The duration, ns, at a place on the scale: bucket b reaches from b to b + 1.
pub(super) fn nanos_at(place: f64) -> f64 {
    (place / PER_OCTAVE as f64).exp2()
}

const fn within() -> [u8; 1 << MANTISSA] {
    // The bucket is the number of the bounds 2^(k/32) that are not above; they are compared as
    // 32nd powers, in fixed point, because `log2` is not const.
    let mut table = [0; 1 << MANTISSA];
    let mut m = 0;
    while m < table.len() {
        let mut power = ((1 << MANTISSA) + m) as u128; // 1 … 2, with MANTISSA bits of fraction
        let mut bits = MANTISSA;
        let mut log = 0;
        let mut step = 0;
        // Squaring doubles the logarithm; each time its next binary digit shows.
        while step < 5 {
            power *= power;
            bits *= 2;
            if bits > 40 {
                power >>= bits - 40;
                bits = 40;
            }
            log <<= 1;
            if power >> bits >= 2 {
                log += 1;
                power >>= 1;
            }
            step += 1;
        }
        table[m] = log;
        m += 1;
    }
    table
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
        // All are below 2¹⁵, and a processor finds the least of signed numbers sooner.
        let ends = |(low, high): (i16, i16), bucket: &u16| {
            let bucket = *bucket as i16;
            (low.min(bucket), high.max(bucket))
        };
        let (low, high) = buckets.iter().fold((i16::MAX, 0), ends);
        if buckets.is_empty() {
            return;
        }
        self.reach(low as u16);
        let last = self.reach(high as u16);
        let (low, counts) = (self.low, &mut self.counts[..=last]);
        for bucket in buckets {
            let count = &mut counts[usize::from(bucket - low)];
            *count = count.saturating_add(1);
        }
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

    /// The same as [`clear`](Self::clear), but its room stays, from the lowest to the highest bucket it has had.
    pub(super) fn set_to_zero(&mut self) {
        self.counts.fill(0);
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

    /// The same as a place on the scale of buckets.
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
        for count in [0, 1, 5, 300] {
            let buckets: Vec<u16> = (0..count).map(|_| random.u16(..BUCKETS as u16)).collect();
            at_once.add_buckets(&buckets);
            buckets
                .iter()
                .for_each(|bucket| one_by_one.add_bucket(*bucket, 1));
            assert_eq!(at_once, one_by_one);
        }
        at_once.set_to_zero();
        let nothing = one_by_one.clone();
        one_by_one.merge(&at_once);
        assert_eq!((one_by_one, at_once.total()), (nothing, 0));
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
