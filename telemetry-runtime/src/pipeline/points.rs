//! Health as metrics: `telemetry.*`.

use crate::health::{DestinationHealth, DriftHealth, Health, StoreHealth};
use crate::metrics::HealthPoint;
use crate::names::attribute::{CAUSE, DESTINATION, SIGNAL};
use crate::names::metric::{
    ATTRIBUTES_DROPPED, CALLS_LONG, CALLS_OVER_MAX_TOOLS, DRIFT_CALLBACK_PANICS, DRIFT_CALLS_KEPT,
    DRIFT_CALLS_LOST, DRIFT_CALLS_UNORDERED, DRIFT_NOTIFICATIONS_DROPPED, DRIFT_TOOLS,
    DRIFT_TOOLS_EVICTED, EXPORT_FAILURES, LOG_RECORDS_DROPPED, LOG_RECORDS_EXPORTED,
    LOG_RECORDS_SUPPRESSED, METRIC_POINTS_DROPPED, METRIC_POINTS_EXPORTED, QUEUE_BYTES,
    SPANS_DROPPED, SPANS_EXPORTED, STORE_EVENTS_DROPPED, STORE_EVENTS_WAITING,
    STORE_EVENTS_WRITTEN, STORE_FAILURES, STORE_GROWTH_DROPPED, TOOLS,
};

/// The cause of spans that did not get as far as a queue.
const RING_FULL: &str = "ring_full";
/// The cause of spans of OpenTelemetry's SDK that did not.
const SDK_QUEUE_FULL: &str = "sdk_queue_full";
/// The cause of lines that did not.
const QUEUE_FULL: &str = "queue_full";
/// The destination of those.
const NONE: &str = "none";

pub(crate) fn of(health: &Health) -> Vec<HealthPoint> {
    let before_export = |name, dropped, cause: &str| {
        let attributes = vec![(DESTINATION, NONE.to_owned()), (CAUSE, cause.to_owned())];
        counter(name, dropped, attributes)
    };
    let mut points = vec![
        gauge(TOOLS, health.tools, vec![]),
        counter(CALLS_OVER_MAX_TOOLS, health.calls_over_max_tools, vec![]),
        counter(CALLS_LONG, health.long_calls_seen, vec![]),
        counter(ATTRIBUTES_DROPPED, health.attributes_dropped, vec![]),
        before_export(SPANS_DROPPED, health.spans_dropped_before_export, RING_FULL),
    ];
    let sdk = health.sdk_spans_dropped;
    if sdk > 0 {
        points.push(before_export(SPANS_DROPPED, sdk, SDK_QUEUE_FULL));
    }
    let suppressed = health.call_logs_suppressed;
    if suppressed > 0 {
        points.push(counter(LOG_RECORDS_SUPPRESSED, suppressed, vec![]));
    }
    of_drift(&health.drift, &mut points);
    if let Some(store) = &health.store {
        of_store(store, &mut points);
    }
    let lines = health.log_lines_dropped_before_export;
    if lines > 0 {
        points.push(before_export(LOG_RECORDS_DROPPED, lines, QUEUE_FULL));
    }
    health
        .destinations
        .iter()
        .for_each(|destination| of_destination(destination, &mut points));
    points
}

/// Nothing where nothing is watched.
fn of_drift(health: &DriftHealth, points: &mut Vec<HealthPoint>) {
    if *health == DriftHealth::default() {
        return;
    }
    points.push(gauge(DRIFT_TOOLS, health.tools, vec![]));
    let counters = [
        (DRIFT_TOOLS_EVICTED, health.tools_evicted),
        (DRIFT_CALLS_UNORDERED, health.calls_unordered),
        (DRIFT_CALLS_LOST, health.calls_lost),
        (DRIFT_CALLS_KEPT, health.calls_kept),
        (DRIFT_NOTIFICATIONS_DROPPED, health.notifications_dropped),
        (DRIFT_CALLBACK_PANICS, health.callback_panics),
    ];
    points.extend(counters.map(|(name, value)| counter(name, value, vec![])));
}

fn of_store(health: &StoreHealth, points: &mut Vec<HealthPoint>) {
    points.push(gauge(STORE_EVENTS_WAITING, health.events_waiting, vec![]));
    let counters = [
        (STORE_EVENTS_WRITTEN, health.events_written),
        (STORE_EVENTS_DROPPED, health.events_dropped),
        (STORE_GROWTH_DROPPED, health.growth_dropped),
        (STORE_FAILURES, health.failures),
    ];
    points.extend(counters.map(|(name, value)| counter(name, value, vec![])));
}

fn of_destination(health: &DestinationHealth, points: &mut Vec<HealthPoint>) {
    let (exported, dropped) = match health.signal {
        "traces" => (SPANS_EXPORTED, SPANS_DROPPED),
        "logs" => (LOG_RECORDS_EXPORTED, LOG_RECORDS_DROPPED),
        _ => (METRIC_POINTS_EXPORTED, METRIC_POINTS_DROPPED),
    };
    let named = || vec![(DESTINATION, health.name.clone())];
    points.push(counter(exported, health.delivered, named()));
    for (cause, items) in &health.dropped {
        let mut attributes = named();
        attributes.push((CAUSE, (*cause).to_owned()));
        points.push(counter(dropped, *items, attributes));
    }
    let mut attributes = named();
    attributes.push((SIGNAL, health.signal.to_owned()));
    points.push(counter(
        EXPORT_FAILURES,
        health.failures,
        attributes.clone(),
    ));
    points.push(gauge(QUEUE_BYTES, health.queue_bytes as u64, attributes));
}

fn counter(name: &'static str, value: u64, attributes: Vec<(&'static str, String)>) -> HealthPoint {
    HealthPoint {
        monotonic: true,
        ..gauge(name, value, attributes)
    }
}

fn gauge(name: &'static str, value: u64, attributes: Vec<(&'static str, String)>) -> HealthPoint {
    HealthPoint {
        name,
        monotonic: false,
        value,
        attributes,
    }
}
