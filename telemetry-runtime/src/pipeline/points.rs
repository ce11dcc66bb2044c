//! Health as metrics: `telemetry.*`.

use crate::health::{DestinationHealth, Health};
use crate::metrics::HealthPoint;
use crate::names::attribute::{CAUSE, DESTINATION, SIGNAL};
use crate::names::metric::{
    CALLS_OVER_MAX_TOOLS, EXPORT_FAILURES, LOG_RECORDS_DROPPED, LOG_RECORDS_EXPORTED,
    METRIC_POINTS_DROPPED, METRIC_POINTS_EXPORTED, QUEUE_BYTES, SPANS_DROPPED, SPANS_EXPORTED,
    TOOLS,
};

/// The cause of spans that did not get as far as a queue.
const RING_FULL: &str = "ring_full";
/// The destination of those.
const NONE: &str = "none";

pub(crate) fn of(health: &Health) -> Vec<HealthPoint> {
    let dropped = health.spans_dropped_before_export;
    let mut points = vec![
        gauge(TOOLS, health.tools, vec![]),
        counter(CALLS_OVER_MAX_TOOLS, health.calls_over_max_tools, vec![]),
        counter(
            SPANS_DROPPED,
            dropped,
            vec![
                (DESTINATION, NONE.to_owned()),
                (CAUSE, RING_FULL.to_owned()),
            ],
        ),
    ];
    health
        .destinations
        .iter()
        .for_each(|destination| of_destination(destination, &mut points));
    points
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
