//! The detector with streams whose truth is known, in simulated time.

use std::f64::consts::PI;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Detector, DetectorConfig, DriftType, Event, Outcome, Sample, Status};

fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// Box and Muller 1958.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (2.0 * PI * random.f64()).cos()
}

/// Events of so many calls, `gap` apart, each of `nanos` by its number.
fn events(
    detector: &mut Detector,
    calls: u64,
    gap: Duration,
    nanos: impl Fn(u64, &mut fastrand::Rng) -> f64,
) -> Vec<Event> {
    let mut random = fastrand::Rng::with_seed(5);
    let tool = detector.key("tool");
    for call in 0..calls {
        let at = start() + gap * call as u32;
        let nanos = nanos(call, &mut random) as u64;
        detector.record(tool, &Sample::new(nanos, Outcome::Success, at));
    }
    detector.drain_events()
}

/// Durations that rise by a third within four hours, as those of a day's morning do, are none of a drift:
/// neither one that is told, nor a hundred of them. What happens at once in the midst of it is.
#[test]
fn a_morning_is_no_drift() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(20);
    let (calls, change) = (4 * 3_600 * 50, 3 * 3_600 * 50);
    let told = events(&mut detector, calls, gap, |call, random| {
        let morning = 1.0 + 0.33 * call as f64 / calls as f64;
        let change = if call >= change { 1.3 } else { 1.0 };
        1e7 * morning * change * (0.3 * normal(random)).exp()
    });
    let [event] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(event.drift_type, DriftType::Performance);
    assert!((change..change + 200).contains(&event.metadata.sample));
}

/// A change of a twentieth is found sooner or later, and is too small to be told, however often it is
/// looked at.
#[test]
fn what_is_surely_too_small_is_not_told() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(10);
    let told = events(&mut detector, 60_000, gap, |call, random| {
        let change = if call >= 5_000 { 1.05 } else { 1.0 };
        1e7 * change * (0.3 * normal(random)).exp()
    });
    assert!(told.is_empty(), "{told:?}");
}

/// The same once, where it is asked for.
#[test]
fn how_small_is_a_setting() {
    let config = DetectorConfig {
        threshold: 0.03,
        ..DetectorConfig::default()
    };
    let mut detector = Detector::new(config).unwrap();
    let gap = Duration::from_millis(10);
    let told = events(&mut detector, 20_000, gap, |call, random| {
        let change = if call >= 5_000 { 1.06 } else { 1.0 };
        1e7 * change * (0.3 * normal(random)).exp()
    });
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].status, Status::Drifted);
}
