//! A baseline: what is normal for one tool of one service, environment and version.

use std::time::{Duration, SystemTime};

use super::histogram::nanos_at;
use super::{BaselineStats, Histogram};

/// Whose baseline it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaselineKey {
    /// `service.name`.
    pub service: String,
    /// The tool.
    pub tool: String,
    /// `deployment.environment.name`.
    pub environment: String,
    /// `service.version`; empty where it is not known.
    pub version: String,
}

/// What is normal for one tool: what a store keeps.
///
/// Two processes' baselines of the same key become one by [`merge`](Self::merge): counts are
/// added, so that the result is what one process would have learned from all calls. To add the
/// same calls only once, give the store what
/// [`Detector::drain_growth`](super::Detector::drain_growth) gives.
///
/// ```
/// use telemetry_runtime::drift::Baseline;
///
/// let baseline = Baseline::default();
/// let bytes = baseline.to_bytes();
/// assert_eq!(Baseline::from_bytes(&bytes)?, baseline);
/// # Ok::<(), telemetry_runtime::drift::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    pub(super) durations: Histogram,
    /// Successes and errors.
    pub(super) calls: u64,
    pub(super) errors: u64,
    /// For how long calls were counted, with how many of them: the rate.
    pub(super) watched: Duration,
    pub(super) counted: u64,
    /// Dependence in time: by how much correlated calls know less than independent ones.
    pub(super) inflation: Inflation,
    pub(super) season: Option<SeasonProfile>,
    pub(super) updated_at: SystemTime,
}

/// Long-run variance ratios, learned from `calls` calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Inflation {
    pub(super) calls: u64,
    /// One a template, at least 1; empty while unknown.
    pub(super) ratios: Vec<f32>,
}

/// Whether a tool's durations follow a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Season {
    /// They do not.
    Off,
    /// A day is looked for, and taken out where it is there.
    Found,
    /// This period is taken out, from its second cycle on.
    Period(Duration),
}

/// The part of log-durations that follows a period.
#[derive(Clone, Debug, PartialEq)]
pub struct SeasonProfile {
    pub(super) period: Duration,
    /// For each phase of the period, what to take off: buckets of 2.2 %.
    pub(super) offsets: Vec<f32>,
    /// Calls it was learned from.
    pub(super) calls: u64,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            durations: Histogram::default(),
            calls: 0,
            errors: 0,
            watched: Duration::ZERO,
            counted: 0,
            inflation: Inflation::default(),
            season: None,
            updated_at: SystemTime::UNIX_EPOCH,
        }
    }
}

impl Baseline {
    /// Durations of successful calls, with the season taken out.
    #[must_use]
    pub fn durations(&self) -> &Histogram {
        &self.durations
    }

    /// Calls that it knows, errors included and cancelled ones not.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Share of calls that failed.
    #[must_use]
    pub fn error_ratio(&self) -> f64 {
        self.errors as f64 / self.calls.max(1) as f64
    }

    /// Calls a second, all processes' mean; `None` while no time was watched.
    #[must_use]
    pub fn calls_per_second(&self) -> Option<f64> {
        (!self.watched.is_zero()).then(|| self.counted as f64 / self.watched.as_secs_f64())
    }

    /// The season, where one is known.
    #[must_use]
    pub fn season(&self) -> Option<&SeasonProfile> {
        self.season.as_ref()
    }

    /// When it last learned something.
    #[must_use]
    pub fn updated_at(&self) -> SystemTime {
        self.updated_at
    }

    /// Adds what another process has learned of the same tool. Counts are added exactly;
    /// dependence in time is the mean by calls; of two seasons the better known stays.
    pub fn merge(&mut self, other: &Self) {
        self.durations.merge(&other.durations);
        self.calls = self.calls.saturating_add(other.calls);
        self.errors = self.errors.saturating_add(other.errors);
        self.watched = self.watched.saturating_add(other.watched);
        self.counted = self.counted.saturating_add(other.counted);
        self.inflation.merge(&other.inflation);
        let known =
            |season: &Option<SeasonProfile>| season.as_ref().map_or(0, |season| season.calls);
        if known(&other.season) > known(&self.season) {
            self.season.clone_from(&other.season);
        }
        self.updated_at = self.updated_at.max(other.updated_at);
    }
}

impl Inflation {
    fn merge(&mut self, other: &Self) {
        if self.ratios.len() != other.ratios.len() {
            if other.calls > self.calls {
                self.clone_from(other);
            }
            return;
        }
        let calls = self.calls.saturating_add(other.calls);
        let share = other.calls as f32 / calls.max(1) as f32;
        for (ratio, theirs) in self.ratios.iter_mut().zip(&other.ratios) {
            *ratio += (theirs - *ratio) * share;
        }
        self.calls = calls;
    }
}

impl SeasonProfile {
    /// The period.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }

    /// How much longer than usual calls take in each phase, as a factor, from the phase that
    /// begins at a multiple of the period since 1970.
    pub fn factors(&self) -> impl Iterator<Item = f64> + '_ {
        let octaves = self
            .offsets
            .iter()
            .map(|offset| f64::from(*offset) / super::histogram::PER_OCTAVE as f64);
        octaves.map(f64::exp2)
    }
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
