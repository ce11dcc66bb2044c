//! Which bucket a duration falls into.

use std::sync::Arc;

/// Explicit buckets of durations: each holds what is over the bound before it and not
/// over its own, as in OTLP and Prometheus.
#[derive(Debug)]
pub(crate) struct Buckets {
    /// ms
    pub(crate) bounds: Arc<[f64]>,
    /// The same in whole ns.
    nanos: Box<[u64]>,
    /// By number of significant bits: the first bucket such a duration can be in.
    first: [u16; 65],
}

impl Buckets {
    /// `bounds` in ms, rising, none negative.
    pub(crate) fn new(bounds: &[f64]) -> Self {
        let nanos: Box<[u64]> = bounds.iter().map(|ms| (ms * 1e6).round() as u64).collect();
        let mut first = [0; 65];
        for (bits, first) in first.iter_mut().enumerate() {
            let smallest = if bits == 0 { 0 } else { 1_u64 << (bits - 1) };
            *first = nanos.partition_point(|bound| *bound < smallest) as u16;
        }
        Self {
            bounds: bounds.into(),
            nanos,
            first,
        }
    }

    /// Buckets: one more than bounds.
    pub(crate) fn len(&self) -> usize {
        self.nanos.len() + 1
    }

    #[inline]
    pub(crate) fn of(&self, nanos: u64) -> usize {
        let bits = 64 - nanos.leading_zeros();
        let mut bucket = usize::from(self.first[bits as usize]);
        while self.nanos.get(bucket).is_some_and(|bound| *bound < nanos) {
            bucket += 1;
        }
        bucket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let buckets = Buckets::new(&[0.001, 0.0018, 1.0, 250.0]);
        let of = |nanos| buckets.of(nanos);
        assert_eq!((of(0), of(1_000), of(1_001), of(1_800)), (0, 0, 1, 1));
        assert_eq!((of(1_801), of(1_000_000), of(1_000_001)), (2, 2, 3));
        assert_eq!((of(250_000_000), of(250_000_001), of(u64::MAX)), (3, 4, 4));
    }

    #[test]
    fn agrees_with_a_search_everywhere() {
        let bounds: Vec<f64> = (0..40)
            .map(|step| 0.001 * 10_f64.powf(f64::from(step) / 4.0))
            .collect();
        let buckets = Buckets::new(&bounds);
        for nanos in (0..200_000_u64)
            .step_by(37)
            .chain((0..64).map(|bit| 1 << bit))
        {
            assert_eq!(
                buckets.of(nanos),
                buckets.nanos.partition_point(|bound| *bound < nanos),
                "{nanos}"
            );
        }
    }
}
