//! What a detector is told: how sure, how large, how much.

use std::fmt;
use std::time::Duration;

use super::Season;

/// Settings of a [`Detector`](super::Detector); all defaults are valid.
///
/// ```
/// use telemetry_runtime::drift::{Detector, DetectorConfig};
///
/// let mut config = DetectorConfig::default();
/// config.threshold = 0.10;
/// assert!(Detector::new(config.clone()).is_ok());
/// config.threshold = -1.0;
/// let error = Detector::new(config).unwrap_err();
/// assert_eq!(error.to_string(), "drift threshold: -1 is not from 0 to 100");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DetectorConfig {
    /// The smallest change of a measure worth an event, as a share of the baseline: 0.15 is 15 % more or 15 %
    /// less (events say changes in percent, so this is no ratio: as one, 15 % less would be more than 15 % more).
    /// From 0 to 100.
    pub threshold: f64,
    /// At most so many calls since the change make an event's current values. From 1 to 1,000,000.
    pub window_size: u32,
    /// False alarms a day and tool, of all kinds together, that are accepted. With the tool's own
    /// rate it says how sure the detector must be. From 1e-6 to 1e6.
    pub false_alarms_per_day: f64,
    /// The same by calls instead of by the day: one false alarm in so many calls of a tool. For
    /// samples without times. From 100 to 1e15.
    pub calls_per_false_alarm: Option<f64>,
    /// Whether a period of the day is known, looked for, or ignored.
    pub season: Season,
    /// A change that stays for so long is the new normal. `None`: only by
    /// [`Detector::accept`](super::Detector::accept). At least a minute.
    pub accept_after: Option<Duration>,
    /// Tools watched at once; beyond it the least recently called one goes. From 1 to 1,000,000.
    /// A tool takes up to 64 KiB, where its durations lie within nine decades.
    pub max_tools: usize,
    /// Events kept for [`Detector::report`](super::Detector::report); the oldest go first.
    /// From 1 to 1,000,000.
    pub max_events: usize,
    /// Calls that have waited so long are looked at although fewer than four wait. From 100 ms to 1 h. Those of a tool
    /// that is called often wait until the next [`advance`](super::Detector::advance) at most.
    pub batch_timeout: Duration,
    /// Whether samples carry real times: without them there is no call rate to watch, and events
    /// say no `since`.
    pub timed: bool,
    /// Version of the running service, for events and baselines.
    pub service_version: Option<String>,
    /// Deployment environment, for events.
    pub environment: Option<String>,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            threshold: 0.15,
            window_size: 100,
            false_alarms_per_day: 0.1,
            calls_per_false_alarm: None,
            season: Season::Found,
            accept_after: Some(Duration::from_secs(86_400)),
            max_tools: 500,
            max_events: 1_000,
            batch_timeout: Duration::from_secs(5),
            timed: true,
            service_version: None,
            environment: None,
        }
    }
}

/// Settings of one tool, where they differ from the detector's.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ToolSettings {
    /// As [`DetectorConfig::threshold`].
    pub threshold: Option<f64>,
    /// As [`DetectorConfig::window_size`].
    pub window_size: Option<u32>,
    /// As [`DetectorConfig::false_alarms_per_day`].
    pub false_alarms_per_day: Option<f64>,
    /// It is watched, but raises no events.
    pub muted: bool,
}

/// A setting that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl DetectorConfig {
    /// Whether all is in range.
    ///
    /// # Errors
    ///
    /// Names the first setting that is not, its value and the range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        within("threshold", self.threshold, 0.0, 100.0)?;
        within("window_size", f64::from(self.window_size), 1.0, 1e6)?;
        within("false_alarms_per_day", self.false_alarms_per_day, 1e-6, 1e6)?;
        if let Some(calls) = self.calls_per_false_alarm {
            within("calls_per_false_alarm", calls, 100.0, 1e15)?;
        }
        within("max_tools", self.max_tools as f64, 1.0, 1e6)?;
        within("max_events", self.max_events as f64, 1.0, 1e6)?;
        within(
            "batch_timeout",
            self.batch_timeout.as_secs_f64(),
            0.1,
            3600.0,
        )?;
        if let Season::Period(period) = self.season {
            within("season period in seconds", period.as_secs_f64(), 1.0, 3.2e7)?;
        }
        if let Some(after) = self.accept_after {
            within(
                "accept_after in seconds",
                after.as_secs_f64(),
                60.0,
                f64::MAX,
            )?;
        }
        Ok(())
    }
}

impl ToolSettings {
    /// Whether all is in range.
    ///
    /// # Errors
    ///
    /// As [`DetectorConfig::validate`].
    pub fn validate(&self) -> Result<(), ConfigError> {
        let defaults = DetectorConfig::default();
        DetectorConfig {
            threshold: self.threshold.unwrap_or(defaults.threshold),
            window_size: self.window_size.unwrap_or(defaults.window_size),
            false_alarms_per_day: self
                .false_alarms_per_day
                .unwrap_or(defaults.false_alarms_per_day),
            ..defaults
        }
        .validate()
    }
}

fn within(what: &str, value: f64, min: f64, max: f64) -> Result<(), ConfigError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ConfigError(format!(
        "drift {what}: {value} is not from {min} to {max}"
    )))
}
