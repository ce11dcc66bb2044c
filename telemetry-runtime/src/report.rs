//! What a flush or a shutdown came to.

use std::fmt;

/// What has become of everything recorded since `init`, by signal.
///
/// ```no_run
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let telemetry = telemetry_runtime::init()?;
/// let report = telemetry.shutdown(std::time::Duration::from_secs(2));
/// if !report.is_complete() {
///     eprintln!("{report}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Spans.
    pub traces: SignalReport,
    /// Points of metrics.
    pub metrics: SignalReport,
    /// Log records.
    pub logs: SignalReport,
    /// Everything was tried before the deadline; what became of it is in the numbers.
    pub in_time: bool,
}

/// What has become of one signal. With several destinations, the sum over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalReport {
    /// Items that a destination took.
    pub delivered: u64,
    /// Items that were lost, for whatever cause: [`health`](crate::health) tells which.
    pub dropped: u64,
    /// Items that wait for a destination that has not taken them yet.
    pub waiting: u64,
    /// Attempts to send that failed, those that were tried again too.
    pub failed: u64,
}

impl Report {
    /// Of telemetry that is not there.
    pub(crate) fn nothing() -> Self {
        Self {
            in_time: true,
            ..Self::default()
        }
    }

    /// Nothing was lost, and nothing waits.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let whole = |signal: &SignalReport| signal.dropped == 0 && signal.waiting == 0;
        self.in_time
            && [&self.traces, &self.metrics, &self.logs]
                .into_iter()
                .all(whole)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spans: {}; metric points: {}", self.traces, self.metrics)?;
        if self.logs != SignalReport::default() {
            write!(f, "; log records: {}", self.logs)?;
        }
        f.write_str(if self.in_time {
            ""
        } else {
            "; the deadline came first"
        })
    }
}

impl fmt::Display for SignalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            delivered,
            dropped,
            waiting,
            failed,
        } = self;
        write!(f, "{delivered} delivered, {dropped} dropped")?;
        if *waiting > 0 {
            write!(f, ", {waiting} waiting")?;
        }
        if *failed > 0 {
            write!(f, ", {failed} failed attempts")?;
        }
        Ok(())
    }
}
