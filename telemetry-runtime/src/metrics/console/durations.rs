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
    /// Smallest and largest.
    range: Option<(f64, f64)>,
}

impl Durations {
    pub(super) fn merge(&mut self, point: &HistogramDataPoint) {
        self.count += point.count;
        self.sum += point.sum.unwrap_or_default();
        if let (Some(min), Some(max), 1..) = (point.min, point.max, point.count) {
            let (least, most) = self.range.unwrap_or((min, max));
            self.range = Some((least.min(min), most.max(max)));
        }
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

    pub(super) fn max(&self) -> Option<f64> {
        Some(self.range?.1)
    }
}
