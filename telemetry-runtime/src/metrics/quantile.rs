//! Quantiles from the buckets of a histogram.

/// The value below which the share `q`, 0 to 1, of a histogram's values lie; `None` where it
/// is empty. `bounds` are upper bounds, rising, and `counts` has one more, as in
/// [`Histogram`](super::Histogram).
///
/// Values count as evenly spread between the bounds of their bucket, as Prometheus has it, but
/// `min` and `max` are known here: they stand for the outermost bounds, and the result is
/// never outside of them.
pub(crate) fn quantile(bounds: &[f64], counts: &[u64], min: f64, max: f64, q: f64) -> Option<f64> {
    let count: u64 = counts.iter().sum();
    if count == 0 {
        return None;
    }
    let rank = q.clamp(0.0, 1.0) * count as f64;
    let mut below = 0.0;
    for (index, in_bucket) in counts.iter().map(|count| *count as f64).enumerate() {
        if in_bucket > 0.0 && below + in_bucket >= rank {
            let lower = index
                .checked_sub(1)
                .and_then(|index| bounds.get(index))
                .map_or(min, |bound| bound.max(min));
            let upper = bounds.get(index).map_or(max, |bound| bound.min(max));
            return Some(lower + (upper - lower) * ((rank - below) / in_bucket));
        }
        below += in_bucket;
    }
    Some(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [f64; 3] = [1.0, 10.0, 100.0];

    #[test]
    fn values_are_spread_within_their_bucket() {
        let at = |q| quantile(&BOUNDS, &[0, 10, 10, 0], 1.0, 100.0, q);
        assert_eq!(at(0.0), Some(1.0));
        assert_eq!(at(0.25), Some(5.5));
        assert_eq!(at(0.5), Some(10.0));
        assert_eq!(at(0.75), Some(55.0));
        assert_eq!(at(1.0), Some(100.0));
    }

    #[test]
    fn nothing_is_outside_of_what_was_seen() {
        let one = |counts: &[u64], value| quantile(&BOUNDS, counts, value, value, 0.99);
        assert_eq!(one(&[1, 0, 0, 0], 0.2), Some(0.2));
        assert_eq!(one(&[0, 0, 1, 0], 42.0), Some(42.0));
        assert_eq!(one(&[0, 0, 0, 1], 5000.0), Some(5000.0));
        assert_eq!(
            quantile(&BOUNDS, &[0, 0, 0, 2], 200.0, 400.0, 0.5),
            Some(300.0)
        );
    }

    #[test]
    fn an_empty_histogram_has_none() {
        assert_eq!(quantile(&BOUNDS, &[0; 4], 0.0, 0.0, 0.5), None);
        assert_eq!(quantile(&[], &[], 0.0, 0.0, 0.5), None);
        assert_eq!(quantile(&[], &[2], 1.0, 3.0, 0.5), Some(2.0));
    }
}
