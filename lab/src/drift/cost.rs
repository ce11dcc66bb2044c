//! What the detector takes: time a call, pauses with many tools, memory a tool.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;
use rustix::time::{ClockId, clock_gettime};
use telemetry_runtime::drift::{Detector, DetectorConfig, Outcome, Sample, ToolKey};

use super::streams::normal;

/// Repetitions of which the quickest counts: the others were disturbed.
const TIMES: usize = 20;

/// Seconds since 1970.
const START: u64 = 1_700_000_000;
/// Nanoseconds from one call to the next: 100,000 a second.
const BETWEEN: u64 = 10_000;

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(START)
}

fn detector(tools: usize) -> (Detector, Vec<ToolKey>) {
    let mut config = DetectorConfig::default();
    config.max_tools = tools;
    let mut detector = Detector::new(config).expect("valid");
    let keys = (0..tools)
        .map(|tool| detector.key(&format!("tool_{tool}")))
        .collect();
    (detector, keys)
}

/// Calls of a log-normal tool, which are made anew here for no call: that takes longer than to look at it.
fn samples(rng: &mut Rng) -> Vec<Sample> {
    let sample = |nanos| Sample::new(nanos, Outcome::Success, SystemTime::UNIX_EPOCH);
    (0..1 << 12)
        .map(|_| sample((1e7 * (0.5 * normal(rng)).exp()) as u64))
        .collect()
}

/// Calls made up one after the other, 10 µs apart, of tools in turn by eight.
fn feed(
    (keys, samples): (&[ToolKey], &[Sample]),
    calls: Range<u64>,
    mut record: impl FnMut(ToolKey, &Sample, u64),
) {
    let mut tools = keys
        .iter()
        .cycle()
        .skip(calls.start as usize / 8 % keys.len());
    let mut at = START * 1_000_000_000 + calls.start * BETWEEN;
    let eights = (calls.end - calls.start) as usize / 8;
    for eight in samples.chunks_exact(8).cycle().take(eights) {
        let Some(tool) = tools.next() else { return };
        for sample in eight {
            record(*tool, sample, at);
            at += BETWEEN;
        }
    }
}

/// Nanoseconds of a call in a long run: tables made anew, season, rate and ratios included. And what it takes to make
/// the call up, which is not in it.
pub(crate) fn a_call(tools: usize) -> (f64, f64) {
    let samples = samples(&mut Rng::with_seed(1));
    let (mut detector, keys) = detector(tools);
    let calls = (&keys[..], &samples[..]);
    let warm = 100_000 * tools as u64;
    feed(calls, 0..warm, |key, sample, at| {
        detector.record_at(key, sample, at);
    });
    let in_all = best(|round| {
        feed(calls, rounds(warm, round), |key, sample, at| {
            detector.record_at(key, sample, at);
        });
    });
    black_box(&detector);
    let made_up = best(|round| {
        feed(calls, rounds(warm, round), |key, sample, at| {
            black_box((key, sample.nanos, at));
        });
    });
    (in_all - made_up, made_up)
}

/// Calls of a round.
const ROUND: u64 = 1_000_000;

fn rounds(warm: u64, round: u64) -> Range<u64> {
    let from = warm + round * ROUND;
    from..from + ROUND
}

/// Nanoseconds of a call in the quickest round.
fn best(mut run: impl FnMut(u64)) -> f64 {
    let mut best = f64::INFINITY;
    for round in 0..TIMES as u64 {
        let began = Instant::now();
        run(round);
        best = best.min(began.elapsed().as_nanos() as f64 / ROUND as f64);
    }
    best
}

/// What this thread has had of a processor: what others take of it is no pause of ours.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Milliseconds of a look at all of so many tools, each with a baseline, and of the longest call while
/// all of them get their first table.
pub(crate) fn pauses(tools: usize) -> (f64, f64) {
    let samples = samples(&mut Rng::with_seed(2));
    let (mut looks, mut longest) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..5 {
        let (mut detector, keys) = detector(tools);
        let mut most = Duration::ZERO;
        let calls = 60 * tools as u64;
        for call in 0..calls {
            let key = keys[(call / 8) as usize % tools];
            let at = START * 1_000_000_000 + call * BETWEEN;
            let began = worked();
            detector.record_at(key, &samples[call as usize % samples.len()], at);
            most = most.max(worked() - began);
        }
        longest = longest.min(most.as_secs_f64() * 1e3);
        for second in 0..TIMES as u64 {
            let now = start() + Duration::from_nanos(calls * BETWEEN) + Duration::from_secs(second);
            let began = worked();
            detector.advance(now);
            looks = looks.min((worked() - began).as_secs_f64() * 1e3);
        }
    }
    (looks, longest)
}

/// KiB a tool, of a process in which so many tools have baselines of durations over six decades.
/// `None` where the system does not say what a process takes.
pub(crate) fn memory(tools: usize) -> Option<f64> {
    let before = resident()?;
    let (mut detector, keys) = detector(tools);
    let mut rng = Rng::with_seed(3);
    for call in 0..6_000 * tools as u64 {
        let tool = keys[(call / 8) as usize % tools];
        let nanos = 1_000.0 * 1e6_f64.powf(rng.f64());
        let at = start() + Duration::from_nanos(call * 20_000);
        detector.record(tool, &Sample::new(nanos as u64, Outcome::Success, at));
    }
    let after = resident()?;
    black_box(detector);
    Some((after - before) / tools as f64)
}

fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
