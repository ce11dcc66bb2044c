use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::{self as proto, ResourceSpans, ScopeSpans, span};
use prost::Message;

use super::writer::Link;
use super::*;
use crate::value::Value;

const SCHEMA: &str = "https://opentelemetry.io/schemas/1.37.0";

fn resource() -> Resource {
    Resource::new([
        ("service.name".to_owned(), Value::from("first")),
        ("process.pid".to_owned(), Value::from(4711)),
        ("service.name".to_owned(), Value::from("shop")),
    ])
}

fn parts() -> StaticParts {
    StaticParts::new(&StaticSpan {
        name: "tool.search",
        kind: crate::call::tool::SpanKind::Internal,
        attributes: &[
            ("tool.name", Value::from("search")),
            ("code.line.number", Value::from(42)),
            ("tool.params.count", Value::from(0)),
        ],
    })
}

fn data(parts: &StaticParts) -> SpanData<'_> {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent: None,
        trace_state: "",
        sampled: true,
        start: 1_700_000_000_000_000_000,
        end: 1_700_000_000_001_500_000,
        parts,
        status: Status::Unset,
        outcome: "success",
        duration_ms: 1.5,
        slow: false,
        error_type: None,
    }
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, any_value::Value::StringValue(value.to_owned()))
}

fn int(key: &str, value: i64) -> KeyValue {
    pair(key, any_value::Value::IntValue(value))
}

fn plain() -> proto::Span {
    proto::Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        flags: 0x101,
        name: "tool.search".to_owned(),
        kind: span::SpanKind::Internal.into(),
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_001_500_000,
        attributes: vec![
            text("tool.name", "search"),
            int("code.line.number", 42),
            int("tool.params.count", 0),
            text("tool.status", "success"),
            pair("tool.duration_ms", any_value::Value::DoubleValue(1.5)),
        ],
        ..Default::default()
    }
}

fn decoded(batch: &Batch) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(batch.body.as_slice()).unwrap()
}

fn spans(batch: &Batch) -> Vec<proto::Span> {
    decoded(batch)
        .resource_spans
        .remove(0)
        .scope_spans
        .remove(0)
        .spans
}

#[test]
fn a_request_is_what_opentelemetry_reads() {
    let (mut encoder, parts) = (TraceEncoder::new(&resource()), parts());
    assert!(encoder.close().is_none());
    encoder.push(&data(&parts), |_| {});
    assert_eq!(encoder.spans(), 1);
    let batch = encoder.close().unwrap();
    assert_eq!((batch.items, encoder.spans()), (1, 0));
    let expected = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(ProtoResource {
                attributes: vec![text("service.name", "shop"), int("process.pid", 4711)],
                ..Default::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "telemetry-runtime".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..Default::default()
                }),
                spans: vec![plain()],
                schema_url: SCHEMA.to_owned(),
            }],
            schema_url: SCHEMA.to_owned(),
        }],
    };
    assert_eq!(decoded(&batch), expected);
}

#[test]
fn everything_a_span_can_have() {
    let (mut encoder, parts) = (TraceEncoder::new(&resource()), parts());
    let span = SpanData {
        parent: Some(Parent {
            span_id: [3; 8],
            remote: true,
        }),
        trace_state: "vendor=1",
        sampled: false,
        status: Status::Error("no such index"),
        outcome: "error",
        slow: true,
        error_type: Some("IndexError"),
        ..data(&parts)
    };
    encoder.push(&span, |more| {
        more.attribute("tool.param.query", &Value::from("Größe \u{1f980}"));
        more.attribute("tool.param.limit", &Value::from(-7));
        more.attribute("ratio", &Value::from(f64::NEG_INFINITY));
        more.attribute("cached", &Value::from(false));
        more.text("", "");
        more.dropped_attributes(2);
        more.event("retry", 5, [("attempt", &Value::from(i64::MAX))]);
        more.dropped_events(1);
        more.link(&Link {
            trace_id: [4; 16],
            span_id: [5; 8],
            trace_state: "a=b",
            sampled: true,
            remote: false,
        });
    });
    let mut expected = plain();
    expected.parent_span_id = vec![3; 8];
    expected.trace_state = "vendor=1".to_owned();
    expected.flags = 0x300;
    expected.attributes[3] = text("tool.status", "error");
    expected.attributes.extend([
        pair("tool.slow", any_value::Value::BoolValue(true)),
        text("error.type", "IndexError"),
        text("tool.param.query", "Größe \u{1f980}"),
        int("tool.param.limit", -7),
        pair("ratio", any_value::Value::DoubleValue(f64::NEG_INFINITY)),
        pair("cached", any_value::Value::BoolValue(false)),
        text("", ""),
    ]);
    expected.dropped_attributes_count = 2;
    expected.events = vec![span::Event {
        time_unix_nano: 5,
        name: "retry".to_owned(),
        attributes: vec![int("attempt", i64::MAX)],
        ..Default::default()
    }];
    expected.dropped_events_count = 1;
    expected.links = vec![span::Link {
        trace_id: vec![4; 16],
        span_id: vec![5; 8],
        trace_state: "a=b".to_owned(),
        flags: 0x101,
        ..Default::default()
    }];
    expected.status = Some(proto::Status {
        message: "no such index".to_owned(),
        code: proto::status::StatusCode::Error.into(),
    });
    assert_eq!(spans(&encoder.close().unwrap()), [expected]);
}

/// Byte by byte, and so is what follows.
#[test]
fn a_plain_span_is_what_the_long_way_writes() {
    let parts = parts();
    let parent = Parent {
        span_id: [3; 8],
        remote: true,
    };
    for parent in [None, Some(parent)] {
        let span = SpanData {
            parent,
            ..data(&parts)
        };
        assert!(span.is_plain());
        for text in ["", "short", &"long".repeat(9000)] {
            let details = |more: &mut SpanWriter<'_>| match text {
                "" => {}
                text => more.text("text", text),
            };
            let mut short = TraceEncoder::new(&resource());
            short.push(&span, details);
            let mut long = TraceEncoder::new(&resource());
            long.0.push(|body| {
                let mut writer = SpanWriter::new(body);
                writer.data(&span);
                details(&mut writer);
            });
            let bodies = [short, long].map(|mut encoder| encoder.close().unwrap().body.clone());
            assert_eq!(bodies[0], bodies[1]);
        }
    }
}

#[test]
fn an_error_without_text() {
    let (mut encoder, parts) = (TraceEncoder::new(&resource()), parts());
    let status = Status::Error("");
    encoder.push(
        &SpanData {
            status,
            ..data(&parts)
        },
        |_| {},
    );
    let status = spans(&encoder.close().unwrap()).remove(0).status.unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, ""));
}

#[test]
fn attributes_longer_than_the_room_for_a_length() {
    let (mut encoder, parts) = (TraceEncoder::new(&resource()), parts());
    let lengths = [0, 100, 127, 128, 16_000, 16_383, 16_384, 70_000, 3_000_000];
    for length in lengths {
        encoder.push(&data(&parts), |more| {
            more.text("text", &"x".repeat(length));
            more.event("event", 1, [("text", &Value::from("y".repeat(length)))]);
        });
    }
    let batch = encoder.close().unwrap();
    assert_eq!(batch.items, lengths.len() as u64);
    for (span, length) in spans(&batch).iter().zip(lengths) {
        assert_eq!(span.attributes[5], text("text", &"x".repeat(length)));
        assert_eq!(
            span.events[0].attributes,
            [text("text", &"y".repeat(length))]
        );
    }
}

#[test]
fn batches_share_nothing_but_memory() {
    let (mut encoder, parts) = (TraceEncoder::new(&resource()), parts());
    let mut kept = Vec::new();
    for round in 0..20_u64 {
        for span in 0..=round {
            encoder.push(
                &SpanData {
                    start: round,
                    end: span,
                    ..data(&parts)
                },
                |_| {},
            );
        }
        let batch = encoder.close().unwrap();
        let times: Vec<_> = spans(&batch)
            .iter()
            .map(|span| (span.start_time_unix_nano, span.end_time_unix_nano))
            .collect();
        assert_eq!(
            times,
            (0..=round).map(|span| (round, span)).collect::<Vec<_>>()
        );
        if round % 3 == 0 {
            kept.push((batch.body.clone(), batch));
        }
    }
    for (then, batch) in kept {
        assert_eq!(
            then, batch.body,
            "a batch that somebody holds is not written to"
        );
    }
}

#[test]
fn a_small_batch_does_not_keep_the_memory_of_a_burst() {
    let (mut encoder, parts) = (TraceEncoder::new(&resource()), parts());
    for spans in [10_000, 10_000, 1, 1, 1] {
        for _ in 0..spans {
            encoder.push(&data(&parts), |_| {});
        }
        let batch = encoder.close().unwrap();
        assert!(batch.body.capacity() <= 2 * batch.body.len());
    }
}
