//! A tool's numbers for people: reports, tests, decisions at run time.

use std::time::Duration;

/// What one tool has done since telemetry was initialized.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolStatistics {
    /// The tool's name.
    pub name: String,
    /// Calls that have ended, whatever their outcome.
    pub calls: u64,
    /// Calls that failed: errors and panics.
    pub errors: u64,
    /// Futures that were dropped before they were ready; neither success nor error.
    pub cancelled: u64,
    /// Calls over the tool's threshold.
    pub slow: u64,
    /// Calls that are running.
    pub active: u64,
    /// Time of all ended calls together, calls inside them included.
    pub total: Duration,
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
    /// Half of the calls took no longer. Within 3 %, as the next two.
    pub p50: Duration,
    /// 95 of 100 calls took no longer.
    pub p95: Duration,
    /// 99 of 100 calls took no longer.
    pub p99: Duration,
}

impl ToolStatistics {
    /// Time of all ended calls by their number.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(
            u64::try_from(self.total.as_nanos() / u128::from(self.calls.max(1)))
                .unwrap_or(u64::MAX),
        )
    }
}
