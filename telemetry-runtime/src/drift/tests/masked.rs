//! Changes that something else could hide: what the baseline has seen already, and a change that was told.

use std::time::Duration;

use super::{events, normal};
use crate::drift::{Detector, DetectorConfig, DriftType, Event, Status};

/// Times a call by the number of the call; a fiftieth of all calls are slow, ten in a row.
fn with_slow_ones(change: impl Fn(u64) -> f64, config: DetectorConfig) -> Vec<Event> {
    let mut detector = Detector::new(config).unwrap();
    let gap = Duration::from_millis(20);
    let mut told = events(&mut detector, 12_000, gap, |call, random| {
        let slow = if call / 10 % 50 == 7 { 4.0 } else { 1.0 };
        let nanos = 1e6 * (0.05 * normal(random)).exp();
        nanos * f64::max(slow, change(call))
    });
    told.retain(|event| event.drift_type != DriftType::Anomaly);
    told
}

fn between(call: u64, factor: f64) -> f64 {
    if (4_000..8_000).contains(&call) {
        factor
    } else {
        1.0
    }
}

fn sentences(events: &[Event]) -> String {
    let sentence = |event: &Event| format!("{}: {}\n", event.metadata.sample, event.description);
    events.iter().map(sentence).collect()
}

fn is_told(event: &Event, drift_type: DriftType, from: u64) -> bool {
    event.drift_type == drift_type
        && event.status == Status::Drifted
        && (from..from + 200).contains(&event.metadata.sample)
}

/// The slow calls of always lie where the change puts all others: no duration is new, and what is new is
/// that all are like that.
#[test]
fn a_change_to_what_slow_calls_have_always_taken_is_told() {
    let told = with_slow_ones(|call| between(call, 4.0), DetectorConfig::default());
    let [slower, back] = told.as_slice() else {
        panic!("{}", sentences(&told));
    };
    assert!(is_told(slower, DriftType::Performance, 4_000), "{slower:?}");
    assert!((200.0..400.0).contains(&slower.deviation_percent));
    assert_eq!(back.status, Status::Recovered);
    assert!((8_000..8_200).contains(&back.metadata.sample), "{back:?}");
}

/// A tail that was told is evidence for all that is slower, and would hide it. When all are back, the tail
/// still is longer, and is told again.
#[test]
fn a_change_that_was_told_hides_no_larger_one() {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let gap = Duration::from_millis(20);
    let mut told = events(&mut detector, 12_000, gap, |call, random| {
        let nanos = 1e6 * (0.25 * normal(random)).exp();
        let longer = (3_000..10_000).contains(&call) && nanos > 1.5e6;
        nanos
            * if longer {
                3.0
            } else {
                between(call + 500, 4.0)
            }
    });
    told.retain(|event| event.drift_type != DriftType::Anomaly);
    let [tail, slower, back, tail_again, over] = told.as_slice() else {
        panic!("{}", sentences(&told));
    };
    assert!(is_told(tail, DriftType::Pattern, 3_000), "{tail:?}");
    assert!(is_told(slower, DriftType::Performance, 3_500), "{slower:?}");
    assert!((200.0..400.0).contains(&slower.deviation_percent));
    assert_eq!(back.status, Status::Recovered, "{back:?}");
    assert!((7_500..7_600).contains(&back.metadata.sample), "{back:?}");
    assert!(is_told(tail_again, DriftType::Pattern, 7_500));
    assert_eq!(over.status, Status::Recovered, "{over:?}");
    assert!((10_000..10_300).contains(&over.metadata.sample), "{over:?}");
}

/// A tool that is asked for doublings hears of nothing that is less, however few calls have shown it.
#[test]
fn what_is_estimated_at_less_than_half_of_the_threshold_is_not_told() {
    for factor in [0.8, 1.2, 1.4] {
        let config = DetectorConfig {
            threshold: 1.0,
            ..DetectorConfig::default()
        };
        let told = with_slow_ones(|call| between(call, factor), config);
        assert!(told.is_empty(), "{factor}: {}", sentences(&told));
    }
}
