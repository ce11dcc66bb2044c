//! The sentence of an event.

use super::{DriftType, Event, Measure, Status};

/// What has happened, for the person on call.
pub(super) fn sentence(event: &Event) -> String {
    let tool = &event.tool_name;
    let data = &event.metadata;
    let now = value(event.current_value, data.measure);
    let was = value(event.baseline_value, data.measure);
    let name = noun(data.measure);
    if data.measure == Measure::Duration {
        let times = event.current_value / event.baseline_value;
        return format!("a call of {tool} took {now}, {times:.1} times the median of {was}");
    }
    let begun = begun(event);
    match (event.status, event.drift_type) {
        (Status::Recovered, _) => {
            format!("{tool} is back to normal ({name} {now}, baseline {was}){begun}")
        }
        (Status::Accepted, _) => format!("{name} {now} is the new normal of {tool} (was {was})"),
        (_, DriftType::Anomaly) => format!(
            "a burst of {} unusual calls of {tool}: {name} {now}, was {was}",
            data.calls
        ),
        (_, DriftType::Performance) => format!(
            "{tool} is {:.0} % {} ({name} {now}, was {was}){begun}{}",
            event.deviation_percent.abs(),
            if event.deviation_percent > 0.0 {
                "slower"
            } else {
                "faster"
            },
            tail(event),
        ),
        (_, DriftType::Pattern) => format!(
            "{name} of {tool} is {:.0} % {} ({now}, was {was}){begun}{}",
            event.deviation_percent.abs(),
            if event.deviation_percent > 0.0 {
                "higher"
            } else {
                "lower"
            },
            middle(event),
        ),
    }
}

fn begun(event: &Event) -> String {
    let data = &event.metadata;
    let calls = if data.calls == 1 { "call" } else { "calls" };
    match data.since {
        Some(since) => format!(
            " since {}, after {} {calls}",
            crate::rfc3339::time_of_day(since),
            data.calls
        ),
        None => format!(
            " since call {}, after {} {calls}",
            data.sample_since, data.calls
        ),
    }
}

/// What has become of the 99th percentile.
fn tail(event: &Event) -> String {
    match (&event.metadata.before, &event.metadata.after) {
        // Of fewer calls it is no more than the longest one.
        (Some(before), Some(after)) if event.metadata.calls >= 50 => {
            format!("; p99 {}", change(before.p99, after.p99))
        }
        _ => String::new(),
    }
}

/// What has become of the median.
fn middle(event: &Event) -> String {
    match (&event.metadata.before, &event.metadata.after) {
        (Some(before), Some(after)) => format!("; median {}", change(before.p50, after.p50)),
        _ => String::new(),
    }
}

fn change(before: f64, after: f64) -> String {
    let percent = 100.0 * (after / before - 1.0);
    if percent.abs() < 10.0 {
        return "unchanged".to_owned();
    }
    format!("{percent:+.0} % ({})", value(after, Measure::P99))
}

fn noun(measure: Measure) -> &'static str {
    match measure {
        Measure::Median => "median",
        Measure::P95 => "p95",
        Measure::P99 => "p99",
        Measure::Spread => "spread (p90 by p10)",
        Measure::CallRate => "call rate",
        Measure::ErrorRatio => "error ratio",
        Measure::CallerShare => "share",
        Measure::Duration => "duration",
    }
}

fn value(value: f64, measure: Measure) -> String {
    match measure {
        Measure::Spread => short(value),
        Measure::CallRate => format!("{}/s", short(value)),
        Measure::ErrorRatio | Measure::CallerShare => format!("{} %", short(100.0 * value)),
        _ => match value {
            ms if ms >= 10_000.0 => format!("{} s", short(ms / 1e3)),
            ms if ms >= 0.1 => format!("{} ms", short(ms)),
            ms if ms >= 1e-4 => format!("{} µs", short(ms * 1e3)),
            ms => format!("{} ns", short(ms * 1e6)),
        },
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => trimmed(format!("{value:.1}")),
        _ => trimmed(format!("{value:.2}")),
    }
}

fn trimmed(number: String) -> String {
    number
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}
