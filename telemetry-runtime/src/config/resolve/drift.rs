//! How changes are looked for.

use std::time::Duration;

use super::count;
use crate::config::features;
use crate::config::layers::Layers;
use crate::config::settings::{Drift, DriftRule, DriftSeason};

pub(super) fn drift(layers: &Layers) -> Drift {
    Drift {
        enabled: layers.flag("drift_detection_enabled") && features::has("drift"),
        general: DriftRule {
            threshold: layers.number("drift_threshold"),
            false_alarms_per_day: layers.number("drift_false_alarms_per_day"),
            mute: false,
        },
        window_size: count(layers, "drift_window_size"),
        accept_after: match layers.integer("drift_accept_after") {
            0 => None,
            minutes => Some(Duration::from_secs(60 * minutes)),
        },
        season: season(layers.choice("drift_season")),
        max_tools: count(layers, "drift_max_tools"),
    }
}

/// By its name in the table.
fn season(name: &str) -> DriftSeason {
    const HOUR: u64 = 3600;
    let period = |hours| DriftSeason::Period(Duration::from_secs(hours * HOUR));
    match name {
        "none" => DriftSeason::None,
        "hour" => period(1),
        "day" => period(24),
        "week" => period(7 * 24),
        _ => DriftSeason::Auto,
    }
}
