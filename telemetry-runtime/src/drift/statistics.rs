//! A baseline for people: the numbers of a report. A build that watches nothing has the type too.

use std::time::SystemTime;

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
