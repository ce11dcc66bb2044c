//! The tail: from which duration on a single call is beyond what chance explains.

use super::Histogram;
use super::histogram::{BUCKETS, PER_OCTAVE};

/// The bucket beyond which a call lies with a chance of `chance`, as the tail has it so far.
///
/// Hill's estimate of the tail's index from the highest √n·1.5 calls (Hill 1975), at the upper end of
/// its 95 % interval (its standard error is ξ/√k), and Weissman's extrapolation x·(k/(n·p))^ξ
/// (Weissman 1978). `None` with fewer than 50 calls.
pub(super) fn limit(baseline: &Histogram, chance: f64) -> Option<u16> {
    let n = baseline.total() as f64;
    if n < 50.0 {
        return None;
    }
    let most = (1.5 * n.sqrt()).min(n / 10.0);
    let (mut above, mut sum, mut from) = (0.0, 0.0, 0.0);
    for (bucket, count) in baseline.buckets().rev() {
        if above >= most {
            break;
        }
        above += f64::from(count);
        sum += f64::from(count) * (f64::from(bucket) + 0.5);
        from = f64::from(bucket);
    }
    // Of logarithms: the mean of what lies beyond, in buckets; at least a bucket.
    let excess = (sum / above - from).max(1.0);
    let index = excess * (1.0 + 1.645 / above.sqrt());
    let limit = from + index * (above / (n * chance)).ln().max(0.0);
    let highest = baseline
        .buckets()
        .next_back()
        .map_or(0.0, |(bucket, _)| f64::from(bucket));
    // Never what has been seen already, nor what is just beyond it.
    Some(
        limit
            .max(highest + PER_OCTAVE as f64 / 4.0)
            .min(BUCKETS as f64) as u16,
    )
}
