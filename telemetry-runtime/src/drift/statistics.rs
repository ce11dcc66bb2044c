//! A baseline for people: the numbers of a report.

use std::time::SystemTime;

use super::Baseline;
use super::histogram::nanos_at;

/// What is normal for a tool, in numbers. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BaselineStats {
    /// Durations that the baseline knows.
    pub samples: u64,
    /// Their mean.
    pub mean_ms: f64,
    /// Their standard deviation.
    pub std_ms: f64,
    /// Median.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// Calls a second while it was learned; `None` where no times were handed in.
    pub calls_per_second: Option<f64>,
    /// Share of calls that failed, of successes and errors together.
    pub error_ratio: f64,
    /// When it last learned something.
    pub last_updated: SystemTime,
}

impl BaselineStats {
    /// `None` while there is no duration.
    pub(super) fn of(baseline: &Baseline) -> Option<Self> {
        let durations = baseline.durations();
        let (mean_ms, std_ms) = moments(durations.buckets())?;
        Some(Self {
            samples: durations.total(),
            mean_ms,
            std_ms,
            p50_ms: durations.quantile_ms(0.50)?,
            p95_ms: durations.quantile_ms(0.95)?,
            p99_ms: durations.quantile_ms(0.99)?,
            calls_per_second: baseline.calls_per_second(),
            error_ratio: baseline.error_ratio(),
            last_updated: baseline.updated_at(),
        })
    }
}

/// Mean and standard deviation, ms, of counts by buckets, each at its middle.
fn moments(buckets: impl Iterator<Item = (u16, u32)>) -> Option<(f64, f64)> {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (bucket, calls) in buckets {
        let (ms, calls) = (nanos_at(f64::from(bucket) + 0.5) / 1e6, f64::from(calls));
        count += calls;
        sum += calls * ms;
        squares += calls * ms * ms;
    }
    let mean = sum / count;
    (count > 0.0).then(|| (mean, (squares / count - mean * mean).max(0.0).sqrt()))
}
