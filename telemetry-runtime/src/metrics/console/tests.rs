use std::time::Instant;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram as HistogramData, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
};
use prost::Message;
use serde_json::{Value, json};

use super::Console;
use crate::call::Objective;
use crate::config::ConsoleFormat;
use crate::export::console::{Output, fuzz_console};
use crate::export::{Batch, Exporter, Refused, Signal};
use crate::metrics::{Histogram, Snapshot, ToolSnapshot};
use crate::names::SCOPE;
use crate::otlp::Resource;
use crate::otlp::metrics::MetricsEncoder;

const START: u64 = 1_700_000_000_000_000_000;
const CUMULATIVE: i32 = 2;
const DELTA: i32 = 1;

#[test]
fn a_table_of_tools_and_lines_for_the_rest() {
    assert_eq!(
        export(
            ConsoleFormat::Text,
            &[(scope(), tools(CUMULATIVE)), (foreign(), others())]
        ),
        r#"metrics 2023-11-14T22:13:20.000Z
tool       calls  errors  slow  active    mean     p50     p95     p99     max
load   1,234,567       0     0       2       -       -       -       -       -
parse          6       2     1       0  12.0ms  7.00ms  30.7ms  38.1ms  40.0ms
http.requests{route="/a"} 3
http.size count=2 sum=30.0 min=10.0 max=20.0 By
queue 0.5
rpc count=4 sum=8.0
tool.errors.by_type{tool.name="parse",error.type="SyntaxError"} 2
"#
    );
}

#[test]
fn an_object_a_tool_and_an_object_a_point() {
    let text = export(
        ConsoleFormat::Json,
        &[(scope(), tools(CUMULATIVE)), (foreign(), others())],
    );
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for field in ["p95_ms", "p99_ms"] {
        let rounded = (lines[1][field].as_f64().unwrap() * 1e6).round() / 1e6;
        lines[1][field] = json!(rounded);
    }
    assert_eq!(
        lines[1],
        json!({
            "time": "2023-11-14T22:13:20.000Z", "temporality": "cumulative", "tool": "parse",
            "environment": "test", "calls": 6, "errors": 2, "slow": 1, "active": 0,
            "mean_ms": 12.0, "p50_ms": 7.0, "p95_ms": 30.7, "p99_ms": 38.14, "max_ms": 40.0,
        })
    );
    assert_eq!(lines[0]["mean_ms"], Value::Null);
    assert_eq!(
        lines[3],
        json!({
            "time": "2023-11-14T22:13:20.000Z", "temporality": "cumulative", "metric": "http.size",
            "unit": "By", "attributes": {}, "count": 2, "sum": 30.0, "min": 10.0, "max": 20.0,
        })
    );
    assert_eq!(lines.len(), 7);
}

#[test]
fn counts_since_the_last_export_say_so() {
    let text = export(ConsoleFormat::Text, &[(scope(), tools(DELTA))]);
    assert!(
        text.starts_with("metrics 2023-11-14T22:13:20.000Z, since the last export\n"),
        "{text}"
    );
    let text = export(ConsoleFormat::Json, &[(scope(), tools(DELTA))]);
    assert!(text.contains(r#""temporality":"delta""#), "{text}");
}

#[test]
fn what_the_encoder_writes_is_what_the_table_shows() {
    let histogram = Histogram {
        count: 4,
        sum: 20.0,
        min: 2.0,
        max: 9.0,
        counts: vec![0, 4, 0],
        exemplars: vec![],
    };
    let tool = ToolSnapshot {
        name: "load".into(),
        first_seen: START - 5,
        calls: 4,
        errors: 1,
        errors_by_type: vec![("E".into(), 1)],
        slow: 0,
        active: -1,
        threshold_ms: Some(5.0),
        objective: Objective::NONE,
        drift: None,
        durations: vec![("success", histogram)],
    };
    let mut snapshot = Snapshot {
        started: START - 9,
        taken: START,
        bounds: [1.0, 10.0].into(),
        tools: vec![tool],
    };
    let resource = Resource::new([]);
    for delta in [false, true] {
        let mut encoder = MetricsEncoder::new(&resource, "test", delta);
        let first = write(ConsoleFormat::Text, &encoder.encode(&snapshot, &[])[0]);
        assert_eq!(
            row(&first, "load"),
            "load 4 1 0 -1 5.00ms 5.50ms 8.65ms 8.93ms 9.00ms"
        );

        let grown = &mut snapshot.tools[0];
        grown.calls += 2;
        (grown.durations[0].1.count, grown.durations[0].1.sum) = (6, 30.0);
        grown.durations[0].1.counts = vec![0, 6, 0];
        snapshot.taken += 1_000_000_000;
        let second = write(ConsoleFormat::Text, &encoder.encode(&snapshot, &[])[0]);
        let expected = if delta {
            "load 2 0 0 -1 5.00ms 5.50ms 9.55ms 9.91ms -"
        } else {
            "load 6 1 0 -1 5.00ms 5.50ms 8.65ms 8.93ms 9.00ms"
        };
        assert_eq!(row(&second, "load"), expected, "{second}");

        let grown = &mut snapshot.tools[0];
        (
            grown.calls,
            grown.durations[0].1.count,
            grown.durations[0].1.sum,
        ) = (4, 4, 20.0);
        grown.durations[0].1.counts = vec![0, 4, 0];
    }
}

#[test]
fn a_users_own_metric_of_the_same_name_is_none_of_ours() {
    let text = export(ConsoleFormat::Text, &[(foreign(), tools(CUMULATIVE))]);
    assert!(!text.contains("p95"), "{text}");
    assert!(
        text.contains("tool.calls{tool.name=\"load\",environment=\"test\"} 1234567\n"),
        "{text}"
    );
}

#[test]
fn hostile_names_and_numbers_keep_to_their_lines() {
    let nan = |value| Metric {
        data: gauge(Number::AsDouble(value)),
        ..named("odd\u{1b}[2J\nname", "\u{9b}m")
    };
    let hostile = "a\nb\u{1b}[31m\"{}";
    let metrics = vec![
        counter("tool.calls", vec![point(hostile, START, 1)], CUMULATIVE),
        counter(
            "tool.calls",
            vec![point(&"x".repeat(100_000), START, 1)],
            CUMULATIVE,
        ),
        nan(f64::NAN),
        Metric {
            name: "inf".to_owned(),
            ..nan(f64::INFINITY)
        },
        Metric {
            data: None,
            ..named("empty", "")
        },
    ];
    let text = export(ConsoleFormat::Text, &[(scope(), metrics.clone())]);
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(
        !text.lines().any(|line| line.contains(char::is_control)),
        "{text}"
    );
    assert!(text.contains(r#"a\nb\u{1b}[31m"{} "#), "{text}");
    assert!(text.contains(r"odd\u{1b}[2J\nname NaN \u{9b}m"), "{text}");
    assert!(text.len() < 3000, "{} bytes", text.len());

    let text = export(ConsoleFormat::Json, &[(scope(), metrics)]);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["tool"], hostile);
    assert_eq!(
        (&lines[2]["value"], &lines[3]["value"]),
        (&json!("Infinity"), &json!("NaN"))
    );
}

#[test]
fn a_body_that_is_no_request_is_lost() {
    let batch = Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 1,
        body: vec![0xff; 20],
    };
    let mut console = Console {
        format: ConsoleFormat::Text,
        output: Output::new(Vec::new()),
    };
    assert!(matches!(
        console.export(&batch, Instant::now()),
        Err(Refused::Lost { .. })
    ));
}

fn export(format: ConsoleFormat, scopes: &[(InstrumentationScope, Vec<Metric>)]) -> String {
    write(format, &batch(scopes))
}

fn batch(scopes: &[(InstrumentationScope, Vec<Metric>)]) -> Batch {
    let scope_metrics = scopes
        .iter()
        .map(|(scope, metrics)| ScopeMetrics {
            scope: Some(scope.clone()),
            metrics: metrics.clone(),
            ..ScopeMetrics::default()
        })
        .collect();
    let resource_metrics = vec![ResourceMetrics {
        scope_metrics,
        ..ResourceMetrics::default()
    }];
    Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 1,
        body: ExportMetricsServiceRequest { resource_metrics }.encode_to_vec(),
    }
}

fn write(format: ConsoleFormat, batch: &Batch) -> String {
    let mut text = Vec::new();
    let mut console = Console {
        format,
        output: Output::new(&mut text),
    };
    console.export(batch, Instant::now()).unwrap();
    String::from_utf8(text).unwrap()
}

/// A row of the table, its cells one blank apart.
fn row(table: &str, tool: &str) -> String {
    let row = table.lines().find(|line| line.starts_with(tool)).unwrap();
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `load`, just seen, with its zero before and after its value; `parse`, with two statuses.
fn tools(temporality: i32) -> Vec<Metric> {
    let success = histogram_point("success", [0, 3, 1, 0], 52.0, (4.0, 40.0));
    let error = histogram_point("error", [0, 2, 0, 0], 20.0, (8.0, 12.0));
    let by_type = NumberDataPoint {
        attributes: vec![
            string("tool.name", "parse"),
            string("error.type", "SyntaxError"),
        ],
        time_unix_nano: START,
        value: Some(Number::AsInt(2)),
        ..NumberDataPoint::default()
    };
    vec![
        counter(
            "tool.calls",
            vec![
                point("load", START - 9, 0),
                point("load", START, 1_234_567),
                point("parse", START, 6),
            ],
            temporality,
        ),
        counter(
            "tool.errors",
            vec![
                point("parse", START, 2),
                point("parse", START - 9, 0),
                point("load", START, 0),
            ],
            temporality,
        ),
        counter("tool.errors.by_type", vec![by_type], temporality),
        counter("tool.slow", vec![point("parse", START, 1)], temporality),
        counter("tool.active", vec![point("load", START, 2)], CUMULATIVE),
        Metric {
            data: Some(Data::Histogram(HistogramData {
                data_points: vec![success, error],
                aggregation_temporality: temporality,
            })),
            ..named("tool.duration", "{ms}")
        },
    ]
}

fn others() -> Vec<Metric> {
    let requests = NumberDataPoint {
        attributes: vec![string("route", "/a")],
        ..point("", START, 3)
    };
    let size = HistogramDataPoint {
        count: 2,
        sum: Some(30.0),
        min: Some(10.0),
        max: Some(20.0),
        ..HistogramDataPoint::default()
    };
    let rpc = SummaryDataPoint {
        count: 4,
        sum: 8.0,
        ..SummaryDataPoint::default()
    };
    vec![
        counter("http.requests", vec![requests], CUMULATIVE),
        Metric {
            data: Some(Data::Histogram(HistogramData {
                data_points: vec![size],
                aggregation_temporality: CUMULATIVE,
            })),
            ..named("http.size", "By")
        },
        Metric {
            data: gauge(Number::AsDouble(0.5)),
            ..named("queue", "")
        },
        Metric {
            data: Some(Data::Summary(Summary {
                data_points: vec![rpc],
            })),
            ..named("rpc", "")
        },
    ]
}

fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: SCOPE.to_owned(),
        ..InstrumentationScope::default()
    }
}

fn foreign() -> InstrumentationScope {
    InstrumentationScope {
        name: "someone".to_owned(),
        ..InstrumentationScope::default()
    }
}

fn string(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue {
        value: Some(Any::StringValue(value.to_owned())),
    });
    KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    }
}

fn named(name: &str, unit: &str) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        ..Metric::default()
    }
}

fn counter(name: &str, data_points: Vec<NumberDataPoint>, aggregation_temporality: i32) -> Metric {
    let data = Some(Data::Sum(Sum {
        data_points,
        aggregation_temporality,
        is_monotonic: true,
    }));
    Metric {
        data,
        ..named(name, "")
    }
}

fn gauge(value: Number) -> Option<Data> {
    let point = NumberDataPoint {
        value: Some(value),
        ..NumberDataPoint::default()
    };
    Some(Data::Gauge(Gauge {
        data_points: vec![point],
    }))
}

fn point(tool: &str, time: u64, value: i64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: tool_attributes(tool),
        time_unix_nano: time,
        value: Some(Number::AsInt(value)),
        ..NumberDataPoint::default()
    }
}

fn histogram_point(
    status: &str,
    counts: [u64; 4],
    sum: f64,
    (min, max): (f64, f64),
) -> HistogramDataPoint {
    let mut attributes = tool_attributes("parse");
    attributes.push(string("status", status));
    HistogramDataPoint {
        attributes,
        time_unix_nano: START,
        count: counts.iter().sum(),
        sum: Some(sum),
        bucket_counts: counts.to_vec(),
        explicit_bounds: vec![4.0, 9.0, 100.0],
        min: Some(min),
        max: Some(max),
        ..HistogramDataPoint::default()
    }
}

fn tool_attributes(tool: &str) -> Vec<KeyValue> {
    vec![string("tool.name", tool), string("environment", "test")]
}

#[test]
fn fuzz_batches_on_the_console() {
    let whole = batch(&[(scope(), tools(CUMULATIVE)), (foreign(), others())]);
    let formats = [ConsoleFormat::Text, ConsoleFormat::Json];
    let tried = fuzz_console(
        "metrics on the console",
        &whole,
        &formats,
        |format, batch, text| {
            let output = Output::new(text);
            let mut console = Console { format, output };
            console.export(batch, Instant::now()).is_ok()
        },
    );
    assert!(tried.became.len() > 5, "{tried}");
}
