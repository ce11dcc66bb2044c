//! What is watched for drift, and how closely.

use std::time::Duration;

/// `drift_*`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drift {
    /// `drift_detection_enabled`
    pub(crate) enabled: bool,
    /// What holds where no pattern of `tools` says otherwise.
    pub(crate) general: DriftRule,
    /// `drift_window_size`
    pub(crate) window_size: usize,
    /// `drift_accept_after`; `None`: never by itself.
    pub(crate) accept_after: Option<Duration>,
    /// `drift_season`
    pub(crate) season: DriftSeason,
    /// `drift_max_tools`
    pub(crate) max_tools: usize,
}

impl Drift {
    /// Takes over what can be changed while running.
    pub(crate) fn reload(&mut self, new: Self) {
        *self = Self {
            max_tools: self.max_tools,
            ..new
        };
    }
}

/// What `drift_season` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DriftSeason {
    /// A day, where the durations follow one.
    Auto,
    None,
    Period(Duration),
}

/// What may differ from tool to tool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DriftRule {
    /// `drift_threshold`, as a share.
    pub(crate) threshold: f64,
    /// `drift_false_alarms_per_day`
    pub(crate) false_alarms_per_day: f64,
    /// `drift_mute`
    pub(crate) mute: bool,
}
