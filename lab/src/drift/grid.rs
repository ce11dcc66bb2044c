//! The grid: every distribution with every change, many seeds each.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use telemetry_runtime::drift::{
    Detector, DetectorConfig, DriftType, Event, Outcome, Season, Status,
};

use super::streams::{CHANGE_AT, Change, Distribution, SEASON_CALLS, stream};

/// Between two calls of a stream.
const BETWEEN: Duration = Duration::from_millis(100);

/// What one detector did in one cell of the grid.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// Calls from the change to the event that tells it, of streams in which none was told before.
    pub(crate) delays: Vec<Option<usize>>,
    /// The same to the first anomaly.
    pub(crate) anomalies: Vec<Option<usize>>,
    pub(crate) calls: usize,
    /// Events before the change, or without one: drift, anomalies.
    pub(crate) false_drifts: usize,
    pub(crate) false_anomalies: usize,
    /// Kinds of the events that told the change.
    pub(crate) kinds: BTreeMap<&'static str, usize>,
}

pub(crate) fn config(distribution: Distribution, calls_per_false_alarm: f64) -> DetectorConfig {
    let mut config = DetectorConfig::default();
    config.threshold = 0.0;
    config.calls_per_false_alarm = Some(calls_per_false_alarm);
    if distribution == Distribution::Season {
        config.season = Season::Period(BETWEEN * SEASON_CALLS as u32);
    }
    config
}

/// All events of one stream.
pub(crate) fn events(
    distribution: Distribution,
    change: Change,
    seed: u64,
    config: DetectorConfig,
) -> Vec<Event> {
    let mut detector = Detector::new(config).expect("the lab's configuration is valid");
    let tool = detector.key("tool");
    let mut at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for nanos in stream(distribution, change, seed) {
        at += BETWEEN;
        detector.record(
            tool,
            &telemetry_runtime::drift::Sample::new(nanos, Outcome::Success, at),
        );
    }
    detector.drain_events()
}

pub(crate) fn cell(
    distribution: Distribution,
    change: Change,
    seeds: Range<u64>,
    calls_per_false_alarm: f64,
) -> Cell {
    let mut cell = Cell::default();
    for seed in seeds {
        let events = events(
            distribution,
            change,
            seed,
            config(distribution, calls_per_false_alarm),
        );
        let told = events
            .iter()
            .filter(|event| event.status == Status::Drifted);
        let (anomalies, drifts): (Vec<&Event>, Vec<&Event>) =
            told.partition(|event| event.drift_type == DriftType::Anomaly);
        let before = |event: &&&Event| event.metadata.sample <= CHANGE_AT as u64;
        let after = |events: &[&Event]| {
            let after = events
                .iter()
                .find(|event| event.metadata.sample > CHANGE_AT as u64);
            after.map(|event| event.metadata.sample as usize - CHANGE_AT)
        };
        if change == Change::None {
            cell.calls += super::streams::CALLS;
            cell.false_drifts += drifts.len();
            cell.false_anomalies += anomalies.len();
            for event in &drifts {
                *cell
                    .kinds
                    .entry(event.metadata.measure.as_str())
                    .or_default() += 1;
            }
            continue;
        }
        cell.calls += CHANGE_AT;
        let early = drifts.iter().filter(before).count();
        cell.false_drifts += early;
        cell.false_anomalies += anomalies.iter().filter(before).count();
        if early == 0 {
            cell.delays.push(after(&drifts));
            cell.anomalies.push(after(&anomalies));
            if let Some(event) = drifts.first() {
                *cell.kinds.entry(event.drift_type.as_str()).or_default() += 1;
            }
        }
    }
    cell
}

/// A quantile; streams without an event count as endless.
pub(crate) fn quantile(delays: &[Option<usize>], q: f64) -> Option<f64> {
    let mut all: Vec<f64> = delays
        .iter()
        .map(|delay| delay.map_or(f64::INFINITY, |delay| delay as f64))
        .collect();
    all.sort_unstable_by(f64::total_cmp);
    let place = q * (all.len().checked_sub(1)? as f64);
    let (low, high) = (all[place as usize], all[place.ceil() as usize]);
    let between = low + (high - low) * place.fract();
    between.is_finite().then_some(between)
}
