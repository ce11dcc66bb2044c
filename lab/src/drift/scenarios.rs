//! Scenarios: a week, ten busy minutes, a change and its return, young baselines.

use std::f64::consts::PI;
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use telemetry_runtime::drift::{
    Detector, DetectorConfig, DriftType, Event, Outcome, Sample, Status,
};

use super::grid::{self, quantile};
use super::streams::{Change, Distribution, normal};

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn detector() -> Detector {
    Detector::new(DetectorConfig::default()).expect("the default is valid")
}

/// +30 % for 2,500 calls and back, shipped default. Gives runs with exactly the two events, runs in
/// which the change or its return raised anything else or was missed, by distribution.
pub(crate) fn change_and_return(seeds: std::ops::Range<u64>) -> Vec<(Distribution, usize, usize)> {
    Distribution::ALL
        .iter()
        .map(|distribution| {
            let mut config = grid::config(*distribution, 1e5);
            config.threshold = DetectorConfig::default().threshold;
            config.calls_per_false_alarm = None;
            let exact = seeds.clone().filter(|seed| {
                let events = grid::events(*distribution, Change::Return, *seed, config.clone());
                let caused: Vec<&Event> = events.iter().filter(|event| event.metadata.sample > 5_000).collect();
                matches!(caused.as_slice(), [a, b] if a.status == Status::Drifted && b.status == Status::Recovered)
            });
            (*distribution, exact.count(), seeds.clone().count())
        })
        .collect()
}

/// A baseline of `known` calls, then a shift. Gives the median calls to the first event that tells it,
/// and false events a call while so little is known.
pub(crate) fn young(
    distribution: Distribution,
    known: usize,
    factor: f64,
    seeds: std::ops::Range<u64>,
) -> (Option<f64>, f64) {
    let (mut delays, mut wrong, mut calls) = (Vec::new(), 0, 0);
    for seed in seeds {
        let mut detector = Detector::new(grid::config(distribution, 1e5)).expect("valid");
        let tool = detector.key("tool");
        let mut at = start();
        for (call, nanos) in super::streams::stream(distribution, Change::None, seed)
            .into_iter()
            .take(known + 400)
            .enumerate()
        {
            at += Duration::from_millis(100);
            let nanos = if call < known {
                nanos
            } else {
                (nanos as f64 * factor) as u64
            };
            detector.record(tool, &Sample::new(nanos, Outcome::Success, at));
        }
        let events = detector.drain_events();
        let early = events
            .iter()
            .filter(|event| event.metadata.sample <= known as u64)
            .count();
        wrong += early;
        calls += known;
        if early == 0 {
            delays.push(
                events
                    .first()
                    .map(|event| event.metadata.sample as usize - known),
            );
        }
    }
    (quantile(&delays, 0.5), wrong as f64 / calls as f64)
}

/// Ten minutes of 1,000 calls a second of each of 100 tools, the shipped default; then +15 % on one of
/// them for a minute. Gives the events of the ten minutes, and those of the minute.
pub(crate) fn ten_minutes(seed: u64) -> (Vec<Event>, Vec<Event>) {
    const TOOLS: usize = 100;
    let mut rng = Rng::with_seed(seed);
    let mut detector = detector();
    let keys: Vec<_> = (0..TOOLS)
        .map(|tool| detector.key(&format!("tool_{tool:02}")))
        .collect();
    let spreads = [0.25, 0.5, 1.0, 0.3];
    // A table of normal quantiles: a hundred million logarithms would take longer than the detector.
    let table: Vec<f64> = (0..1 << 16).map(|_| normal(&mut rng)).collect();
    let factors: Vec<Vec<u32>> = spreads
        .iter()
        .map(|spread| {
            table
                .iter()
                .map(|z| (1e6 * (spread * z).exp()) as u32)
                .collect()
        })
        .collect();
    let calls = |seconds: u64| seconds * 1_000 * TOOLS as u64;
    let mut quiet = Vec::new();
    for call in 0..calls(660) {
        if call == calls(600) {
            quiet = detector.drain_events();
        }
        let tool = rng.usize(..TOOLS);
        let mut nanos = u64::from(factors[tool % 4][rng.usize(..1 << 16)]) * (1 + tool as u64 % 7);
        if call >= calls(600) && tool == 40 {
            nanos = nanos * 115 / 100;
        }
        let at = start() + Duration::from_nanos(call * 10_000);
        detector.record(keys[tool], &Sample::new(nanos, Outcome::Success, at));
    }
    (quiet, detector.drain_events())
}

/// A week at 1,000 calls a second whose durations follow the day by ±30 %, and +15 % from the noon of
/// the sixth day on. Gives the events, and the seconds from the change to the event that tells it.
pub(crate) fn week(seed: u64) -> (Vec<Event>, Option<f64>) {
    const RATE: u64 = 1_000;
    let mut rng = Rng::with_seed(seed);
    let mut detector = detector();
    let tool = detector.key("tool");
    let table: Vec<f64> = (0..1 << 16)
        .map(|_| 1e7 * (0.3 * normal(&mut rng)).exp())
        .collect();
    let changed = start() + Duration::from_secs(5 * 86_400 + 43_200);
    for second in 0..7 * 86_400_u64 {
        let now = start() + Duration::from_secs(second);
        let season = 1.0 + 0.3 * (2.0 * PI * second as f64 / 86_400.0).sin();
        let factor = season * if now >= changed { 1.15 } else { 1.0 };
        for call in 0..RATE {
            let nanos = (table[rng.usize(..1 << 16)] * factor) as u64;
            let at = now + Duration::from_nanos(call * 1_000_000);
            detector.record(tool, &Sample::new(nanos, Outcome::Success, at));
        }
    }
    let events = detector.drain_events();
    let told = events
        .iter()
        .find(|event| event.timestamp >= changed && event.drift_type == DriftType::Performance);
    let after = told.and_then(|event| event.timestamp.duration_since(changed).ok());
    let after = after.map(|after| after.as_secs_f64());
    (events, after)
}
