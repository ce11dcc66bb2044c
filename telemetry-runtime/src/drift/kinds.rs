//! What an event can be: kinds, severities, states, measures, each with its name.
//!
//! A build that watches nothing has them too.

use std::fmt;

/// What kind of change an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DriftType {
    /// All calls have become slower or faster.
    Performance,
    /// The shape has changed: spread, tail, shares of fast and slow calls; or the rate of calls,
    /// the ratio of errors, the mix of callers.
    Pattern,
    /// A single call, or a burst of few.
    Anomaly,
}

/// How large a change is: under 15 %, under 30 %, under 50 %, more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Under 15 %.
    Low,
    /// From 15 %.
    Medium,
    /// From 30 %.
    High,
    /// From 50 %.
    Critical,
}

/// Where in the life of a change an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The change has begun.
    Drifted,
    /// The tool is back at its baseline.
    Recovered,
    /// What it changed to is the baseline from now on.
    Accepted,
}

/// The number an event compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// Median duration, ms.
    Median,
    /// 95th percentile of the duration, ms.
    P95,
    /// 99th percentile of the duration, ms.
    P99,
    /// Ratio of the 90th to the 10th percentile.
    Spread,
    /// Calls a second.
    CallRate,
    /// Share of calls that failed.
    ErrorRatio,
    /// Share of the caller whose share changed most.
    CallerShare,
    /// A single call's duration, ms; its baseline is the median.
    Duration,
}

impl Severity {
    /// The severity of a change of so many percent, whatever its sign. NaN is low.
    #[must_use]
    pub fn of_percent(deviation: f64) -> Self {
        match deviation.abs() {
            size if size >= 50.0 => Self::Critical,
            size if size >= 30.0 => Self::High,
            size if size >= 15.0 => Self::Medium,
            _ => Self::Low,
        }
    }
}

macro_rules! names {
    ($($of:ident { $($variant:ident = $name:literal),+ })+) => {
        $(
            impl $of {
                /// Every one.
                pub const ALL: &'static [Self] = &[$(Self::$variant),+];

                /// The name in JSON, labels and stores.
                #[must_use]
                pub fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $name),+
                    }
                }

                /// The one of that name.
                #[must_use]
                pub fn from_name(name: &str) -> Option<Self> {
                    match name {
                        $($name => Some(Self::$variant),)+
                        _ => None,
                    }
                }
            }

            impl fmt::Display for $of {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    Measure {
        Median = "median", P95 = "p95", P99 = "p99", Spread = "spread", CallRate = "call_rate",
        ErrorRatio = "error_ratio", CallerShare = "caller_share", Duration = "duration"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities() {
        let of = |percent| Severity::of_percent(percent).as_str();
        assert_eq!(
            [14.9, -15.0, 30.0, 50.0, f64::NAN].map(of),
            ["low", "medium", "high", "critical", "low"]
        );
    }
}
