//! Tools that are called so often that their calls are looked at many at a time.

use std::time::Duration;

use super::{events, normal, start};
use crate::TraceId;
use crate::drift::{Detector, DetectorConfig, DriftType, Event, Measure, Outcome, Sample, Status};

/// 10,000 calls a second.
const GAP: Duration = Duration::from_micros(100);
/// Calls after which the rate is known.
const KNOWN: u64 = 30_000;

fn usual(random: &mut fastrand::Rng) -> f64 {
    1e7 * (0.25 * normal(random)).exp()
}

/// A detector that has seen so many calls as usual, and told nothing of them.
fn at_work() -> Detector {
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let told = events(&mut detector, KNOWN, GAP, |_, random| usual(random));
    assert!(told.is_empty(), "{told:?}");
    detector
}

fn one(detector: &mut Detector, call: u64, nanos: f64, outcome: Outcome) {
    let at = start() + GAP * call as u32;
    detector.observe("tool", nanos as u64, outcome, at);
}

/// A change and its return are told once each, within some calls more than of a tool that is seldom called.
#[test]
fn a_change_and_its_return_are_told() {
    for gap in [GAP, Duration::from_millis(100)] {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let told = events(&mut detector, 3 * KNOWN, gap, |call, random| {
            let change = if call / KNOWN == 1 { 1.3 } else { 1.0 };
            change * usual(random)
        });
        let [change, back] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(change.drift_type, DriftType::Performance);
        assert!((KNOWN..KNOWN + 400).contains(&change.metadata.sample));
        assert!(change.metadata.sample_since.abs_diff(KNOWN) < 100);
        assert_eq!(back.status, Status::Recovered);
        assert!((2 * KNOWN..2 * KNOWN + 400).contains(&back.metadata.sample));
    }
}

/// Fifty calls, of which more were to come: they are looked at nevertheless.
#[test]
fn what_waits_when_calls_end_is_looked_at_within_a_second() {
    let mut detector = at_work();
    let last = KNOWN + 50;
    (KNOWN..last).for_each(|call| one(&mut detector, call, 5e7, Outcome::Success));
    detector.advance(start() + GAP * last as u32 + Duration::from_secs(1));
    let kinds: Vec<DriftType> = detector
        .drain_events()
        .iter()
        .map(|event| event.drift_type)
        .collect();
    assert_eq!(kinds, [DriftType::Anomaly]);
}

#[test]
fn that_all_calls_fail_is_told_at_once() {
    let mut detector = at_work();
    let told = (KNOWN..KNOWN + 1_000).find_map(|call| {
        one(&mut detector, call, 1e7, Outcome::Error);
        detector.drain_events().into_iter().next()
    });
    let told = told.expect("it is told within a tenth of a second");
    assert_eq!(told.metadata.measure, Measure::ErrorRatio);
}

/// The number of the call that an event is about is not that of the newest that waits.
#[test]
fn a_single_call_is_told_by_its_number() {
    let mut detector = at_work();
    let mut random = fastrand::Rng::with_seed(6);
    let slow = KNOWN + 7;
    for call in KNOWN..KNOWN + 1_000 {
        let nanos = if call == slow {
            1e10
        } else {
            usual(&mut random)
        };
        one(&mut detector, call, nanos, Outcome::Success);
    }
    let told = detector.drain_events();
    let [event] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(event.metadata.measure, Measure::Duration);
    assert_eq!(event.metadata.sample, slow + 1);
}

/// What is told of calls that waited is told of the time when they ended, not of the next call's.
#[test]
fn what_waits_is_of_its_own_time() {
    for gap in [20, 7_200] {
        let mut detector = at_work();
        let last = KNOWN + 50;
        (KNOWN..last).for_each(|call| one(&mut detector, call, 5e7, Outcome::Success));
        let then = start() + GAP * last as u32;
        let next = then + Duration::from_secs(gap);
        detector.observe("tool", 10_000_000, Outcome::Success, next);
        let told = detector.drain_events();
        let [event] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(event.drift_type, DriftType::Anomaly);
        assert!(event.timestamp <= then, "{event:?}");
    }
}

/// Its trace is shown, not those of the calls that ended after it.
#[test]
fn a_single_call_is_shown_by_its_trace() {
    let mut detector = at_work();
    let tool = detector.key("tool");
    let mut random = fastrand::Rng::with_seed(8);
    let slow = KNOWN + 40;
    for call in KNOWN..KNOWN + 1_000 {
        let nanos = if call == slow {
            1e10
        } else {
            usual(&mut random)
        };
        let sample = Sample::new(nanos as u64, Outcome::Success, start() + GAP * call as u32);
        let trace = TraceId::new(u128::from(call).to_be_bytes());
        detector.record(tool, &sample.in_trace(Some(trace)));
    }
    let told = detector.drain_events();
    let [event] = told.as_slice() else {
        panic!("{told:?}");
    };
    let shown = &event.metadata.traces_after;
    assert_eq!(
        shown,
        &[TraceId::new(u128::from(slow).to_be_bytes()).to_string()]
    );
}

/// A change that was told in the midst of calls that wait together hides no larger one either.
#[test]
fn a_change_that_goes_on_is_looked_at_whenever_it_was_told() {
    for phase in 0..8 {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let (first, second) = (KNOWN + 16 * phase, KNOWN + 10_000);
        let told = events(&mut detector, 2 * KNOWN, GAP, |call, random| {
            let change = match call {
                _ if call < first => 1.0,
                _ if call < second => 1.4,
                _ => 2.4,
            };
            change * usual(random)
        });
        assert_eq!(told.len(), 2, "{phase}: {told:?}");
        assert!(told[1].metadata.sample > second && told[1].deviation_percent > 100.0);
    }
}

/// Nearly wherever it begins among the calls that wait together: where other evidence had been gathered before, a burst
/// may be the beginning of a change, which ends too soon to be told.
#[test]
fn a_burst_is_an_anomaly_and_no_drift() {
    let told = (0..16).filter(|phase| {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let mut random = fastrand::Rng::with_seed(*phase);
        let from = KNOWN + phase;
        for call in 0..KNOWN + 2_000 {
            let burst = (from..from + 32).contains(&call);
            let nanos = usual(&mut random) * if burst { 5.0 } else { 1.0 };
            one(&mut detector, call, nanos, Outcome::Success);
        }
        let told = detector.drain_events();
        let anomaly = |event: &Event| event.drift_type == DriftType::Anomaly;
        assert!(
            told.len() <= 1 && told.iter().all(anomaly),
            "{phase}: {told:?}"
        );
        told.len() == 1
    });
    let told = told.count();
    assert!(told >= 14, "{told} of 16");
}

/// The newest second counts: a tool that has become rare is looked at every four calls again.
#[test]
fn a_fast_tool_that_becomes_a_rare_one_is_looked_at_as_one() {
    let sample = |nanos: f64| Sample::new(nanos as u64, Outcome::Success, start());
    let mut detector = at_work();
    let tool = detector.key("tool");
    let mut now = start() + GAP * KNOWN as u32;
    let mut random = fastrand::Rng::with_seed(7);
    for call in 0..40 {
        now += Duration::from_secs(1);
        let nanos = if call < 20 { usual(&mut random) } else { 5e7 };
        detector.record(
            tool,
            &Sample {
                at: now,
                ..sample(nanos)
            },
        );
    }
    let anomaly = |event: &Event| event.drift_type == DriftType::Anomaly;
    assert!(detector.drain_events().iter().any(anomaly));
}

/// Calls without a trace and a caller have a short way in: it leads to the same.
#[test]
fn calls_with_traces_and_callers_count_as_those_without() {
    let kinds = [false, true].map(|traced| {
        let mut detector = Detector::new(DetectorConfig::default()).unwrap();
        let (tool, caller) = (detector.key("tool"), detector.key("caller"));
        let mut random = fastrand::Rng::with_seed(8);
        for call in 0..3 * KNOWN {
            let change = if call / KNOWN == 1 { 1.3 } else { 1.0 };
            let nanos = (change * usual(&mut random)) as u64;
            let outcome = match call % 1_000 {
                0 => Outcome::Error,
                1 => Outcome::Cancelled,
                _ => Outcome::Success,
            };
            let sample = Sample::new(nanos, outcome, start() + GAP * call as u32);
            let full = sample
                .called_by(Some(caller))
                .in_trace(Some(TraceId::new([7; 16])));
            assert!(detector.record(tool, if traced { &full } else { &sample }));
        }
        let told: Vec<_> = detector
            .drain_events()
            .into_iter()
            .map(|event| (event.drift_type, event.status, event.metadata.sample))
            .collect();
        let stats = detector.baseline_stats("tool").expect("it is known");
        (told, stats)
    });
    let [without, with] = kinds;
    assert_eq!(without.0.len(), 2, "{without:?}");
    assert_eq!(without, with);
}

/// What the table was made of at the end of each of twelve minutes with 1,000 calls a second, and the detector.
fn minutes(nanos: impl Fn(f64, &mut fastrand::Rng) -> f64) -> (Vec<[f64; 5]>, Detector) {
    let gap = Duration::from_millis(1);
    let minute = 60_000;
    let mut detector = Detector::new(DetectorConfig::default()).unwrap();
    let mut random = fastrand::Rng::with_seed(9);
    let tool = detector.key("tool");
    let made_of = (0..12_u32)
        .map(|now| {
            for call in now * minute..(now + 1) * minute {
                let nanos = nanos(f64::from(call) / f64::from(minute), &mut random) as u64;
                let at = start() + gap * call;
                detector.record(tool, &Sample::new(nanos, Outcome::Success, at));
            }
            detector.tools[0].watch.made_of
        })
        .collect();
    (made_of, detector)
}

/// A baseline that follows the day is put into a table again where it has moved, not once a minute for nothing: be it all
/// calls, or the share of slow ones among two kinds that stay where they are.
#[test]
fn a_table_is_made_anew_of_what_has_moved() {
    let later = |minute: f64| (minute - 8.0).max(0.0);
    let (slower, mut detector) =
        minutes(|minute, random| usual(random) * (1.0 + 0.01 * later(minute)));
    let (missed, _) = minutes(|minute, random| {
        let miss = random.f64() < 0.1 + 0.01 * later(minute);
        1e7 * (0.02 * normal(random)).exp() * if miss { 10.0 } else { 1.0 }
    });
    assert!(detector.drain_events().is_empty());
    for made_of in [slower, missed] {
        assert_eq!(made_of[6], made_of[7]);
        assert_ne!(made_of[7], made_of[11]);
    }
}

/// How sure it has to be can be changed while a tool's calls stay what they are.
#[test]
fn a_setting_takes_effect_on_a_tool_that_does_not_change() {
    let (_, mut detector) = minutes(|_, random| usual(random));
    let limit = |detector: &Detector| detector.tools[0].watch.limits.drift[1];
    let before = limit(&detector);
    let mut config = DetectorConfig::default();
    config.false_alarms_per_day *= 1e3;
    detector.set_config(config).unwrap();
    let last = start() + Duration::from_secs(12 * 60);
    for call in 0..1_000 {
        detector.observe("tool", 10_000_000, Outcome::Success, last + GAP * call);
    }
    assert!(limit(&detector) < before);
}

/// What is told while calls wait is about those that were looked at.
#[test]
fn what_is_accepted_is_told_without_the_calls_that_wait() {
    let mut detector = at_work();
    let mut random = fastrand::Rng::with_seed(10);
    let last = 2 * KNOWN + 100;
    (KNOWN..last).for_each(|call| {
        one(
            &mut detector,
            call,
            2.0 * usual(&mut random),
            Outcome::Success,
        )
    });
    detector.drain_events();
    let waiting = u64::from(detector.inboxes[0].count());
    assert!(waiting > 0 && detector.accept("tool"));
    assert_eq!(detector.drain_events()[0].metadata.sample, last - waiting);
}

#[test]
fn growth_is_learned_with_a_clock_that_goes_back() {
    let mut detector = at_work();
    detector.drain_growth();
    detector.observe(
        "tool",
        10_000_000,
        Outcome::Success,
        start() - Duration::from_secs(600),
    );
    let growth = detector.drain_growth();
    assert_eq!(growth[0].baseline.watched, Duration::ZERO);
}
