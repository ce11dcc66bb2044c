use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    HistogramDataPoint, Metric, NumberDataPoint, metric, number_data_point,
};
use prost::Message;

use super::*;
use crate::call::Objective;
use crate::metrics::{DriftNumbers, Exemplar, Histogram};

const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_700_000_000 * SECOND;

fn encoder(delta: bool) -> MetricsEncoder {
    let resource = Resource::new([("service.name".to_owned(), "shop".into())]);
    MetricsEncoder::new(&resource, "production", delta)
}

fn tool(name: &str) -> ToolSnapshot {
    ToolSnapshot {
        name: name.into(),
        first_seen: START + SECOND,
        calls: 0,
        errors: 0,
        errors_by_type: Vec::new(),
        slow: 0,
        active: 0,
        threshold_ms: None,
        objective: Objective::NONE,
        drift: None,
        durations: Vec::new(),
    }
}

fn histogram(counts: [u64; 3], sum: f64, min: f64, max: f64) -> Histogram {
    let counts = counts.to_vec();
    Histogram {
        count: counts.iter().sum(),
        sum,
        min,
        max,
        counts,
        exemplars: Vec::new(),
    }
}

fn snapshot(after: u64, tools: Vec<ToolSnapshot>) -> Snapshot {
    Snapshot {
        started: START,
        taken: START + after * SECOND,
        bounds: [1.0, 10.0].into(),
        tools,
    }
}

/// All metrics of some batches by name; each batch has a name once.
fn decoded(batches: &[Batch]) -> BTreeMap<String, Vec<Metric>> {
    let mut metrics: BTreeMap<String, Vec<Metric>> = BTreeMap::new();
    for batch in batches {
        let request = ExportMetricsServiceRequest::decode(batch.body.as_slice()).unwrap();
        let [resource] = &request.resource_metrics[..] else {
            panic!("one resource")
        };
        let [scope] = &resource.scope_metrics[..] else {
            panic!("one scope")
        };
        assert_eq!(scope.scope.as_ref().unwrap().name, "telemetry-runtime");
        assert_eq!(
            pairs(&resource.resource.as_ref().unwrap().attributes),
            [("service.name", "shop")]
        );
        let mut items = 0;
        for metric in &scope.metrics {
            items += numbers(metric).len() + histograms(metric).len();
            metrics
                .entry(metric.name.clone())
                .or_default()
                .push(metric.clone());
        }
        assert_eq!(items as u64, batch.items);
        let names: std::collections::BTreeSet<_> = scope.metrics.iter().map(|m| &m.name).collect();
        assert_eq!(
            names.len(),
            scope.metrics.len(),
            "a metric stands once in a request"
        );
    }
    metrics
}

fn one<'a>(metrics: &'a BTreeMap<String, Vec<Metric>>, name: &str) -> &'a Metric {
    let [metric] = &metrics[name][..] else {
        panic!("{name} once")
    };
    metric
}

fn numbers(metric: &Metric) -> Vec<NumberDataPoint> {
    match &metric.data {
        Some(metric::Data::Sum(sum)) => sum.data_points.clone(),
        Some(metric::Data::Gauge(gauge)) => gauge.data_points.clone(),
        _ => Vec::new(),
    }
}

fn histograms(metric: &Metric) -> Vec<HistogramDataPoint> {
    match &metric.data {
        Some(metric::Data::Histogram(histogram)) => histogram.data_points.clone(),
        _ => Vec::new(),
    }
}

fn pairs(attributes: &[KeyValue]) -> Vec<(&str, &str)> {
    attributes
        .iter()
        .map(
            |pair| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
                Some(any_value::Value::StringValue(text)) => (pair.key.as_str(), text.as_str()),
                other => panic!("{other:?}"),
            },
        )
        .collect()
}

/// Start and time in seconds after `START`, and the value.
fn points(metric: &Metric) -> Vec<(u64, u64, i64)> {
    numbers(metric)
        .iter()
        .map(|point| {
            let Some(number_data_point::Value::AsInt(value)) = point.value else {
                panic!("an integer")
            };
            let seconds = |time: u64| (time - START) / SECOND;
            (
                seconds(point.start_time_unix_nano),
                seconds(point.time_unix_nano),
                value,
            )
        })
        .collect()
}

#[test]
fn instruments_units_and_attributes_are_those_of_the_design() {
    let mut search = tool("search \"x\"\n");
    search.errors_by_type = vec![("IoError".into(), 1)];
    search.threshold_ms = Some(2.5);
    search.objective = Objective {
        success: Some(99.9),
        latency_ms: Some(250.0),
        quantile: Some(95.0),
    };
    search.active = -1;
    search.drift = Some(DriftNumbers {
        score: 0.25,
        events: vec![("pattern", "low", 2)],
    });
    search.durations = vec![("success", histogram([1, 0, 0], 0.5, 0.5, 0.5))];
    let metrics = decoded(&encoder(false).encode(&snapshot(30, vec![search]), &[]));
    let names: Vec<_> = metrics.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "tool.active",
            "tool.calls",
            "tool.drift.events",
            "tool.drift.score",
            "tool.duration",
            "tool.errors",
            "tool.errors.by_type",
            "tool.objective.latency_ms",
            "tool.objective.quantile",
            "tool.objective.success",
            "tool.slow",
            "tool.threshold_ms",
        ]
    );
    let both = [
        ("tool.name", "search \"x\"\n"),
        ("environment", "production"),
    ];
    for (name, monotonic) in [
        ("tool.calls", true),
        ("tool.errors", true),
        ("tool.slow", true),
        ("tool.active", false),
    ] {
        let metric = one(&metrics, name);
        assert_eq!(metric.unit, "");
        let Some(metric::Data::Sum(sum)) = &metric.data else {
            panic!("{name} is a sum")
        };
        assert_eq!(
            (sum.is_monotonic, sum.aggregation_temporality),
            (monotonic, 2)
        );
        for point in &sum.data_points {
            assert_eq!(pairs(&point.attributes), both, "{name}");
        }
    }
    let by_type = numbers(one(&metrics, "tool.errors.by_type"));
    assert_eq!(
        pairs(&by_type[0].attributes),
        [both[0], both[1], ("error.type", "IoError")]
    );
    for (name, value) in [
        ("tool.threshold_ms", 2.5),
        ("tool.objective.success", 99.9),
        ("tool.objective.latency_ms", 250.0),
        ("tool.objective.quantile", 95.0),
        ("tool.drift.score", 0.25),
    ] {
        let gauge = one(&metrics, name);
        assert_eq!(gauge.unit, "");
        assert!(matches!(gauge.data, Some(metric::Data::Gauge(_))));
        let gauge = &numbers(gauge)[0];
        assert_eq!(
            gauge.value,
            Some(number_data_point::Value::AsDouble(value)),
            "{name}"
        );
        assert_eq!(pairs(&gauge.attributes), both);
    }
    let drift = one(&metrics, "tool.drift.events");
    assert_eq!(points(drift), [(1, 1, 0), (1, 30, 2)]);
    assert_eq!(
        pairs(&numbers(drift)[1].attributes),
        [
            both[0],
            both[1],
            ("drift.type", "pattern"),
            ("severity", "low")
        ]
    );
    let duration = one(&metrics, "tool.duration");
    assert_eq!(duration.unit, "{ms}");
    assert_eq!(
        pairs(&histograms(duration)[0].attributes),
        [both[0], both[1], ("status", "success")]
    );
    assert_eq!(points(one(&metrics, "tool.active")), [(1, 30, -1)]);
}

#[test]
fn a_new_counter_is_zero_when_first_seen_and_then_its_value() {
    let mut encoder = encoder(false);
    let mut search = tool("search");
    search.calls = 50;
    let first = decoded(&encoder.encode(&snapshot(30, vec![search.clone()]), &[]));
    assert_eq!(points(one(&first, "tool.calls")), [(1, 1, 0), (1, 30, 50)]);
    assert_eq!(points(one(&first, "tool.errors")), [(1, 1, 0), (1, 30, 0)]);

    search.calls = 70;
    search.errors = 1;
    search.errors_by_type = vec![("IoError".into(), 1)];
    let second = decoded(&encoder.encode(&snapshot(60, vec![search]), &[]));
    assert_eq!(points(one(&second, "tool.calls")), [(1, 60, 70)]);
    assert_eq!(points(one(&second, "tool.errors")), [(1, 60, 1)]);
    // New only now: it was 0 at the last export, and a point of earlier would come too late.
    assert_eq!(
        points(one(&second, "tool.errors.by_type")),
        [(30, 30, 0), (30, 60, 1)]
    );
}

#[test]
fn zero_comes_before_the_value_even_if_the_clock_says_otherwise() {
    for first_seen in [
        START + 30 * SECOND,
        START + 31 * SECOND,
        START + 30 * SECOND - 1,
    ] {
        let search = ToolSnapshot {
            first_seen,
            calls: 1,
            ..tool("search")
        };
        let metrics = decoded(&encoder(false).encode(&snapshot(30, vec![search]), &[]));
        let points = numbers(one(&metrics, "tool.calls"));
        assert!(points[0].time_unix_nano / 1_000_000 < points[1].time_unix_nano / 1_000_000);
        assert_eq!(
            points[0].start_time_unix_nano,
            points[1].start_time_unix_nano
        );
        assert_eq!(points[0].start_time_unix_nano, points[0].time_unix_nano);
    }
}

#[test]
fn time_does_not_run_backwards() {
    let mut encoder = encoder(false);
    encoder.encode(&snapshot(30, vec![tool("search")]), &[]);
    let metrics = decoded(&encoder.encode(&snapshot(10, vec![tool("search"), tool("late")]), &[]));
    for point in numbers(one(&metrics, "tool.calls")) {
        assert!(point.time_unix_nano >= START + 30 * SECOND);
        assert!(point.start_time_unix_nano <= point.time_unix_nano);
    }
}

#[test]
fn histograms_with_exemplars_since_the_last_export() {
    let exemplar = |after: u64, value| Exemplar {
        value,
        time: START + after * SECOND,
        trace_id: [7; 16],
        span_id: [8; 8],
    };
    let mut encoder = encoder(false);
    let mut search = tool("search");
    search.durations = vec![("success", histogram([1, 2, 0], 7.5, 0.5, 4.0))];
    search.durations[0].1.exemplars = vec![(0, exemplar(5, 0.5)), (1, exemplar(20, 4.0))];
    let first = decoded(&encoder.encode(&snapshot(30, vec![search.clone()]), &[]));
    let first = histograms(one(&first, "tool.duration"));
    let [zero, value] = &first[..] else {
        panic!("two points")
    };
    assert_eq!(
        (zero.count, zero.sum, zero.min, zero.max),
        (0, Some(0.0), None, None)
    );
    assert_eq!(zero.bucket_counts, [0, 0, 0]);
    assert_eq!(zero.time_unix_nano, zero.start_time_unix_nano);
    assert_eq!(
        (value.count, value.sum, value.min, value.max),
        (3, Some(7.5), Some(0.5), Some(4.0))
    );
    assert_eq!(value.bucket_counts, [1, 2, 0]);
    assert_eq!(value.explicit_bounds, [1.0, 10.0]);
    assert_eq!(value.start_time_unix_nano, zero.time_unix_nano);
    assert_eq!(value.exemplars.len(), 2);
    assert_eq!(value.exemplars[0].trace_id, [7; 16]);
    assert_eq!(value.exemplars[0].span_id, [8; 8]);
    assert_eq!(value.exemplars[0].time_unix_nano, START + 5 * SECOND);

    search.durations[0].1.exemplars[1].1 = exemplar(40, 3.0);
    let second = decoded(&encoder.encode(&snapshot(60, vec![search]), &[]));
    let second = histograms(one(&second, "tool.duration"));
    assert_eq!(second.len(), 1);
    let times: Vec<_> = second[0]
        .exemplars
        .iter()
        .map(|exemplar| exemplar.time_unix_nano)
        .collect();
    assert_eq!(times, [START + 40 * SECOND]);
}

#[test]
fn delta_is_what_came_since() {
    let mut encoder = encoder(true);
    let mut search = ToolSnapshot {
        calls: 3,
        active: 2,
        ..tool("search")
    };
    search.durations = vec![("success", histogram([1, 2, 0], 7.5, 0.5, 4.0))];
    let first = decoded(&encoder.encode(&snapshot(30, vec![search.clone()]), &[]));
    assert_eq!(points(one(&first, "tool.calls")), [(1, 30, 3)]);
    let Some(metric::Data::Sum(calls)) = &one(&first, "tool.calls").data else {
        panic!()
    };
    assert_eq!(calls.aggregation_temporality, 1);

    search.calls = 5;
    search.durations = vec![
        ("success", histogram([1, 3, 0], 12.5, 0.5, 5.0)),
        ("error", histogram([1, 0, 0], 0.25, 0.25, 0.25)),
    ];
    let second = decoded(&encoder.encode(&snapshot(60, vec![search.clone()]), &[]));
    assert_eq!(points(one(&second, "tool.calls")), [(30, 60, 2)]);
    assert_eq!(points(one(&second, "tool.errors")), [(30, 60, 0)]);
    assert_eq!(points(one(&second, "tool.active")), [(1, 60, 2)]);
    let Some(metric::Data::Sum(active)) = &one(&second, "tool.active").data else {
        panic!()
    };
    assert_eq!(
        (active.aggregation_temporality, active.is_monotonic),
        (2, false)
    );
    let durations = histograms(one(&second, "tool.duration"));
    let [success, error] = &durations[..] else {
        panic!("two series")
    };
    assert_eq!((success.count, success.sum), (1, Some(5.0)));
    assert_eq!(success.bucket_counts, [0, 1, 0]);
    assert_eq!(
        (success.min, success.max),
        (None, Some(5.0)),
        "the smallest since the start is not since then"
    );
    assert_eq!(success.start_time_unix_nano, START + 30 * SECOND);
    assert_eq!(
        (error.count, error.min, error.max),
        (1, Some(0.25), Some(0.25))
    );
    assert_eq!(error.start_time_unix_nano, START + 30 * SECOND);

    let third = decoded(&encoder.encode(&snapshot(90, vec![search]), &[]));
    assert!(!third.contains_key("tool.duration"), "nothing came");
}

#[test]
fn own_health_by_name_with_its_own_attributes() {
    let point = |name, monotonic, value, cause: &str| HealthPoint {
        name,
        monotonic,
        value,
        attributes: vec![("cause", cause.to_owned())],
    };
    let mut encoder = encoder(false);
    let health = [
        point("telemetry.spans.dropped", true, 3, "queue_full"),
        point("telemetry.queue.bytes", false, 9, "x"),
        point("telemetry.spans.dropped", true, 4, "expired"),
    ];
    let first = decoded(&encoder.encode(&snapshot(30, Vec::new()), &health));
    let dropped = one(&first, "telemetry.spans.dropped");
    assert_eq!(
        points(dropped),
        [(0, 0, 0), (0, 30, 3), (0, 0, 0), (0, 30, 4)]
    );
    assert_eq!(
        pairs(&numbers(dropped)[3].attributes),
        [("cause", "expired")]
    );
    let bytes = one(&first, "telemetry.queue.bytes");
    assert!(matches!(bytes.data, Some(metric::Data::Gauge(_))));
    assert_eq!(
        numbers(bytes)[0].value,
        Some(number_data_point::Value::AsInt(9))
    );
    let second = decoded(&encoder.encode(&snapshot(60, Vec::new()), &health));
    assert_eq!(
        points(one(&second, "telemetry.spans.dropped")),
        [(0, 60, 3), (0, 60, 4)]
    );
}

#[test]
fn many_tools_are_split_into_batches_of_bounded_size() {
    let tools: Vec<_> = (0..10_000)
        .map(|number| {
            let mut tool = ToolSnapshot {
                calls: number,
                ..tool(&format!("tool number {number}"))
            };
            let spread = Histogram {
                counts: vec![1; 40],
                ..histogram([1, 1, 1], 3.0, 1.0, 1.0)
            };
            tool.durations = vec![("success", spread.clone()), ("error", spread)];
            tool
        })
        .collect();
    let batches = encoder(false).encode(&snapshot(30, tools), &[]);
    assert!(batches.len() > 5);
    assert!(batches.iter().all(|batch| batch.body.len() <= LARGEST));
    let sizes: Vec<_> = batches.iter().map(|batch| batch.body.len()).collect();
    assert!(
        sizes[..sizes.len() - 1]
            .iter()
            .all(|size| *size > LARGEST / 3),
        "{sizes:?}"
    );
    let metrics = decoded(&batches);
    let calls: Vec<_> = metrics["tool.calls"]
        .iter()
        .flat_map(points)
        .map(|(.., value)| value)
        .collect();
    let values: Vec<_> = calls.chunks(2).map(|pair| pair[1]).collect();
    assert_eq!(values, (0..10_000).collect::<Vec<_>>());
}

#[test]
fn a_tool_too_large_for_a_batch_has_one_of_its_own() {
    let mut large = tool("large");
    large.errors_by_type = (0..2_000)
        .map(|number| (format!("{number}{}", "x".repeat(1_000)).into(), 1))
        .collect();
    let batches = encoder(false).encode(&snapshot(30, vec![tool("a"), large, tool("b")]), &[]);
    assert_eq!(batches.len(), 3);
}

#[test]
fn nothing_to_say_is_no_batch() {
    assert!(
        encoder(false)
            .encode(&snapshot(30, Vec::new()), &[])
            .is_empty()
    );
}
