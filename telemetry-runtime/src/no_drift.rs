//! Drift, in a build without the feature `drift`: no tool is watched, and there are no events.

#![expect(missing_docs, reason = "documented where tools are watched")]

#[path = "drift/filter.rs"]
mod filter;
#[path = "drift/kinds.rs"]
mod kinds;
#[path = "drift/statistics.rs"]
mod statistics;

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::error::Error;

pub use filter::Filter;
pub use kinds::{DriftType, Measure, Severity, Status};
pub use statistics::BaselineStats;

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
