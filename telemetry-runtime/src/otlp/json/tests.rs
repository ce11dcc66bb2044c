use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
    metric, number_data_point,
};
use prost::Message;
use serde_json::{Value, json};
use telemetry_fuzz::{Inputs, fuzz};

use super::*;
use crate::call::tool::SpanKind as Kind;
use crate::otlp::Resource;
use crate::otlp::span::{SpanData, StaticParts, StaticSpan, Status, TraceEncoder};

fn spans(attributes: &[(&str, crate::Value)]) -> Vec<u8> {
    let mut encoder =
        TraceEncoder::new(&Resource::new([("service.name".to_owned(), "shop".into())]));
    let parts = StaticParts::new(&StaticSpan {
        name: "tool.a \"b\"\n",
        kind: Kind::Internal,
        attributes: &[],
    });
    let span = SpanData {
        trace_id: [0xab; 16],
        span_id: [0x0c; 8],
        parent: None,
        trace_state: "",
        sampled: true,
        start: u64::MAX,
        end: 3,
        parts: &parts,
        status: Status::Error("no"),
        outcome: "error",
        duration_ms: 0.1,
        slow: false,
        error_type: None,
    };
    encoder.push(&span, |more| {
        for (key, value) in attributes {
            more.attribute(key, value);
        }
    });
    request(&encoder.close().unwrap()).unwrap()
}

fn metrics(data: metric::Data) -> Vec<u8> {
    let metric = Metric {
        name: "m".to_owned(),
        data: Some(data),
        ..Default::default()
    };
    let scope_metrics = vec![ScopeMetrics {
        metrics: vec![metric],
        ..Default::default()
    }];
    let resource_metrics = vec![ResourceMetrics {
        scope_metrics,
        ..Default::default()
    }];
    let body = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
    request(&Batch {
        signal: Signal::Metrics,
        lane: crate::export::Lane::Calls,
        items: 1,
        body,
    })
    .unwrap()
}

fn is_without_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => values.iter().all(is_without_null),
        Value::Object(members) => members.values().all(is_without_null),
        _ => true,
    }
}

#[test]
fn spans_as_the_specification_has_them() {
    let json = spans(&[
        ("n", i64::MIN.into()),
        ("f", 1e300.into()),
        ("b", true.into()),
        ("s", "ä".into()),
    ]);
    assert!(!json.contains(&b'\n'));
    let whole: Value = serde_json::from_slice(&json).unwrap();
    assert!(is_without_null(&whole), "{whole:#}");
    let span = &whole["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["traceId"], "ab".repeat(16));
    assert_eq!(span["spanId"], "0c".repeat(8));
    assert_eq!(span["name"], "tool.a \"b\"\n");
    assert_eq!(span["kind"], 1);
    assert_eq!(span["startTimeUnixNano"], u64::MAX.to_string());
    assert_eq!(span["endTimeUnixNano"], "3");
    assert_eq!(span["status"], json!({"message": "no", "code": 2}));
    let attributes = span["attributes"].as_array().unwrap();
    assert_eq!(
        attributes[2],
        json!({"key": "n", "value": {"intValue": i64::MIN.to_string()}})
    );
    assert_eq!(
        attributes[3],
        json!({"key": "f", "value": {"doubleValue": 1e300}})
    );
    assert_eq!(
        attributes[4],
        json!({"key": "b", "value": {"boolValue": true}})
    );
    assert_eq!(
        attributes[5],
        json!({"key": "s", "value": {"stringValue": "ä"}})
    );
}

#[test]
fn json_and_protobuf_say_the_same() {
    let mut encoder = TraceEncoder::new(&Resource::new([("process.pid".to_owned(), 1.into())]));
    let parts = StaticParts::new(&StaticSpan {
        name: "a",
        kind: Kind::Internal,
        attributes: &[],
    });
    for number in 0..5 {
        let span = SpanData {
            trace_id: [number; 16],
            span_id: [number; 8],
            parent: None,
            trace_state: "a=b",
            sampled: true,
            start: 1,
            end: 3,
            parts: &parts,
            status: Status::Unset,
            outcome: "success",
            duration_ms: f64::from(number) / 3.0,
            slow: true,
            error_type: Some("E"),
        };
        encoder.push(&span, |more| {
            more.event("e", 7, [("k", &crate::Value::from(1))])
        });
    }
    let batch = encoder.close().unwrap();
    let read: ExportTraceServiceRequest =
        serde_json::from_slice(&request(&batch).unwrap()).unwrap();
    assert_eq!(read, decode_traces(&batch.body).unwrap());
}

#[test]
fn numbers_that_json_does_not_have_are_strings() {
    let json = spans(&[
        ("a", f64::NAN.into()),
        ("b", f64::INFINITY.into()),
        ("c", f64::NEG_INFINITY.into()),
    ]);
    let whole: Value = serde_json::from_slice(&json).unwrap();
    let attributes = &whole["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"];
    for (at, text) in [(2, "NaN"), (3, "Infinity"), (4, "-Infinity")] {
        assert_eq!(attributes[at]["value"], json!({"doubleValue": text}));
    }
    let point = NumberDataPoint {
        value: Some(number_data_point::Value::AsDouble(f64::INFINITY)),
        ..Default::default()
    };
    let gauge = metrics(metric::Data::Gauge(Gauge {
        data_points: vec![point],
    }));
    let whole: Value = serde_json::from_slice(&gauge).unwrap();
    let point =
        &whole["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["gauge"]["dataPoints"][0];
    assert_eq!(point["asDouble"], "Infinity");
}

#[test]
fn a_histogram_without_extremes_has_no_null() {
    let point = |min, max| HistogramDataPoint {
        count: u64::MAX,
        sum: Some(2.5),
        bucket_counts: vec![1, 0],
        explicit_bounds: vec![1.0],
        min,
        max,
        ..Default::default()
    };
    let data_points = vec![point(None, None), point(Some(0.5), Some(2.0))];
    let histogram = Histogram {
        data_points,
        aggregation_temporality: 2,
    };
    let whole: Value =
        serde_json::from_slice(&metrics(metric::Data::Histogram(histogram))).unwrap();
    assert!(is_without_null(&whole), "{whole:#}");
    let points =
        &whole["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["histogram"]["dataPoints"];
    assert_eq!((points[0].get("min"), points[0].get("max")), (None, None));
    assert_eq!(points[0]["count"], u64::MAX.to_string());
    assert_eq!(points[0]["bucketCounts"], json!(["1", "0"]));
    assert_eq!(points[1]["sum"], 2.5);
    assert_eq!(
        (&points[1]["min"], &points[1]["max"]),
        (&json!(0.5), &json!(2.0))
    );
}

#[test]
fn what_is_no_request_is_an_error() {
    let body = b"\xff\xff".to_vec();
    assert!(
        request(&Batch {
            signal: Signal::Traces,
            lane: crate::export::Lane::Calls,
            items: 1,
            body
        })
        .is_err()
    );
}

/// Every body that is a request becomes JSON on one line, without a null, and is read as the same request.
#[test]
fn fuzz_bodies_as_json() {
    let spans = spans(&[("text", "ä\u{1b}\n\"".into()), ("ratio", f64::NAN.into())]);
    let gauge = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![Metric {
                    name: "queue".to_owned(),
                    data: Some(metric::Data::Histogram(Histogram {
                        data_points: vec![HistogramDataPoint {
                            count: 3,
                            bucket_counts: vec![1, 2],
                            explicit_bounds: vec![0.5],
                            min: Some(-1.0),
                            ..Default::default()
                        }],
                        aggregation_temporality: 2,
                    })),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        }],
    };
    let inputs = Inputs {
        seeds: &[&spans, &gauge.encode_to_vec()],
        words: &["\x0a\x00", "\x12\x00", "\x1a\x00", "\x2a\x02", "\x08\x01"],
    };
    let tried = fuzz("bodies as JSON", inputs, |body| {
        let mut became = [0; 3];
        for (signal, became) in [Signal::Traces, Signal::Metrics, Signal::Logs]
            .into_iter()
            .zip(&mut became)
        {
            let batch = Batch {
                signal,
                lane: crate::export::Lane::Calls,
                items: 1,
                body: body.to_vec(),
            };
            let Ok(json) = request(&batch) else { continue };
            assert!(!json.contains(&b'\n'));
            let value: Value = serde_json::from_slice(&json).expect("JSON");
            assert!(is_without_null(&value), "{value}");
            *became = 1 + json.len().ilog2();
        }
        became
    });
    assert!(tried.became.len() > 10, "{tried}");
}
