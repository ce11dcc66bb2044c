//! The detector with streams whose truth is known, in simulated time.

mod fast;
mod masked;

use std::f64::consts::PI;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::drift::{Detector, DetectorConfig, DriftType, Event, Measure, Outcome, Sample, Status};

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

/// The usual calls of these tests, 10 ms apart.
fn usual(random: &mut fastrand::Rng) -> f64 {
    1e7 * (0.3 * normal(random)).exp()
}

#[test]
fn a_burst_is_an_anomaly_and_no_drift() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(10);
    let told = events(&mut detector, 10_000, gap, |call, random| {
        let burst = if (5_000..5_020).contains(&call) {
            5.0
        } else {
            1.0
        };
        burst * usual(random)
    });
    let kinds: Vec<DriftType> = told.iter().map(|event| event.drift_type).collect();
    assert_eq!(kinds, [DriftType::Anomaly], "{told:?}");
}

/// A burst that ends within some calls is none either where other evidence had been gathered before.
#[test]
fn bursts_are_seldom_drift() {
    let told = (0..20).filter(|seed| {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let mut random = fastrand::Rng::with_seed(*seed);
        let tool = detector.key("tool");
        for call in 0..7_000_u32 {
            let burst = if (6_000..6_020).contains(&call) {
                5.0
            } else {
                1.0
            };
            let nanos = (burst * usual(&mut random)) as u64;
            let at = start() + Duration::from_millis(10) * call;
            detector.record(tool, &Sample::new(nanos, Outcome::Success, at));
        }
        let told = detector.drain_events();
        told.iter()
            .any(|event| event.drift_type != DriftType::Anomaly)
    });
    let told = told.count();
    assert!(told <= 5, "{told} of 20");
}

/// Of a tool that is hardly known: that it is twice as slow is told at once, and not as of its first calls.
#[test]
fn the_first_change_of_a_new_tool_has_not_begun_with_it() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(100);
    let told = events(&mut detector, 120, gap, |call, random| {
        let change = if call < 50 { 1.0 } else { 2.0 };
        1e7 * change * (0.2 * normal(random)).exp()
    });
    let first = told.first().expect("it is told");
    assert!((51..=70).contains(&first.metadata.sample), "{first:?}");
    for event in &told {
        assert!(event.metadata.sample_since >= 40, "{event:?}");
        assert!(event.deviation_percent > 60.0, "{event:?}");
    }
}

/// One call in fifty takes three times as long: the median knows nothing of it.
#[test]
fn a_longer_tail_is_a_pattern() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(10);
    let told = events(&mut detector, 6_000, gap, |call, random| {
        let nanos = usual(random);
        if call >= 5_000 && nanos > 1.85e7 {
            3.0 * nanos
        } else {
            nanos
        }
    });
    let [event] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(event.drift_type, DriftType::Pattern);
    assert!(event.metadata.sample <= 5_500, "{event:?}");
}

#[test]
fn durations_that_are_none_are_counted_and_teach_nothing() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    for (call, ms) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.001]
        .into_iter()
        .cycle()
        .take(5_000)
        .enumerate()
    {
        let at = start() + Duration::from_millis(10 * call as u64);
        assert!(!detector.observe_ms("tool", ms, Outcome::Success, at));
    }
    assert_eq!(detector.counters().rejected, 5_000);
    assert!(detector.baseline_stats("tool").is_none());
}

/// From nothing to the age of the universe: each is a duration, no sum overflows, and what was learned
/// before is still right.
#[test]
fn the_shortest_and_the_longest_durations_poison_nothing() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(10);
    events(&mut detector, 5_000, gap, |_, random| usual(random));
    let before = detector.baseline_stats("tool").unwrap();
    for call in 0..200 {
        let at = start() + Duration::from_secs(60) + gap * call;
        let ms = [0.0, 1e-300, f64::MAX, 4e17][call as usize % 4];
        assert!(detector.observe_ms("tool", ms, Outcome::Success, at));
        detector.observe("tool", u64::MAX, Outcome::Success, at);
    }
    let after = detector.baseline_stats("tool").unwrap();
    assert!((after.p50_ms / before.p50_ms - 1.0).abs() < 0.05);
    let told = detector.drain_events();
    assert!(!told.is_empty() && told.len() < 5, "{told:?}");
    assert!(told.iter().all(|event| event.current_value.is_finite()));
}

/// A clock that is set back and forth, by seconds and by years.
#[test]
fn a_clock_that_jumps_is_no_drift() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let tool = detector.key("tool");
    let mut random = fastrand::Rng::with_seed(9);
    for call in 0..20_000_u64 {
        let jump = match call / 2_000 % 5 {
            1 => 5.0,
            2 => -30.0,
            3 => 3e8,
            4 => -3e8,
            _ => 0.0,
        };
        let seconds = 1.7e9 + jump + 0.01 * call as f64;
        let at = UNIX_EPOCH + Duration::from_secs_f64(seconds);
        let nanos = usual(&mut random) as u64;
        detector.record(tool, &Sample::new(nanos, Outcome::Success, at));
    }
    // Years ahead and before 1970 as well.
    for at in [
        UNIX_EPOCH + Duration::from_secs(1 << 40),
        UNIX_EPOCH - Duration::from_secs(1),
    ] {
        detector.observe("tool", 10_000_000, Outcome::Success, at);
        detector.advance(at);
    }
    let told = detector.drain_events();
    assert!(told.is_empty(), "{told:?}");
}

/// The lid was closed for a night.
#[test]
fn sleep_is_no_change_of_the_rate() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let tool = detector.key("tool");
    let mut random = fastrand::Rng::with_seed(11);
    for call in 0..60_000_u64 {
        let slept = if call >= 30_000 { 8 * 3_600 } else { 0 };
        let at = start() + Duration::from_secs(slept) + Duration::from_millis(20 * call);
        // What had been put out of memory comes back slowly.
        let cold = if (30_000..30_030).contains(&call) {
            3.0
        } else {
            1.0
        };
        let nanos = cold * usual(&mut random);
        detector.record(tool, &Sample::new(nanos as u64, Outcome::Success, at));
    }
    let told = detector.drain_events();
    assert!(told.is_empty(), "{told:?}");
}

/// A process that starts again with cold caches is compared with what is known, and its first calls
/// tell nothing.
#[test]
fn a_restart_with_cold_caches_is_no_drift() {
    let mut old = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(10);
    events(&mut old, 5_000, gap, |_, random| usual(random));
    let mut new = Detector::new(DetectorConfig::default()).unwrap();
    new.import_baselines(Some("1"), old.export_baselines());
    let told = events(&mut new, 5_000, gap, |call, random| {
        let cold = if call < 50 { 4.0 } else { 1.0 };
        cold * usual(random)
    });
    assert!(told.is_empty(), "{told:?}");
}

/// Names that never end: those called last are kept, the others are counted.
#[test]
fn a_million_names_take_the_room_of_a_few() {
    let config = DetectorConfig {
        max_tools: 100,
        ..DetectorConfig::default()
    };
    let mut detector = Detector::new(config).unwrap();
    for name in 0..1_000_000_u32 {
        let at = start() + Duration::from_micros(name.into());
        // The one that is called all the time stays.
        if name % 50 == 0 {
            detector.observe("busy", 1_000_000, Outcome::Success, at);
        }
        if name < 20_000 || name % 100 == 0 {
            detector.observe(&format!("{name}"), 1_000_000, Outcome::Success, at);
        }
    }
    assert_eq!(detector.tools().count(), 100);
    assert!(detector.tools().any(|tool| tool == "busy"));
    assert!(detector.counters().evicted > 20_000);
}

/// However far: what moves all calls is told as that, whichever template saw it first, and its return
/// at once.
#[test]
fn what_moves_all_calls_is_no_matter_of_the_tail() {
    for factor in [3.0, 7.0, 50.0] {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let gap = Duration::from_millis(10);
        let told = events(&mut detector, 6_000, gap, |call, random| {
            let change = if (2_000..4_000).contains(&call) {
                factor
            } else {
                1.0
            };
            let slow = if random.f64() < 0.02 { 6.0 } else { 1.0 };
            2e3 * change * slow * (0.2 * normal(random)).exp()
        });
        let lasting = |event: &&Event| event.drift_type != DriftType::Anomaly;
        let [drifted, recovered] = told.iter().filter(lasting).collect::<Vec<_>>()[..] else {
            panic!("{factor}: {told:?}");
        };
        assert_eq!(drifted.drift_type, DriftType::Performance, "{drifted:?}");
        assert_eq!(drifted.metadata.measure, Measure::Median);
        assert!((drifted.deviation_percent / 100.0 + 1.0 - factor).abs() < 0.2 * factor);
        assert_eq!(recovered.status, Status::Recovered);
        assert!(
            (4_000..4_100).contains(&recovered.metadata.sample),
            "{recovered:?}"
        );
    }
}
