//! A tool's numbers for people: reports, tests, decisions at run time.

use std::time::Duration;

use super::aggregate::Aggregate;
use crate::call::Outcome;

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
    /// `None` for a tool without calls.
    pub(super) fn of(name: &str, aggregate: &Aggregate, active: i64) -> Option<Self> {
        let calls = aggregate.count(|_| true);
        let (total, min, max) = match aggregate.totals() {
            None if active > 0 => (0, 0, 0),
            totals => totals?,
        };
        let quantile =
            |q| Duration::from_nanos(aggregate.sketch.quantile(q).unwrap_or(0).clamp(min, max));
        Some(Self {
            name: name.to_owned(),
            calls,
            errors: aggregate.count(Outcome::is_error),
            cancelled: aggregate.count(|outcome| outcome == Outcome::Cancelled),
            slow: aggregate.slow,
            active: u64::try_from(active).unwrap_or(0),
            total: Duration::from_nanos(total),
            min: Duration::from_nanos(min),
            max: Duration::from_nanos(max),
            p50: quantile(0.5),
            p95: quantile(0.95),
            p99: quantile(0.99),
        })
    }

    /// Time of all ended calls by their number.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(
            u64::try_from(self.total.as_nanos() / u128::from(self.calls.max(1)))
                .unwrap_or(u64::MAX),
        )
    }
}
