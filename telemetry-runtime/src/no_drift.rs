//! Drift, in a build without the feature `drift`: no tool is watched, and there are no events.

#![expect(missing_docs, reason = "documented where tools are watched")]

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::error::Error;

#[must_use]
pub fn detector() -> LiveDetector {
    LiveDetector(())
}

#[derive(Clone, Copy, Debug)]
pub struct LiveDetector(());

impl LiveDetector {
    #[must_use]
    pub fn report(&self, _filter: Filter) -> Vec<Event> {
        Vec::new()
    }

    #[must_use]
    pub fn baseline_stats(&self, _tool: &str) -> Option<BaselineStats> {
        None
    }

    #[must_use]
    pub fn all_baseline_stats(&self) -> Vec<(String, BaselineStats)> {
        Vec::new()
    }

    /// # Errors
    ///
    /// None; but no file is written.
    pub fn export_report(&self, _path: impl AsRef<Path>) -> Result<(), Error> {
        Ok(())
    }

    pub fn clear_events(&self, _tool: Option<&str>) -> usize {
        0
    }

    pub fn reset_baseline(&self, _tool: Option<&str>) -> usize {
        0
    }

    pub fn accept(&self, _tool: &str) -> bool {
        false
    }

    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        Subscription(())
    }
}

#[derive(Debug)]
pub struct Subscription(());

impl Subscription {
    #[must_use]
    pub fn recv(&self) -> Option<Event> {
        None
    }

    #[must_use]
    pub fn recv_timeout(&self, _timeout: Duration) -> Option<Event> {
        None
    }

    #[must_use]
    pub fn try_recv(&self) -> Option<Event> {
        None
    }

    #[must_use]
    pub fn lost(&self) -> u64 {
        0
    }
}

impl Iterator for Subscription {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        None
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub tool: Option<String>,
    pub drift_type: Option<DriftType>,
    pub severity: Option<Severity>,
    pub status: Option<Status>,
    pub since: Option<SystemTime>,
    pub limit: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    pub timestamp: SystemTime,
    pub tool_name: String,
    pub drift_type: DriftType,
    pub severity: Severity,
    pub status: Status,
    pub baseline_value: f64,
    pub current_value: f64,
    pub deviation_percent: f64,
    pub description: String,
    pub metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    pub measure: Measure,
    pub before: Option<Quantiles>,
    pub after: Option<Quantiles>,
    pub since: Option<SystemTime>,
    pub since_interval: Option<Interval>,
    pub calls: u64,
    pub sample: u64,
    pub sample_since: u64,
    pub traces_before: Vec<String>,
    pub traces_after: Vec<String>,
    pub caller: Option<String>,
    pub service_version: Option<String>,
    pub baseline_version: Option<String>,
    pub environment: Option<String>,
    pub score: f64,
    pub score_limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub from: SystemTime,
    pub to: SystemTime,
}

#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BaselineStats {
    pub samples: u64,
    pub mean_ms: f64,
    pub std_ms: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub calls_per_second: Option<f64>,
    pub error_ratio: f64,
    pub last_updated: SystemTime,
}

macro_rules! names {
    ($($(#[$more:meta])* $of:ident { $($variant:ident = $name:literal),+ })+) => {
        $(
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            $(#[$more])*
            pub enum $of {
                $($variant),+
            }

            impl $of {
                #[must_use]
                pub fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $name),+
                    }
                }
            }

            impl std::fmt::Display for $of {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.pad(self.as_str())
                }
            }
        )+
    };
}

names! {
    DriftType { Performance = "performance", Pattern = "pattern", Anomaly = "anomaly" }
    Severity { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
    Status { Drifted = "drifted", Recovered = "recovered", Accepted = "accepted" }
    #[non_exhaustive]
    Measure {
        Median = "median", P95 = "p95", P99 = "p99", Spread = "spread", CallRate = "call_rate",
        ErrorRatio = "error_ratio", CallerShare = "caller_share", Duration = "duration"
    }
}
