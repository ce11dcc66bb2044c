//! How long a tool's calls took.

use opentelemetry_proto::tonic::metrics::v1::HistogramDataPoint;

use crate::metrics::quantile;

/// Durations of all statuses together, ms.
#[derive(Debug, Default)]
pub(super) struct Durations {
    bounds: Vec<f64>,
    counts: Vec<u64>,
    count: u64,
    sum: f64,
    /// Nothing is below or above. Where a point does not say (in an interval that saw no new
    /// extreme), the bounds of its buckets.
    range: Option<(f64, f64)>,
    /// The upper end of `range` is no value that has been seen.
    max_unknown: bool,
}

impl Durations {
    pub(super) fn merge(&mut self, point: &HistogramDataPoint) {
        if point.count == 0 {
            return;
        }
        self.count += point.count;
        self.sum += point.sum.unwrap_or_default();
        self.max_unknown |= point.max.is_none();
        let (lower, upper) = edges(point);
        let (min, max) = (point.min.unwrap_or(lower), point.max.unwrap_or(upper));
        let (least, most) = self.range.unwrap_or((min, max));
        self.range = Some((least.min(min), most.max(max)));
        if self.bounds.is_empty() {
            self.bounds.clone_from(&point.explicit_bounds);
            self.counts.clone_from(&point.bucket_counts);
        } else if self.bounds == point.explicit_bounds {
            for (count, more) in self.counts.iter_mut().zip(&point.bucket_counts) {
                *count += more;
            }
        }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        let (min, max) = self.range?;
        quantile(&self.bounds, &self.counts, min, max, q)
    }

    /// The longest, where it is known.
    pub(super) fn max(&self) -> Option<f64> {
        self.range.map(|(_, max)| max).filter(|_| !self.max_unknown)
    }
}

/// The bounds of the lowest and of the highest bucket that has values; the highest of all
/// stands for the one that has none.
fn edges(point: &HistogramDataPoint) -> (f64, f64) {
    let filled = |count: &u64| *count > 0;
    let lowest = point.bucket_counts.iter().position(filled).unwrap_or(0);
    let highest = point.bucket_counts.iter().rposition(filled).unwrap_or(0);
    let bounds = &point.explicit_bounds;
    let lower = lowest.checked_sub(1).and_then(|index| bounds.get(index));
    let upper = bounds.get(highest).or(bounds.last());
    (lower.copied().unwrap_or(0.0), upper.copied().unwrap_or(0.0))
}
