//! From the configuration to the detector's settings.

use std::sync::Arc;

use crate::config::{Calls, Config, Drift, DriftSeason};
use crate::drift::{DetectorConfig, Season, ToolSettings};

/// What holds for all tools, and what may differ from one to the other.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) detector: DetectorConfig,
    /// `drift_detection_enabled`
    pub(super) watches: bool,
    /// `traces_keep` has `drifting`.
    pub(super) keeps_examples: bool,
    drift: Drift,
    calls: Arc<Calls>,
}

impl Settings {
    pub(super) fn of(config: &Config) -> Self {
        let drift = &config.drift;
        let detector = DetectorConfig {
            threshold: drift.general.threshold,
            window_size: u32::try_from(drift.window_size).unwrap_or(u32::MAX),
            false_alarms_per_day: drift.general.false_alarms_per_day,
            season: match drift.season {
                DriftSeason::Auto => Season::Found,
                DriftSeason::None => Season::Off,
                DriftSeason::Period(period) => Season::Period(period),
            },
            accept_after: drift.accept_after,
            max_tools: drift.max_tools,
            service_version: config.service_version.clone(),
            environment: Some(config.environment.clone()),
            ..DetectorConfig::default()
        };
        Self {
            detector,
            watches: drift.enabled,
            keeps_examples: drift.enabled && config.calls.keep.drifting,
            drift: drift.clone(),
            calls: Arc::new(config.calls.clone()),
        }
    }

    /// Those of one tool.
    pub(super) fn tool(&self, name: &str) -> ToolSettings {
        let rule = self.calls.drift(name, self.drift.general);
        ToolSettings {
            threshold: Some(rule.threshold),
            false_alarms_per_day: Some(rule.false_alarms_per_day),
            muted: rule.mute,
            ..ToolSettings::default()
        }
    }
}
